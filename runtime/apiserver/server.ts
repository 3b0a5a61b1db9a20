import type { IncomingMessage } from 'node:http';
import type { TransportRequest, Transport } from '../client/transport';
import { systemClock } from '../clock';
import type { Clock } from '../clock';
import { silentLogger } from '../log';
import type { Logger } from '../log';
import type { Store } from '../store/store';
import { Aggregator } from './aggregation';
import type { AggregationOptions } from './aggregation';
import { ApiServiceController } from './discovery/api-services';
import { Discovery } from './discovery/discovery';
import type { ConnectHandler } from './http/connect';
import { Listener } from './http/listener';
import type { Address, ServingCertificate } from './http/listener';
import { renderMetrics } from './http/metrics';
import { Pipeline } from './http/pipeline';
import { systemPaths } from './http/system-paths';
import type { PathDocument } from './http/system-paths';
import { InProcessTransport } from './in-process';
import { CacheLister } from './lister';
import { AdmissionChain } from './registry/admission';
import type { Core } from './registry/core';
import { DefinitionController } from './registry/custom/controller';
import type { ConversionWebhooks } from './registry/custom/conversion-webhook';
import type { VirtualHandler } from './registry/dispatch';
import { Registry } from './registry/registry';
import { ServiceAddresses } from './registry/service-addresses';
import { readersByGroup } from './registry/virtual-reader';
import type { VirtualReader } from './registry/virtual-reader';
import type { AdmissionPlugin, ApiLister, Authenticator, Authorizer, UserInfo } from './request';
import { Cacher } from './storage/cacher';

export type { Address } from './http/listener';
export type { ConnectHandler, ConnectKind, ConnectRequest, ConnectTarget } from './http/connect';
export type { VirtualHandler, VirtualRequest } from './registry/dispatch';
export type { VirtualReader } from './registry/virtual-reader';

/** What the server gives to those that decide about requests. */
export interface ApiServerInternals {
  readonly lister: ApiLister;
  /** Requests in the server's own name (`system:apiserver`, of `system:masters`). */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The parts that decide about requests, and those that answer what isn't stored. */
export interface ApiServerComponents {
  authenticator: Authenticator;
  authorizer: Authorizer;
  /** In the order in which they run. */
  admission?: readonly AdmissionPlugin[];
  /** The user that a request with `Impersonate-` headers acts as; throws 403. Without it such headers are refused. */
  impersonate?: (user: UserInfo, headers: IncomingMessage['headersDistinct'], authorizer: Authorizer) => UserInfo;
  /** By `group/resource`: `authorization.k8s.io/subjectaccessreviews`. */
  virtualResources?: ReadonlyMap<string, VirtualHandler>;
  /** By `group/resource/subresource`: `/serviceaccounts/token`. */
  subresourceHandlers?: ReadonlyMap<string, VirtualHandler>;
  /** Resources that are made up when they are read: usage of nodes and pods. */
  readers?: readonly VirtualReader[];
  /** exec, attach, portforward, log and proxy. */
  connect?: ConnectHandler;
  /** By whom custom objects are converted that webhooks convert. */
  conversionWebhooks?: ConversionWebhooks;
  /** How API servers behind this one are reached; without it, APIServices of others are stored alone. */
  aggregation?: AggregationOptions;
  /** By path: `/openid/v1/jwks`. */
  documents?: ReadonlyMap<string, () => PathDocument | Promise<PathDocument>>;
}

export interface ApiServerOptions {
  store: Store;
  certificate: ServingCertificate;
  /** PEM of the authority whose client certificates are believed. */
  clientCa?: string;
  components: (internals: ApiServerInternals) => ApiServerComponents;
  /** Network of Service addresses; 10.96.0.0/16 unless told. */
  serviceCidr?: string;
  nodePortRange?: { from: number; to: number };
  clock?: Clock;
  logger?: Logger;
}

export interface ApiServer {
  readonly lister: ApiLister;
  /** Opens all the addresses, or none. Returns the bound ones: a port 0 is replaced by the one that was found. */
  listen(addresses: readonly Address[]): Promise<Address[]>;
  transport(user: UserInfo, userAgent?: string): Transport;
  /** A new certificate for connections from now on. */
  setCertificate(certificate: ServingCertificate): void;
  /** Ends watches, lets requests in flight finish (not for ever), closes the listeners. The store stays open. */
  close(): Promise<void>;
}

const self: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/** Reads the state out of the store and sets everything up; nothing listens yet. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock = systemClock, logger = silentLogger } = options;
  const cacher = await Cacher.start(store, clock, logger);
  const network = { cidr: options.serviceCidr ?? '10.96.0.0/16', nodePorts: options.nodePortRange ?? { from: 30000, to: 32767 } };
  const registry = new Registry(cacher, store, clock, network);
  const lister = new CacheLister(cacher);
  const server = new Server(options, cacher, registry, lister, clock, logger);
  return server;
}

class Server implements ApiServer {
  private readonly core: Core;
  private readonly components: ApiServerComponents;
  private readonly listener: Listener;
  private readonly readers: ReturnType<typeof readersByGroup>;
  private readonly controller: DefinitionController;
  private readonly apiServices: ApiServiceController;
  private readonly serviceAddresses: ServiceAddresses;
  private readonly discovery: Discovery;
  private readonly aggregator: Aggregator | undefined;
  private readonly transports: InProcessTransport[] = [];
  private addresses: readonly Address[] = [];

  constructor(
    options: ApiServerOptions, private readonly cacher: Cacher, registry: Registry, readonly lister: ApiLister,
    private readonly clock: Clock, logger: Logger,
  ) {
    // Components may hold the transport before they themselves exist; nothing is asked of it until they do.
    const late: { transport?: Transport } = {};
    this.components = options.components({ lister, clock, logger, transport: lateTransport(() => late.transport!) });
    this.readers = readersByGroup(this.components.readers ?? []);
    registry.conversionWebhooks = this.components.conversionWebhooks;
    registry.announce((this.components.readers ?? []).map(({ info }) => info));
    this.core = { registry, clock, logger, admission: new AdmissionChain(this.components.admission ?? []) };
    late.transport = this.transport(self, 'kube-apiserver');
    const { aggregation } = this.components;
    this.aggregator = aggregation && new Aggregator(aggregation, cacher, lister, late.transport, clock, logger);
    this.discovery = new Discovery(registry, () => this.publicAddress(), this.aggregator);
    this.controller = new DefinitionController(this.core, cacher);
    this.controller.start();
    this.apiServices = new ApiServiceController(registry, cacher, late.transport, logger);
    this.apiServices.start();
    this.serviceAddresses = new ServiceAddresses(cacher, late.transport, logger);
    this.serviceAddresses.start();
    this.aggregator?.start();
    this.listener = new Listener(this.pipeline(), options.certificate, options.clientCa);
  }

  private get handlers() {
    return {
      virtualResources: this.components.virtualResources ?? new Map<string, VirtualHandler>(),
      subresourceHandlers: this.components.subresourceHandlers ?? new Map<string, VirtualHandler>(),
      readers: this.readers,
    };
  }

  private pipeline(): Pipeline {
    const { core, cacher, clock, discovery, aggregator } = this;
    const { authenticator, authorizer, impersonate, connect, documents } = this.components;
    const { logger, registry } = core;
    const fine = () => undefined;
    return new Pipeline({
      core, handlers: this.handlers, authenticator, authorizer, clock, logger,
      ...(impersonate && { impersonate }), ...(connect && { connect }), ...(aggregator && { aggregator }),
      cacheOf: ({ info }) => registry.find(info.group, info.version, info.resource)?.storage.cache,
      system: systemPaths({
        discovery, registry, paths: documents ?? new Map(),
        checks: new Map([['ping', fine], ['log', fine], ['etcd', () => (cacher.following ? undefined : 'the store does not answer')]]),
        metrics: () => renderMetrics(cacher),
      }),
    });
  }

  async listen(addresses: readonly Address[]): Promise<Address[]> {
    const bound = await this.listener.listen(addresses);
    this.addresses = bound;
    return bound;
  }

  transport(user: UserInfo, userAgent = 'podium'): Transport {
    const transport = new InProcessTransport(
      {
        core: this.core, handlers: this.handlers, authorizer: this.components.authorizer, clock: this.clock,
        document: (path) => this.document(path),
      },
      user, userAgent,
    );
    this.transports.push(transport);
    return transport;
  }

  setCertificate(certificate: ServingCertificate): void {
    this.listener.setCertificate(certificate);
  }

  async close(): Promise<void> {
    for (const transport of this.transports) transport.close();
    this.aggregator?.close();
    await this.apiServices.close();
    await this.serviceAddresses.close();
    await this.controller.close();
    this.cacher.close();
    await this.listener.close();
  }

  private publicAddress(): string {
    const [first] = this.addresses;
    return first ? `${first.host}:${first.port}` : '';
  }

  private document(path: string): object | undefined {
    return this.discovery.own(path);
  }
}

function lateTransport(transport: () => Transport): Transport {
  return {
    request: <T>(request: TransportRequest) => transport().request<T>(request),
    stream: (request) => transport().stream(request),
    bytes: (request) => transport().bytes(request),
    close: () => transport().close(),
  };
}

/** The server as seen by a component of the same process that acts as `user`. */
export function inProcessTransport(apiServer: ApiServer, user: UserInfo, userAgent?: string): Transport {
  return apiServer.transport(user, userAgent);
}

