import type { KubeObject, Live, OwnerReference } from '../../api/kinds';
import { apiVersionOf, parseApiVersion } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer } from '../../client/client';
import { ControllerBase, eventsOf } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { Discovery } from './discovery';
import type { DiscoveredResource } from './discovery';
import { FOREGROUND, graphNode, isDeletingDependents, isOrphaning, ORPHAN, OwnerGraph } from './owner-graph';
import type { GraphNode } from './owner-graph';

/** Events come and go by themselves and own nothing. */
const IGNORED = new Set(['events']);
const RESYNC = 30_000;
const SYNC_TIMEOUT = 30_000;

const idOf = ({ group, version, resource }: DiscoveredResource) => `${group}/${version}/${resource}`;

interface Monitor {
  readonly informer: Informer<KubeObject>;
  readonly detach: () => void;
}

interface Owners {
  readonly solid: OwnerReference[];
  readonly dangling: OwnerReference[];
  /** Owners that are deleted in the foreground and wait for this dependent. */
  readonly waiting: OwnerReference[];
}

/**
 * Deletes what no owner keeps alive any more, in the background or the foreground, and sets free what is to be orphaned.
 * Absence of an owner is never believed from a cache: the API server is asked before anything is deleted.
 */
class GarbageCollector extends ControllerBase {
  private readonly graph = new OwnerGraph();
  private readonly monitors = new Map<string, Monitor>();
  private readonly kinds = new Map<string, DiscoveredResource>();
  private readonly deletions: Loop;
  private readonly orphans: Loop;
  private readonly discovery: Discovery;
  private readonly events: EventSink;

  constructor(context: Context) {
    super(context);
    this.discovery = new Discovery(context.client, context.clock);
    this.events = context.events('garbage-collector-controller');
    this.deletions = this.loop({ name: 'garbage-collector', workers: 20, reconcile: (uid) => this.attemptToDelete(uid) });
    this.orphans = this.loop({ name: 'garbage-collector-orphans', workers: 20, reconcile: (uid) => this.attemptToOrphan(uid) });
  }

  /** The loops begin once every resource is watched and in the graph: half a graph has owners missing. */
  override start(): this {
    void this.syncMonitors().catch((error: unknown) => this.context.logger.warn({ error }, 'garbage collector: resources not discovered'))
      .then(() => super.start());
    this.every(RESYNC, () => this.syncMonitors());
    return this;
  }

  override async stop(): Promise<void> {
    for (const { detach } of this.monitors.values()) detach();
    this.monitors.clear();
    await super.stop();
  }

  private async syncMonitors(): Promise<void> {
    const { resources, failures } = await this.discovery.resources();
    const wanted = new Map(resources.filter(isWatchable).map((resource) => [idOf(resource), resource]));
    for (const resource of resources) this.kinds.set(`${apiVersionOf(resource)}/${resource.kind}`, resource);
    for (const [id, monitor] of this.monitors) {
      if (wanted.has(id) || failures.size > 0) continue;
      monitor.detach();
      this.monitors.delete(id);
    }
    const added = [...wanted].filter(([id]) => !this.monitors.has(id)).map(([id, resource]) => this.monitor(id, resource));
    await Promise.race([Promise.all(added), new Promise<void>((resolve) => this.context.clock.after(SYNC_TIMEOUT, resolve))]);
  }

  private monitor(id: string, resource: DiscoveredResource): Promise<void> {
    const { group, version, resource: name, namespaced } = resource;
    const informer = this.context.informers.for<KubeObject>({ group, version, resource: name, namespaced });
    const detach = informer.on({
      added: (object) => this.changed(graphNode(resource, object)),
      updated: (object, previous) => {
        const { ownerReferences, finalizers, deletionTimestamp, uid } = object.metadata;
        const before = previous.metadata;
        if (uid !== before.uid) this.gone(previous);
        else if (ownerReferences === undefined && before.ownerReferences === undefined && !deletionTimestamp && !finalizers) return;
        this.changed(graphNode(resource, object));
      },
      deleted: (object) => this.gone(object),
    });
    this.monitors.set(id, { informer, detach });
    return informer.synced;
  }

  private changed(node: GraphNode): void {
    const before = this.graph.set(node);
    if (isOrphaning(node)) this.orphans.add(node.uid);
    if (isDeletingDependents(node)) {
      this.deletions.add(node.uid);
      for (const dependent of this.graph.dependentsOf(node.uid)) this.deletions.add(dependent.uid);
    }
    for (const owner of before?.owners ?? []) {
      if (!node.owners.some((other) => other.uid === owner.uid && other.blockOwnerDeletion === owner.blockOwnerDeletion)) this.unblocked(owner.uid);
    }
    if (node.owners.some((owner) => !this.isCached(owner, node.namespace))) this.deletions.add(node.uid);
    // A dependent that is itself being deleted in the foreground no longer needs its owner's word.
    if (node.deleting) for (const owner of node.owners) this.unblocked(owner.uid);
  }

  private gone({ metadata }: Live<KubeObject>): void {
    const node = this.graph.delete(metadata.uid);
    for (const dependent of this.graph.dependentsOf(metadata.uid)) this.deletions.add(dependent.uid);
    for (const owner of node?.owners ?? []) this.unblocked(owner.uid);
  }

  private unblocked(ownerUid: string): void {
    const owner = this.graph.get(ownerUid);
    if (owner && isDeletingDependents(owner)) this.deletions.add(ownerUid);
  }

  private informerOf(owner: OwnerReference): { resource: DiscoveredResource; informer: Informer<KubeObject> | undefined } | undefined {
    const resource = this.kinds.get(`${owner.apiVersion}/${owner.kind}`) ?? this.anyVersion(owner);
    return resource && { resource, informer: this.monitors.get(idOf(resource))?.informer };
  }

  private anyVersion(owner: OwnerReference): DiscoveredResource | undefined {
    const { group } = parseApiVersion(owner.apiVersion);
    for (const resource of this.kinds.values()) if (resource.group === group && resource.kind === owner.kind) return resource;
    return undefined;
  }

  private isCached(owner: OwnerReference, namespace: string | undefined): boolean {
    const found = this.informerOf(owner);
    return found?.informer?.get(owner.name, found.resource.namespaced ? namespace : undefined)?.metadata.uid === owner.uid;
  }

  private async attemptToDelete(uid: string): Promise<void> {
    const node = this.graph.get(uid);
    if (!node || (node.deleting && !isDeletingDependents(node))) return;
    const live = await this.live(node);
    if (!live) {
      // The watch will say so too; until then nothing is done in its name.
      for (const dependent of this.graph.dependentsOf(uid)) this.deletions.add(dependent.uid);
      return;
    }
    if (live.metadata.deletionTimestamp && !(live.metadata.finalizers ?? []).includes(FOREGROUND)) return;
    if (live.metadata.deletionTimestamp) return this.continueForeground(graphNode(node.resource, live));
    const references = live.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const owners = await this.classify(node, live, references);
    if (owners.solid.length > 0) return this.dropReferences(node, live, [...owners.dangling, ...owners.waiting]);
    await this.deleteUnowned(node, live, owners);
  }

  private async deleteUnowned(node: GraphNode, live: Live<KubeObject>, owners: Owners): Promise<void> {
    const dependents = this.graph.dependentsOf(node.uid);
    const finalizers = live.metadata.finalizers ?? [];
    if (owners.waiting.length > 0 && dependents.length > 0) {
      // A circle of blocking owners would wait for itself for ever.
      if (dependents.some(isDeletingDependents)) await this.unblockOwners(node, live);
      return this.delete(node, live, 'Foreground');
    }
    const policy = finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
    return this.delete(node, live, policy);
  }

  private async continueForeground(node: GraphNode): Promise<void> {
    const blocking = this.graph.blockingDependentsOf(node.uid);
    if (blocking.length === 0) return this.removeFinalizer(node, FOREGROUND);
    for (const dependent of blocking) if (!dependent.deleting) this.deletions.add(dependent.uid);
  }

  private async classify({ resource }: GraphNode, object: Live<KubeObject>, references: readonly OwnerReference[]): Promise<Owners> {
    const owners: Owners = { solid: [], dangling: [], waiting: [] };
    for (const reference of references) {
      const found = this.informerOf(reference);
      // A kind that nobody knows (any more) may come back: not dangling, but not to be trusted either.
      if (!found) throw new Error(`no resource for owner ${reference.apiVersion} ${reference.kind}`);
      const namespace = found.resource.namespaced ? object.metadata.namespace : undefined;
      if (found.resource.namespaced && namespace === undefined) {
        eventsOf(this.events, { apiVersion: apiVersionOf(resource), kind: resource.kind }).event(object, 'Warning', 'OwnerRefInvalidNamespace', `ownerRef [${refText(reference, '')}] does not exist in namespace ""`);
        owners.solid.push(reference);
        continue;
      }
      const owner = await this.owner(reference, found.resource, namespace);
      if (!owner) owners.dangling.push(reference);
      else if (owner.metadata.deletionTimestamp && owner.metadata.finalizers?.includes(FOREGROUND)) owners.waiting.push(reference);
      else owners.solid.push(reference);
    }
    return owners;
  }

  private async owner(reference: OwnerReference, resource: DiscoveredResource, namespace: string | undefined): Promise<Live<KubeObject> | undefined> {
    try {
      const owner = await this.context.client.resource<KubeObject>(resource).get(reference.name, namespace);
      return owner.metadata.uid === reference.uid ? owner : undefined;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  private async live(node: GraphNode): Promise<Live<KubeObject> | undefined> {
    const reference = { apiVersion: '', kind: '', name: node.name, uid: node.uid };
    return this.owner(reference, node.resource, node.namespace);
  }

  private async dropReferences(node: GraphNode, live: Live<KubeObject>, dropped: readonly OwnerReference[]): Promise<void> {
    if (dropped.length === 0) return;
    const gone = new Set(dropped.map(({ uid }) => uid));
    await this.patchReferences(node, live, (live.metadata.ownerReferences ?? []).filter(({ uid }) => !gone.has(uid)));
  }

  private unblockOwners(node: GraphNode, live: Live<KubeObject>): Promise<void> {
    const references = (live.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, blockOwnerDeletion: false }));
    return this.patchReferences(node, live, references);
  }

  private async patchReferences(node: GraphNode, live: Live<KubeObject>, ownerReferences: OwnerReference[]): Promise<void> {
    const { uid, resourceVersion } = live.metadata;
    const metadata = { uid, resourceVersion, ownerReferences: ownerReferences.length > 0 ? ownerReferences : null };
    await this.context.client.resource<KubeObject>(node.resource).patch(node.name, node.namespace, 'merge', { metadata });
  }

  private async delete(node: GraphNode, live: Live<KubeObject>, propagationPolicy: 'Orphan' | 'Foreground' | 'Background'): Promise<void> {
    const { uid, resourceVersion, ownerReferences } = live.metadata;
    // The resource version guards against an owner that was added meanwhile.
    const preconditions = ownerReferences ? { uid, resourceVersion } : { uid };
    try {
      await this.context.client.resource<KubeObject>(node.resource).delete(node.name, node.namespace, { propagationPolicy, preconditions });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }

  private async attemptToOrphan(uid: string): Promise<void> {
    const owner = this.graph.get(uid);
    if (!owner || !isOrphaning(owner)) return;
    await Promise.all(this.graph.dependentsOf(uid).map(async (dependent) => {
      const live = await this.live(dependent);
      const references = live?.metadata.ownerReferences ?? [];
      if (live && references.some((reference) => reference.uid === uid)) {
        await this.patchReferences(dependent, live, references.filter((reference) => reference.uid !== uid));
      }
    }));
    await this.removeFinalizer(owner, ORPHAN);
  }

  private async removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const live = await this.live(node);
    if (!live?.metadata.finalizers?.includes(finalizer)) return;
    const finalizers = live.metadata.finalizers.filter((other) => other !== finalizer);
    const { resourceVersion } = live.metadata;
    try {
      await this.context.client.resource<KubeObject>(node.resource).patch(node.name, node.namespace, 'merge', { metadata: { resourceVersion, finalizers } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}

const isWatchable = ({ verbs, resource }: DiscoveredResource) =>
  !IGNORED.has(resource) && ['delete', 'list', 'watch'].every((verb) => verbs.includes(verb));

const refText = ({ apiVersion, kind, name, uid }: OwnerReference, namespace: string) =>
  `${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}`;

export const startGarbageCollector: StartController = (context) => new GarbageCollector(context).start();
