import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Node, Service } from '../api/kinds';
import { isStatusError } from '../api/status';
import { type ApiServer, createApiServer, inProcessTransport } from '../apiserver/server';
import type { Informer } from '../client/client';
import { InformerFactory } from '../client/informer-factory';
import { mergeKubeconfigFile } from '../client/kubeconfig';
import { Client } from '../client/resource-client';
import { systemClock } from '../clock';
import { startControllers } from '../controllers';
import type { Logger } from '../log';
import { startScheduler } from '../scheduler';
import type { Store } from '../store/store';
import { ensureBootstrapObjects } from '../apiserver/bootstrap';
import { componentUsers } from '../apiserver/bootstrap/components';
import { apiComponents, kubeletLocator } from './api-components';
import { readCertificateRequest, signCertificateRequest } from './certificate-requests';
import { type ClusterCertificates, ensureCertificates, frontProxyName, issueNodeCertificates, renderKubeconfig, toKubeconfigYaml } from './certificates';
import type { ClusterConfig } from './config';
import { clusterDNS, kubernetesServiceIP, nodePortRange, podCIDR, serviceCIDR } from './constants';
import { writeFileAtomic } from './files';
import { ControlError } from './control/control-server';
import { clusterPaths } from '../client/podium-home';
import { KubeletClient } from './kubelet-client';
import type { NodeEndpoint } from './nodes/node-host';
import type { Progress } from './progress';
import { contextName, statePaths } from './state-files';

export interface ControlPlaneOptions {
  config: ClusterConfig;
  /** Address of this machine on the nodes' network; absent where nodes need none. */
  gateway?: string;
  /** Host under which nodes reach this machine. */
  nodeServerHost: string;
  /** How to reach a node's kubelet. */
  nodeEndpoint(name: string): Promise<NodeEndpoint | undefined>;
  /** A connection into the cluster's network, through any node. */
  dial(host: string, port: number): Promise<Duplex>;
  logger: Logger;
  progress: Progress;
  /** Scheduler and controllers run here too, unless told otherwise. */
  components?: boolean;
  /** Listened at besides loopback. */
  bindAddress?: string;
}

/** Credentials of one node, PEM. */
export interface NodeCredentials {
  ca: string;
  client: { cert: string; key: string };
  serving: { cert: string; key: string };
}

/** The daemon's own hand on the cluster: load balancer addresses, nodes that are removed. */
const cluster = { name: 'podium:cluster', groups: ['system:masters', 'system:authenticated'] };

/** API server, scheduler and controllers, in this process. They speak through the API server all the same. */
export class ControlPlane {
  readonly client: Client;
  readonly informers: { nodes: Informer<Node>; services: Informer<Service> };
  private readonly factory: InformerFactory;
  private readonly stops: (() => Promise<void>)[] = [];

  constructor(
    private readonly apiServer: ApiServer,
    private readonly store: Store,
    private readonly certificates: ClusterCertificates,
    readonly port: number,
    private readonly kubelets: KubeletClient,
    private readonly options: ControlPlaneOptions,
  ) {
    const { logger } = options;
    this.client = new Client(inProcessTransport(apiServer, cluster));
    this.factory = new InformerFactory(this.client, { clock: systemClock, logger });
    this.informers = {
      nodes: this.factory.for<Node>(this.client.nodes.resource),
      services: this.factory.for<Service>(this.client.services.resource),
    };
  }

  get server(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** What a node's tunnel and kubelet accept of this process. */
  get nodeClientCredentials(): { ca: string; cert: string; key: string } {
    return { ca: this.certificates.ca.cert, ...this.certificates.kubeletClient };
  }

  /** A quarter of the grace period at most, so that a short one doesn't take living nodes for dead. */
  get heartbeatSeconds(): number | undefined {
    const { nodeMonitorGracePeriod } = this.options.config;
    return nodeMonitorGracePeriod === undefined ? undefined : Math.min(10, nodeMonitorGracePeriod / 4);
  }

  nodeCredentials(name: string, ip: string | undefined): NodeCredentials {
    const { ca } = this.certificates;
    return { ca: ca.cert, ...issueNodeCertificates(ca, name, ip ? [ip] : []) };
  }

  isNodeReady(name: string): boolean {
    return this.informers.nodes.get(name)?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  }

  /** Resolves when all of them are Ready. */
  nodesReady(names: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      let off = (): void => {};
      const check = (): void => {
        if (!names.every((name) => this.isNodeReady(name))) return;
        off();
        resolve();
      };
      off = this.informers.nodes.on({ added: check, updated: check });
      check();
    });
  }

  async deleteNode(name: string): Promise<void> {
    try {
      await this.client.nodes.delete(name);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }

  startComponents(): void {
    const { config, logger } = this.options;
    const shared = { clock: systemClock, informers: this.factory };
    const running = startScheduler({ ...shared, client: new Client(inProcessTransport(this.apiServer, componentUsers.scheduler)), logger: logger.child({ component: 'scheduler' }) });
    const controllers = startControllers({
      ...shared,
      client: new Client(inProcessTransport(this.apiServer, componentUsers.controllerManager)),
      logger: logger.child({ component: 'controllers' }),
      options: {
        clusterCidr: podCIDR, rootCaPem: this.certificates.ca.cert,
        certificates: {
          read: readCertificateRequest,
          sign: (request, options) => signCertificateRequest(this.certificates.ca, request, options),
        },
        removeVolumeData: (node, volume) => this.kubelets.removeVolumeData(node, volume),
      },
      timings: controllerTimings(config),
    });
    this.stops.push(() => running.stop(), () => controllers.stop());
  }

  /** With `erase` the state goes too, wherever it is kept. */
  async close({ erase = false }: { erase?: boolean } = {}): Promise<void> {
    await Promise.all(this.stops.map((stop) => stop()));
    this.factory.stop();
    await this.apiServer.close();
    this.kubelets.close();
    if (erase) await eraseStore(this.store);
    await this.store.close();
  }
}

/** Starts the control plane on the cluster's state; resolves when the API server answers. Throws ControlError for a port that is taken. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { config, gateway, logger, progress } = options;
  progress.step('starting the API server');
  const certificates = ensureCertificates(statePaths(config.dataDir).pki, {
    names: ['host.docker.internal'],
    ips: [kubernetesServiceIP, ...(gateway ? [gateway] : []), ...(options.bindAddress ? [options.bindAddress] : [])],
  });
  const store = await openStore(config, logger);
  const kubelets = new KubeletClient(kubeletLocator(certificates, options.nodeEndpoint));
  const apiServer = await createApiServer({
    store,
    certificate: certificates.serving,
    clientCa: certificates.ca.cert,
    components: (internals) => apiComponents(internals, {
      certificates, kubelets, nodeEndpoint: options.nodeEndpoint, dial: options.dial, nodeEvictionSeconds: config.nodeEvictionSeconds,
    }),
    serviceCidr: serviceCIDR,
    nodePortRange,
    clock: systemClock,
    logger: logger.child({ component: 'apiserver' }),
  });
  const hosts = [...new Set(['127.0.0.1', ...(options.bindAddress ? [options.bindAddress] : []), ...(gateway && options.nodeServerHost === gateway ? [gateway] : [])])];
  const bound = await listen(apiServer, hosts, config.port);
  const controlPlane = new ControlPlane(apiServer, store, certificates, bound, kubelets, options);
  writeKubeconfigs(config, certificates, controlPlane.server);
  await ensureBootstrapObjects(controlPlane.client, {
    serviceIP: kubernetesServiceIP, advertiseAddress: gateway ?? options.bindAddress ?? ownAddress(), port: bound, clusterDNS, serviceCIDR,
    authorities: { clientCa: certificates.ca.cert, frontProxyCa: certificates.frontProxyCa.cert, frontProxyName },
  });
  await Promise.all([controlPlane.informers.nodes.synced, controlPlane.informers.services.synced]);
  if (options.components !== false) controlPlane.startComponents();
  return controlPlane;
}

/** The state's keeper. Loaded when chosen: etcd's client is large. */
async function openStore({ store, dataDir }: ClusterConfig, logger: Logger): Promise<Store> {
  if (store.type === 'etcd') {
    const { openEtcdStore } = await import('../store/etcd');
    return openEtcdStore({ endpoints: store.servers, prefix: store.prefix });
  }
  const { openEmbeddedStore } = await import('../store/embedded');
  return openEmbeddedStore(statePaths(dataDir).store, { logger });
}

async function listen(apiServer: ApiServer, hosts: readonly string[], port: number): Promise<number> {
  try {
    const bound = await apiServer.listen(hosts.map((host) => ({ host, port })));
    return bound[0]?.port ?? port;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ControlError(`port ${port} is taken by another program; choose another with --port, or 0 for any free one`);
  }
}

function writeKubeconfigs(config: ClusterConfig, { ca, admin }: ClusterCertificates, server: string): void {
  const name = contextName(config.name);
  const text = toKubeconfigYaml(renderKubeconfig({ name, server, ca: ca.cert, client: admin }));
  writeFileAtomic(clusterPaths(config.name).kubeconfig, text);
  if (config.kubeconfig) mergeKubeconfigFile(config.kubeconfig, text);
}

function controllerTimings({ nodeMonitorGracePeriod }: ClusterConfig): Record<string, number> {
  if (nodeMonitorGracePeriod === undefined) return {};
  const grace = nodeMonitorGracePeriod * 1000;
  return { nodeMonitorGracePeriod: grace, nodeStartupGracePeriod: grace, nodeMonitorPeriod: Math.min(5000, grace / 5) };
}

/**
 * Where the `kubernetes` Service points when no pod has a network: it can't be loopback. Without any other address, one of
 * TEST-NET-1 (RFC 5737), which is nobody's.
 */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '192.0.2.1';
}

const eraseBatch = 100;

/** Deletes every key, so that an etcd that others use too keeps nothing of a cluster that is gone. */
async function eraseStore(store: Store): Promise<void> {
  for (;;) {
    const { kvs } = await store.range('/', { limit: eraseBatch });
    if (kvs.length === 0) return;
    await store.transact([], kvs.map(({ key }) => ({ type: 'delete', key })));
  }
}
