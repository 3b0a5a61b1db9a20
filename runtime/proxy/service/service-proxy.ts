import type { Informer } from '../../client/client';
import type { EndpointSlice, Live, Pod, Service } from '../../api/kinds';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { buildRuleset, type HostPort, renderTransaction, type Ruleset, type RulesetOptions } from './ruleset';
import { servicePorts } from './service-ports';

export interface ServiceProxyOptions extends RulesetOptions {
  nodeName: string;
  services: Informer<Service>;
  endpointSlices: Informer<EndpointSlice>;
  /** Pods of this node, for their host ports. */
  pods: Informer<Pod>;
  /** Service addresses that the node answers itself (cluster DNS). */
  localAddresses: readonly string[];
  /** Feeds a script to `nft -f -`. */
  apply(script: string): Promise<unknown>;
  clock: Clock;
  logger: Logger;
}

const minimumIntervalMs = 50;
const retryMs = 1000;
const serviceNameLabel = 'kubernetes.io/service-name';

/** Keeps the node's nftables in step with Services and their endpoints: one transaction a change, changes gathered. */
export class ServiceProxy {
  private applied: { ruleset: Ruleset; text: string } | undefined;
  private cancelTimer: (() => void) | undefined;
  private running = false;
  private dirty = false;
  private stopped = false;
  private readonly unsubscribe: (() => void)[];

  constructor(private readonly options: ServiceProxyOptions) {
    const { services, endpointSlices, pods } = options;
    endpointSlices.addIndex('service', (slice) => {
      const service = slice.metadata.labels?.[serviceNameLabel];
      return service ? [`${slice.metadata.namespace}/${service}`] : [];
    });
    const changed = (): void => this.request(minimumIntervalMs);
    const handlers = { added: changed, updated: changed, deleted: changed };
    this.unsubscribe = [services.on(handlers), endpointSlices.on(handlers), pods.on(handlers)];
    void Promise.all([services.synced, endpointSlices.synced, pods.synced]).then(changed);
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
    for (const off of this.unsubscribe) off();
  }

  private request(delayMs: number): void {
    this.dirty = true;
    const { services, endpointSlices, pods } = this.options;
    // Before everything is known the rules would cut off Services that have endpoints.
    const synced = services.hasSynced && endpointSlices.hasSynced && pods.hasSynced;
    if (!synced || this.stopped || this.running || this.cancelTimer) return;
    this.cancelTimer = this.options.clock.after(delayMs, () => {
      this.cancelTimer = undefined;
      void this.sync();
    });
  }

  private async sync(): Promise<void> {
    this.running = true;
    this.dirty = false;
    let delay = minimumIntervalMs;
    try {
      await this.applyRules();
    } catch (error) {
      this.options.logger.error({ error: (error as Error).message }, 'the service rules were refused');
      this.applied = undefined;
      this.dirty = true;
      delay = retryMs;
    }
    this.running = false;
    if (this.dirty) this.request(delay);
  }

  private async applyRules(): Promise<void> {
    const ruleset = this.desired();
    const text = renderTransaction(undefined, ruleset);
    if (text === this.applied?.text) return;
    await this.options.apply(renderTransaction(this.applied?.ruleset, ruleset));
    this.applied = { ruleset, text };
  }

  private desired(): Ruleset {
    const { services, endpointSlices, pods, nodeName, localAddresses } = this.options;
    const handled = services.list().filter(({ spec }) => !localAddresses.includes(spec?.clusterIP ?? ''));
    const slices = new Map(handled.map(({ metadata }) => {
      const key = `${metadata.namespace}/${metadata.name}`;
      return [key, endpointSlices.byIndex('service', key)];
    }));
    return buildRuleset(servicePorts(handled, slices, nodeName), hostPorts(pods.list()), this.options);
  }
}

/** The host ports of running pods that have an address of their own. */
export function hostPorts(pods: readonly Live<Pod>[]): HostPort[] {
  return pods
    .filter(({ spec, status }) => !spec?.hostNetwork && status?.podIP && status.phase !== 'Succeeded' && status.phase !== 'Failed')
    .flatMap(({ spec, status }) => [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(({ ports = [] }) =>
      ports.filter(({ hostPort }) => hostPort).map(({ hostPort, hostIP, containerPort, protocol = 'TCP' }) => ({
        protocol: protocol.toLowerCase() as HostPort['protocol'],
        ...(hostIP && { hostIP }),
        hostPort: hostPort as number,
        podIP: status?.podIP as string,
        containerPort,
      }))));
}
