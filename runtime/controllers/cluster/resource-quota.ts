import type { KubeObject, Live, ResourceQuota } from '../../api/kinds';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, keyOf, splitKey } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';
import { Discovery } from './discovery';
import { countedResource, quotaUsage } from './quota-usage';

const RESYNC = 5 * 60_000;

/** Counts what quotas limit. Admission counts what comes in by itself; this sees what goes, and what was there before. */
class ResourceQuotaController extends ControllerBase {
  private readonly quotas: Informer<ResourceQuota>;
  private readonly client: ResourceClient<ResourceQuota>;
  private readonly queue: Loop;
  private readonly discovery: Discovery;
  private readonly counted = new Map<string, Informer<KubeObject>>();
  private readonly detachments: (() => void)[] = [];

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<ResourceQuota>(resources.resourceQuotas);
    this.discovery = new Discovery(context.client, context.clock);
    this.queue = this.loop({ name: 'resourcequota-controller', reconcile: (key) => this.reconcile(key) });
    this.quotas = this.watch<ResourceQuota>(resources.resourceQuotas, {
      added: (quota) => this.queue.add(keyOf(quota)),
      updated: (quota) => this.queue.add(keyOf(quota)),
    });
  }

  override async stop(): Promise<void> {
    for (const detach of this.detachments) detach();
    await super.stop();
  }

  private async reconcile(key: string): Promise<number | void> {
    const { namespace, name } = splitKey(key);
    const quota = this.quotas.get(name, namespace);
    if (!quota || quota.metadata.deletionTimestamp) return;
    await this.watchWhatCounts(quota);
    const list = (group: string, resource: string) => this.counted.get(`${group}/${resource}`)?.list(namespace) ?? [];
    const status = { hard: { ...quota.spec?.hard }, used: quotaUsage(quota, list) };
    if (!semanticEqual(status, quota.status)) await this.client.updateStatus({ ...quota, status });
    return RESYNC;
  }

  /** Only resources that some quota limits are watched. */
  private async watchWhatCounts(quota: Live<ResourceQuota>): Promise<void> {
    const names = Object.keys(quota.spec?.hard ?? {});
    const wanted = [{ group: '', resource: 'pods' }, ...names.map(countedResource).filter((found) => found !== undefined)];
    if (names.some((name) => name.startsWith('services.'))) wanted.push({ group: '', resource: 'services' });
    if (names.includes('requests.storage')) wanted.push({ group: '', resource: 'persistentvolumeclaims' });
    const missing = wanted.filter(({ group, resource }) => !this.counted.has(`${group}/${resource}`));
    if (missing.length === 0) return;
    const { resources: served } = await this.discovery.resources();
    for (const { group, resource } of missing) {
      const found = served.find((candidate) => candidate.group === group && candidate.resource === resource);
      if (!found || this.counted.has(`${group}/${resource}`)) continue;
      const informer = this.context.informers.for<KubeObject>({ group, version: found.version, resource, namespaced: found.namespaced });
      this.counted.set(`${group}/${resource}`, informer);
      const changed = ({ metadata }: Live<KubeObject>) => {
        for (const other of this.quotas.list(metadata.namespace)) this.queue.add(keyOf(other));
      };
      await informer.synced;
      this.detachments.push(informer.on({ added: changed, updated: changed, deleted: changed }));
    }
  }
}

export const startResourceQuotas: StartController = (context) => new ResourceQuotaController(context).start();
