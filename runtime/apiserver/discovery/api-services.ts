import type { APIService } from '../../api/kinds';
import type { ResourceInfo } from '../../api/resource';
import type { Transport } from '../../client/transport';
import type { Logger } from '../../log';
import type { Registry } from '../registry/registry';
import type { Cacher } from '../storage/cacher';
import { resourcePrefix } from '../storage/keys';
import type { CacheEvent, CacheWatcher } from '../storage/resource-cache';
import { ensure, Settling } from '../storage/settling';

const ownGroup = 'apiregistration.k8s.io';
const collection = `/apis/${ownGroup}/v1/apiservices`;
const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';

/** Group priorities; of versions, those that aren't 15 (cmd/kube-apiserver/app/aggregator.go). */
const groupPriorities: Readonly<Record<string, number>> = {
  '': 18000, apps: 17800, 'events.k8s.io': 17750, 'authentication.k8s.io': 17700, 'authorization.k8s.io': 17600,
  autoscaling: 17500, batch: 17400, 'certificates.k8s.io': 17300, 'networking.k8s.io': 17200, policy: 17100,
  'rbac.authorization.k8s.io': 17000, 'storage.k8s.io': 16800, 'apiextensions.k8s.io': 16700,
  'admissionregistration.k8s.io': 16700, 'scheduling.k8s.io': 16600, 'coordination.k8s.io': 16500, 'node.k8s.io': 16300,
  'discovery.k8s.io': 16200, 'flowcontrol.apiserver.k8s.io': 16100, 'internal.apiserver.k8s.io': 16000,
  'resource.k8s.io': 15900, 'storagemigration.k8s.io': 15800,
  // Of metrics-server's manifest.
  'metrics.k8s.io': 100,
};
const versionPriorities: Readonly<Record<string, number>> = {
  '/v1': 1, 'autoscaling/v2': 30, 'flowcontrol.apiserver.k8s.io/v1': 21, 'metrics.k8s.io/v1beta1': 100,
};
const customPriorities = { groupPriorityMinimum: 1000, versionPriority: 100 };

type Wanted = Pick<APIService, 'metadata' | 'spec'>;

/** The APIService of each group version that this server answers itself, by name. */
export function localApiServices(resources: readonly ResourceInfo[]): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const { group, version } of resources) {
    const name = `${version}.${group}`;
    if (group === ownGroup || wanted.has(name)) continue;
    const builtIn = groupPriorities[group];
    const priorities = builtIn === undefined
      ? customPriorities
      : { groupPriorityMinimum: builtIn, versionPriority: versionPriorities[`${group}/${version}`] ?? 15 };
    wanted.set(name, {
      metadata: { name, labels: { [managedLabel]: builtIn === undefined ? 'true' : 'onstart' } },
      spec: { ...(group && { group }), version, ...priorities },
    });
  }
  return wanted;
}

/**
 * Keeps an APIService for each group version that is served (kube-aggregator's autoregistration). Those of built-in
 * groups are made once, when the server starts; those of custom resources follow their definitions.
 */
export class ApiServiceController implements CacheWatcher {
  private started = false;
  private readonly prefix = resourcePrefix(ownGroup, 'apiservices', true);
  private readonly settling = new Settling(
    () => this.settle(),
    (error) => this.logger.warn({ error: String(error) }, 'the API services could not be brought up to date'),
  );

  constructor(
    private readonly registry: Registry, private readonly cacher: Cacher, private readonly transport: Transport,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.cacher.cache(this.prefix).watch(this, this.cacher.revision);
    this.registry.onChange(() => this.settling.request());
    this.settling.request();
  }

  deliver(events: readonly CacheEvent[]): void {
    if (events.some(({ entry }) => entry.object.metadata.labels?.[managedLabel] === 'true')) this.settling.request();
  }

  lost(): void {
    if (!this.settling.closed) this.cacher.cache(this.prefix).watch(this, this.cacher.revision);
  }

  async close(): Promise<void> {
    this.cacher.cache(this.prefix).unwatch(this);
    await this.settling.close();
  }

  private async settle(): Promise<void> {
    // What is served may still be being put together in this turn of the event loop.
    await Promise.resolve();
    const wanted = localApiServices(this.registry.resources());
    const cache = this.cacher.cache(this.prefix);
    const atStart = !this.started;
    this.started = true;
    const writes: Promise<unknown>[] = [];
    for (const [name, service] of wanted) {
      const following = service.metadata.labels?.[managedLabel] === 'true';
      if (!cache.get(name) && (following || atStart)) {
        const body = { apiVersion: `${ownGroup}/v1`, kind: 'APIService', ...service };
        writes.push(ensure(this.transport, { method: 'POST', path: collection, body }));
      }
    }
    for (const entry of [...cache.entries]) {
      const managed = entry.object.metadata.labels?.[managedLabel];
      if (managed && !wanted.has(entry.name) && (managed === 'true' || atStart)) {
        writes.push(ensure(this.transport, { method: 'DELETE', path: `${collection}/${entry.name}` }));
      }
    }
    await Promise.all(writes);
  }
}
