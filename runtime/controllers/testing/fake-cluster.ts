import { randomUUID } from 'node:crypto';
import { parseSelector } from '../../api/labels';
import type { KubeObject, Live } from '../../api/kinds';
import { errors } from '../../api/status';
import type { DeleteOptions, Handlers, Informer, ListOptions, PatchType, ResourceClient, WatchEvent } from '../../client/client';
import type { TransportRequest } from '../../client/transport';
import type { Clock } from '../../clock';
import type { ClusterClient, EventSink, InformerSource } from '../kit/context';
import type { Resource } from '../kit/resources';
import { applyPatch } from './fake-patch';

type Fields = { spec?: unknown; status?: unknown };
type Stored = Live<KubeObject> & Fields;

const pathOf = (name: string, namespace: string | undefined) => `${namespace ?? ''}/${name}`;

/** The part of an API server's behaviour that loops depend on: versions, conflicts, finalizers, generations, events. */
export class FakeCluster implements ClusterClient, InformerSource {
  private readonly collections = new Map<string, Collection>();
  readonly recorded: { kind: string; name: string; type: string; reason: string; message: string }[] = [];
  /** Called before a write; may throw to fail it. */
  intercept: (verb: string, resource: string, name: string) => void = () => {};
  private version = 0;

  constructor(readonly clock: Clock) {}

  nextVersion(): string {
    return String(++this.version);
  }

  collection(resource: Resource): Collection {
    const id = `${resource.group}/${resource.resource}`;
    let found = this.collections.get(id);
    if (!found) this.collections.set(id, (found = new Collection(this, resource)));
    return found;
  }

  resource<T extends KubeObject>(resource: Resource): ResourceClient<T> {
    return this.collection(resource) as unknown as ResourceClient<T>;
  }

  for<T extends KubeObject>(resource: Resource): Informer<T> {
    return this.collection(resource).informer as unknown as Informer<T>;
  }

  events(): EventSink {
    return {
      event: (object, type, reason, message) => {
        this.recorded.push({ kind: object.kind ?? '', name: object.metadata.name ?? '', type, reason, message });
      },
    };
  }

  /** Discovery of the resources that were ever touched. */
  async request<T>({ path }: TransportRequest): Promise<T> {
    const served = [...this.collections.values()].map(({ resource }) => resource);
    if (path === '/apis') {
      const versions = new Set(served.filter(({ group }) => group).map(({ group, version }) => `${group}/${version}`));
      return { groups: [...versions].map((groupVersion) => ({ name: groupVersion, preferredVersion: { groupVersion } })) } as T;
    }
    const groupVersion = path.replace(/^\/apis?\//, '');
    const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
    const resources = served.filter(({ group, version }) => (group ? `${group}/${version}` : version) === groupVersion)
      .map(({ resource: name, namespaced }) => ({ name, namespaced, kind: kindOf(name), verbs }));
    return { groupVersion, resources } as T;
  }
}

const kinds: Record<string, string> = {
  pods: 'Pod', nodes: 'Node', namespaces: 'Namespace', services: 'Service', replicasets: 'ReplicaSet', deployments: 'Deployment',
  replicationcontrollers: 'ReplicationController', endpointslices: 'EndpointSlice', configmaps: 'ConfigMap', jobs: 'Job',
};
const kindOf = (resource: string) => kinds[resource] ?? resource;

export class Collection {
  private readonly objects = new Map<string, Stored>();
  readonly informer: FakeInformer;

  constructor(private readonly cluster: FakeCluster, readonly resource: Resource) {
    this.informer = new FakeInformer(() => [...this.objects.values()]);
  }

  private subject(name: string) {
    return { group: this.resource.group, kind: this.resource.resource, name };
  }

  private existing(name: string, namespace: string | undefined): Stored {
    const found = this.objects.get(pathOf(name, namespace));
    if (!found) throw errors.notFound(this.subject(name));
    return found;
  }

  async get(name: string, namespace?: string): Promise<Stored> {
    return this.existing(name, namespace);
  }

  async list({ namespace, labelSelector }: ListOptions = {}): Promise<{ metadata: object; items: Stored[] }> {
    const selector = labelSelector ? parseSelector(labelSelector) : undefined;
    const items = [...this.objects.values()].filter(({ metadata }) =>
      (namespace === undefined || metadata.namespace === namespace) && (selector?.matches(metadata.labels ?? {}) ?? true));
    return { metadata: {}, items };
  }

  async create(object: KubeObject & Fields): Promise<Stored> {
    const { generateName, namespace } = object.metadata;
    const name = object.metadata.name ?? `${generateName}${randomUUID().slice(0, 5)}`;
    this.cluster.intercept('create', this.resource.resource, name);
    if (this.objects.has(pathOf(name, namespace))) throw errors.alreadyExists(this.subject(name));
    const stored = structuredClone(object) as Stored;
    stored.kind ??= kindOf(this.resource.resource);
    const creationTimestamp = object.metadata.creationTimestamp ?? new Date(this.cluster.clock.now()).toISOString();
    Object.assign(stored.metadata, { name, uid: object.metadata.uid ?? randomUUID(), creationTimestamp, generation: 1 });
    return this.store(stored);
  }

  async update(object: KubeObject & Fields): Promise<Stored> {
    return this.write('update', object, (before) => {
      const next = { ...structuredClone(object), status: before.status } as Stored;
      const changed = JSON.stringify(next.spec) !== JSON.stringify(before.spec);
      next.metadata.generation = (before.metadata.generation ?? 0) + (changed ? 1 : 0);
      return next;
    });
  }

  async updateStatus(object: KubeObject & Fields): Promise<Stored> {
    return this.write('updateStatus', object, (before) => ({ ...structuredClone(before), status: structuredClone(object.status) }));
  }

  private write(verb: string, object: KubeObject, next: (before: Stored) => Stored): Stored {
    const name = object.metadata.name ?? '';
    this.cluster.intercept(verb, this.resource.resource, name);
    const before = this.existing(name, object.metadata.namespace);
    const { resourceVersion } = object.metadata;
    if (resourceVersion && resourceVersion !== before.metadata.resourceVersion) throw errors.modified(this.subject(name));
    return this.store(next(before), before);
  }

  async patch(name: string, namespace: string | undefined, type: PatchType, patch: unknown): Promise<Stored> {
    const before = this.existing(name, namespace);
    this.cluster.intercept('patch', this.resource.resource, name);
    const next = applyPatch(before, patch, type === 'strategic') as Stored;
    if (next.metadata.uid !== before.metadata.uid) throw errors.conflict(this.subject(name), 'Precondition failed: UID in precondition');
    const changed = JSON.stringify(next.spec) !== JSON.stringify(before.spec);
    next.metadata.generation = (before.metadata.generation ?? 0) + (changed ? 1 : 0);
    return this.store(next, before);
  }

  /** Pods that run somewhere keep their grace period: their kubelet would end them. */
  async delete(name: string, namespace?: string, options: DeleteOptions = {}): Promise<void> {
    this.cluster.intercept('delete', this.resource.resource, name);
    const before = this.existing(name, namespace);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if ((uid && uid !== before.metadata.uid) || (resourceVersion && resourceVersion !== before.metadata.resourceVersion)) {
      throw errors.conflict(this.subject(name), 'Precondition failed');
    }
    const next = structuredClone(before);
    const finalizers = new Set(next.metadata.finalizers ?? []);
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan');
    const held = this.resource.resource === 'namespaces' && namespaceFinalizers(next).length > 0;
    const graceful = this.resource.resource === 'pods' && options.gracePeriodSeconds !== 0 && nodeNameOf(next) !== undefined;
    if (finalizers.size === 0 && !held && !graceful) return this.remove(before);
    next.metadata.deletionTimestamp ??= new Date(this.cluster.clock.now()).toISOString();
    if (finalizers.size > 0) next.metadata.finalizers = [...finalizers];
    this.store(next, before);
  }

  async deleteCollection(list: ListOptions = {}, options: DeleteOptions = {}): Promise<void> {
    for (const { metadata } of (await this.list(list)).items) await this.delete(metadata.name, metadata.namespace, options);
  }

  /** Informers are told directly; nobody opens a watch here. */
  watch(): AsyncIterable<WatchEvent<KubeObject>> {
    throw errors.methodNotAllowed(this.subject(''), 'watch');
  }

  async subresource(_method: string, name: string, namespace: string | undefined, subresource: string, body?: unknown): Promise<unknown> {
    this.cluster.intercept(subresource, this.resource.resource, name);
    const before = this.existing(name, namespace);
    const next = structuredClone(before);
    if (subresource === 'binding') {
      const { target } = body as { target: { name: string } };
      next.spec = { ...(next.spec as object), nodeName: target.name };
    } else if (subresource === 'finalize') {
      next.spec = (body as Fields).spec;
    }
    return this.store(next, before);
  }

  private store(next: Stored, before?: Stored): Stored {
    if (before && next.metadata.deletionTimestamp && !next.metadata.finalizers?.length && before.metadata.finalizers?.length) {
      this.remove(before);
      return next;
    }
    if (next.metadata.deletionTimestamp && this.resource.resource === 'namespaces' && namespaceFinalizers(next).length === 0) {
      this.remove(next);
      return next;
    }
    next.metadata.resourceVersion = this.cluster.nextVersion();
    this.objects.set(pathOf(next.metadata.name, next.metadata.namespace), next);
    this.informer.deliver(next, before);
    return next;
  }

  private remove(object: Stored): void {
    this.objects.delete(pathOf(object.metadata.name, object.metadata.namespace));
    this.informer.deliver(undefined, object);
  }
}

const namespaceFinalizers = ({ spec }: Stored): string[] => (spec as { finalizers?: string[] } | undefined)?.finalizers ?? [];
const nodeNameOf = ({ spec }: Stored): string | undefined => (spec as { nodeName?: string } | undefined)?.nodeName;

/** Sees each change a little after the write has returned, as a watch does. */
class FakeInformer implements Informer<KubeObject> {
  readonly synced = Promise.resolve();
  readonly hasSynced = true;
  private readonly seen = new Map<string, Stored>();
  private readonly handlers = new Set<Handlers<KubeObject>>();
  private readonly indexes = new Map<string, (object: Live<KubeObject>) => string[]>();

  constructor(initial: () => Stored[]) {
    for (const object of initial()) this.seen.set(pathOf(object.metadata.name, object.metadata.namespace), object);
  }

  deliver(next: Stored | undefined, before: Stored | undefined): void {
    setImmediate(() => {
      const object = next ?? before;
      if (!object) return;
      const path = pathOf(object.metadata.name, object.metadata.namespace);
      const previous = this.seen.get(path);
      if (next) this.seen.set(path, next);
      else this.seen.delete(path);
      for (const handlers of this.handlers) {
        if (!next) handlers.deleted?.(previous ?? object);
        else if (previous) handlers.updated?.(next, previous);
        else handlers.added?.(next);
      }
    });
  }

  get(name: string, namespace?: string): Live<KubeObject> | undefined {
    return this.seen.get(pathOf(name, namespace));
  }

  list(namespace?: string): Live<KubeObject>[] {
    return [...this.seen.values()].filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  }

  byIndex(index: string, value: string): Live<KubeObject>[] {
    const of = this.indexes.get(index);
    return of ? this.list().filter((object) => of(object).includes(value)) : [];
  }

  addIndex(index: string, values: (object: Live<KubeObject>) => string[]): void {
    this.indexes.set(index, values);
  }

  on(handlers: Handlers<KubeObject>): () => void {
    this.handlers.add(handlers);
    for (const object of this.seen.values()) handlers.added?.(object);
    return () => this.handlers.delete(handlers);
  }

  stop(): void {
    this.handlers.clear();
  }
}
