import type { KubeObject, Live, Namespace, NamespaceCondition } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { withCondition } from '../kit/batches';
import { ControllerBase, messageOf, timestamp } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';
import { Discovery } from './discovery';
import type { DiscoveredResource } from './discovery';

export interface ContentReport {
  readonly discoveryFailures: ReadonlyMap<string, string>;
  readonly deletionErrors: readonly string[];
  /** Instances left by `resource.group`. */
  readonly remaining: ReadonlyMap<string, number>;
  /** Instances left by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
}

const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));

/** What `kubectl describe namespace` tells of a deletion (namespace/deletion/status_condition_utils.go). */
export function deletionConditions(report: ContentReport): NamespaceCondition[] {
  const condition = (type: string, bad: string, good: [string, string], message: string | undefined): NamespaceCondition =>
    message === undefined ? { type, status: 'False', reason: good[0], message: good[1] } : { type, status: 'True', reason: bad, message };
  const { discoveryFailures: failures, deletionErrors, remaining, finalizers } = report;
  const failed = [...failures].map(([groupVersion, error]) => `${groupVersion}: ${error}`).join(', ');
  const left = sorted(remaining).map(([resource, count]) => `${resource} has ${count} resource instances`).join(', ');
  const held = sorted(finalizers).map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).join(', ');
  return [
    condition('NamespaceDeletionDiscoveryFailure', 'DiscoveryFailed', ['ResourcesDiscovered', 'All resources successfully discovered'],
      failed ? `Discovery failed for some groups, ${failures.size} failing: unable to retrieve the complete list of server APIs: ${failed}` : undefined),
    condition('NamespaceDeletionGroupVersionParsingFailure', 'GroupVersionParsingFailed',
      ['ParsedGroupVersions', 'All legacy kube types successfully parsed'], undefined),
    condition('NamespaceDeletionContentFailure', 'ContentDeletionFailed',
      ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
      deletionErrors.length > 0 ? `Failed to delete all resource types, ${deletionErrors.length} remaining: ${deletionErrors.join(', ')}` : undefined),
    condition('NamespaceContentRemaining', 'SomeResourcesRemain', ['ContentRemoved', 'All content successfully removed'],
      left ? `Some resources are remaining: ${left}` : undefined),
    condition('NamespaceFinalizersRemaining', 'SomeFinalizersRemain', ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
      held ? `Some content in the namespace has finalizers remaining: ${held}` : undefined),
  ];
}

const QUICK_RETRIES = 10;

class NamespaceController extends ControllerBase {
  private readonly namespaces: Informer<Namespace>;
  private readonly client: ResourceClient<Namespace>;
  private readonly queue: Loop;
  private readonly discovery: Discovery;
  private readonly attempts = new Map<string, number>();

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<Namespace>(resources.namespaces);
    this.discovery = new Discovery(context.client, context.clock, 5_000);
    this.queue = this.loop({ name: 'namespace-controller', workers: 10, reconcile: (name) => this.reconcile(name) });
    const changed = (namespace: Live<Namespace>) => {
      if (namespace.metadata.deletionTimestamp) this.queue.add(namespace.metadata.name);
    };
    this.namespaces = this.watch<Namespace>(resources.namespaces, {
      added: changed,
      updated: (namespace, previous) => {
        if (!previous.metadata.deletionTimestamp) changed(namespace);
      },
      deleted: ({ metadata }) => this.attempts.delete(metadata.name),
    });
  }

  private async reconcile(name: string): Promise<number | void> {
    if (!this.namespaces.get(name)?.metadata.deletionTimestamp) return;
    let namespace: Live<Namespace>;
    try {
      namespace = await this.client.get(name);
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return;
      throw error;
    }
    if (!namespace.metadata.deletionTimestamp || !(namespace.spec?.finalizers ?? []).includes('kubernetes')) return;
    if (namespace.status?.phase !== 'Terminating') {
      namespace = await this.client.updateStatus({ ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
    }
    const report = await this.deleteContent(name);
    namespace = await this.writeConditions(namespace, report);
    const clean = report.discoveryFailures.size === 0 && report.deletionErrors.length === 0 && report.remaining.size === 0;
    if (clean) return this.finalize(namespace);
    return this.nextTry(name);
  }

  /** Most content is gone within moments; what isn't waits for grace periods or finalizers. */
  private nextTry(name: string): number {
    const attempt = (this.attempts.get(name) ?? 0) + 1;
    this.attempts.set(name, attempt);
    return attempt <= QUICK_RETRIES ? Math.min(100 * attempt, this.context.timings.namespaceRetry) : this.context.timings.namespaceRetry;
  }

  private async deleteContent(namespace: string): Promise<ContentReport> {
    const { resources: discovered, failures } = await this.discovery.resources();
    const report = { discoveryFailures: failures, deletionErrors: [] as string[], remaining: new Map<string, number>(), finalizers: new Map<string, number>() };
    const deletable = discovered.filter(({ namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list'));
    await Promise.all(deletable.map(async (resource) => {
      try {
        for (const { metadata } of await this.deleteResource(namespace, resource)) {
          const id = resource.group ? `${resource.resource}.${resource.group}` : `${resource.resource}.`;
          report.remaining.set(id, (report.remaining.get(id) ?? 0) + 1);
          for (const finalizer of metadata.finalizers ?? []) report.finalizers.set(finalizer, (report.finalizers.get(finalizer) ?? 0) + 1);
        }
      } catch (error) {
        if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'MethodNotAllowed')) report.deletionErrors.push(messageOf(error));
      }
    }));
    return report;
  }

  /** What is left after deleting; asked first, as most kinds have nothing there. */
  private async deleteResource(namespace: string, resource: DiscoveredResource): Promise<Live<KubeObject>[]> {
    const client = this.context.client.resource<KubeObject>(resource);
    const before = await client.list({ namespace });
    if (before.items.length === 0) return [];
    const pending = before.items.filter(({ metadata }) => !metadata.deletionTimestamp);
    if (pending.length > 0 && resource.verbs.includes('deletecollection')) {
      await client.deleteCollection({ namespace }, { propagationPolicy: 'Background' });
    } else {
      await Promise.all(pending.map(({ metadata: { name } }) => client.delete(name, namespace, { propagationPolicy: 'Background' })));
    }
    return (await client.list({ namespace })).items;
  }

  private async writeConditions(namespace: Live<Namespace>, report: ContentReport): Promise<Live<Namespace>> {
    let conditions = namespace.status?.conditions ?? [];
    for (const condition of deletionConditions(report)) {
      conditions = withCondition(conditions, { ...condition, lastTransitionTime: timestamp(this.context.clock) });
    }
    if (semanticEqual(conditions, namespace.status?.conditions)) return namespace;
    return this.client.updateStatus({ ...namespace, status: { ...namespace.status, conditions } });
  }

  private async finalize(namespace: Live<Namespace>): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    try {
      await this.client.subresource('PUT', namespace.metadata.name, undefined, 'finalize', {
        apiVersion: 'v1', kind: 'Namespace', ...namespace, spec: { ...namespace.spec, finalizers },
      });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}

export const startNamespaces: StartController = (context) => new NamespaceController(context).start();
