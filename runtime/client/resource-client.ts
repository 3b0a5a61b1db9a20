import { apiVersionOf, parseApiVersion } from '../api/object';
import type { GroupVersionResource, KubeList, KubeObject, Live, UntypedObject } from '../api/object';
import type * as kinds from '../api/kinds';
import type { APIResourceList } from '../api/kinds';
import { errors, StatusError } from '../api/status';
import type { DeleteOptions, ListOptions, PatchType, ResourceClient, WatchEvent, WatchOptions, WriteOptions } from './client';
import { resourcePath } from './paths';
import type { Query } from './paths';
import { isStatus } from './response-error';
import type { Transport, TransportRequest } from './transport';

export type Resource = GroupVersionResource & { namespaced: boolean };

const core = (resource: string, namespaced = true): Resource => ({ group: '', version: 'v1', resource, namespaced });
const of = (group: string, resource: string, namespaced = true): Resource => ({ group, version: 'v1', resource, namespaced });

/** The kinds that our own components use most, by the name of their getter. */
const common = {
  pods: core('pods'),
  nodes: core('nodes', false),
  namespaces: core('namespaces', false),
  services: core('services'),
  endpoints: core('endpoints'),
  events: core('events'),
  configMaps: core('configmaps'),
  secrets: core('secrets'),
  serviceAccounts: core('serviceaccounts'),
  replicationControllers: core('replicationcontrollers'),
  persistentVolumes: core('persistentvolumes', false),
  persistentVolumeClaims: core('persistentvolumeclaims'),
  deployments: of('apps', 'deployments'),
  replicaSets: of('apps', 'replicasets'),
  statefulSets: of('apps', 'statefulsets'),
  daemonSets: of('apps', 'daemonsets'),
  jobs: of('batch', 'jobs'),
  cronJobs: of('batch', 'cronjobs'),
  endpointSlices: of('discovery.k8s.io', 'endpointslices'),
  leases: of('coordination.k8s.io', 'leases'),
} as const satisfies Record<string, Resource>;

interface CommonKinds {
  pods: kinds.Pod;
  nodes: kinds.Node;
  namespaces: kinds.Namespace;
  services: kinds.Service;
  endpoints: kinds.Endpoints;
  events: kinds.CoreV1Event;
  configMaps: kinds.ConfigMap;
  secrets: kinds.Secret;
  serviceAccounts: kinds.ServiceAccount;
  replicationControllers: kinds.ReplicationController;
  persistentVolumes: kinds.PersistentVolume;
  persistentVolumeClaims: kinds.PersistentVolumeClaim;
  deployments: kinds.Deployment;
  replicaSets: kinds.ReplicaSet;
  statefulSets: kinds.StatefulSet;
  daemonSets: kinds.DaemonSet;
  jobs: kinds.Job;
  cronJobs: kinds.CronJob;
  endpointSlices: kinds.EndpointSlice;
  leases: kinds.Lease;
}

type CommonClients = { readonly [K in keyof CommonKinds]: ResourceClient<CommonKinds[K]> };

class ClientBase {
  private readonly discovered = new Map<string, Promise<APIResourceList>>();

  constructor(readonly transport: Transport) {}

  resource<T extends KubeObject>(resource: Resource): ResourceClient<T> {
    return new TransportResourceClient<T>(this.transport, resource);
  }

  request<T>(request: TransportRequest): Promise<T> {
    return this.transport.request<T>(request);
  }

  /** What the server serves of one group and version (`apps/v1`, `v1`); asked once, and again after a failure. */
  discover(groupVersion: string): Promise<APIResourceList> {
    const known = this.discovered.get(groupVersion);
    if (known) return known;
    const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    const asked = this.transport.request<APIResourceList>({ method: 'GET', path });
    this.discovered.set(groupVersion, asked);
    asked.catch(() => this.discovered.delete(groupVersion));
    return asked;
  }

  /** The resource of a kind, by discovery; asks afresh for a kind that a known group version lacked. Throws StatusError NotFound. */
  async resourceFor({ apiVersion = '', kind = '' }: { apiVersion?: string; kind?: string }): Promise<Resource> {
    const find = async () => (await this.discover(apiVersion)).resources.find((r) => r.kind === kind && !r.name.includes('/'));
    let found = await find();
    if (!found) {
      this.discovered.delete(apiVersion);
      found = await find();
    }
    if (!found) throw errors.notFound({ kind: apiVersion, name: kind });
    const { group, version } = parseApiVersion(apiVersion);
    return { group, version, resource: found.name, namespaced: found.namespaced };
  }

  /** Server-side apply. */
  async apply(
    object: UntypedObject, options: { fieldManager: string; force?: boolean; dryRun?: boolean; fieldValidation?: WriteOptions['fieldValidation'] },
  ): Promise<Live<UntypedObject>> {
    const resource = await this.resourceFor(object);
    const { name = '', namespace } = object.metadata;
    return this.resource<UntypedObject>(resource).patch(name, resource.namespaced ? (namespace ?? 'default') : undefined, 'apply', object, options);
  }
}

/** An API server's clients, untyped by `resource`, typed for the common kinds: `client.pods.list()`. */
export type Client = ClientBase & CommonClients;
export const Client: new (transport: Transport) => Client = withCommonKinds();

function withCommonKinds(): new (transport: Transport) => Client {
  class WithCommonKinds extends ClientBase {}
  for (const [name, resource] of Object.entries(common)) {
    Object.defineProperty(WithCommonKinds.prototype, name, {
      get(this: ClientBase) {
        return this.resource(resource);
      },
    });
  }
  return WithCommonKinds as new (transport: Transport) => Client;
}

const patchTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

class TransportResourceClient<T extends KubeObject> implements ResourceClient<T> {
  constructor(private readonly transport: Transport, readonly resource: Resource) {}

  get(name: string, namespace?: string): Promise<Live<T>> {
    return this.send('GET', this.path(namespace, required(name)));
  }

  async list(options: ListOptions = {}): Promise<KubeList<Live<T>>> {
    const list = await this.send<KubeList<Live<T>>>('GET', this.path(options.namespace), { query: listQuery(options) });
    // Go writes an empty slice that was never made as null, and the kind of a list's items once, in the list's.
    return { ...list, items: (list.items ?? []).map((item) => withKind(item, list)) };
  }

  create(object: T, options?: WriteOptions): Promise<Live<T>> {
    return this.send('POST', this.path(object.metadata.namespace), { body: this.typed(object), query: writeQuery(options) });
  }

  update(object: T, options?: WriteOptions): Promise<Live<T>> {
    return this.put(object, undefined, options);
  }

  updateStatus(object: T, options?: WriteOptions): Promise<Live<T>> {
    return this.put(object, 'status', options);
  }

  patch(
    name: string, namespace: string | undefined, type: PatchType, patch: unknown,
    options: WriteOptions & { subresource?: string; force?: boolean } = {},
  ): Promise<Live<T>> {
    return this.send('PATCH', this.path(namespace, required(name), options.subresource), {
      body: patch, contentType: patchTypes[type], query: { ...writeQuery(options), force: options.force },
    });
  }

  async delete(name: string, namespace?: string, options?: DeleteOptions): Promise<void> {
    await this.send('DELETE', this.path(namespace, required(name)), { body: deleteBody(options) });
  }

  async deleteCollection(list: ListOptions = {}, options?: DeleteOptions): Promise<void> {
    await this.send('DELETE', this.path(list.namespace), { body: deleteBody(options), query: listQuery(list) });
  }

  async *watch(options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { allowWatchBookmarks, timeoutSeconds, signal } = options;
    const query = { ...listQuery(options), watch: true, allowWatchBookmarks, timeoutSeconds };
    for await (const event of this.transport.stream({ method: 'GET', path: this.path(options.namespace), query, ...(signal && { signal }) })) {
      yield watchEvent<T>(event);
    }
  }

  subresource<R>(method: 'GET' | 'POST' | 'PUT', name: string, namespace: string | undefined, subresource: string, body?: unknown): Promise<R> {
    return this.send<R>(method, this.path(namespace, required(name), subresource), { body });
  }

  private put(object: T, subresource: string | undefined, options: WriteOptions | undefined): Promise<Live<T>> {
    const { name, namespace } = object.metadata;
    return this.send('PUT', this.path(namespace, required(name), subresource), { body: this.typed(object), query: writeQuery(options) });
  }

  /** A namespace given to a cluster-scoped resource is left out. */
  private path(namespace?: string, name?: string, subresource?: string): string {
    return resourcePath(this.resource, this.resource.namespaced ? namespace : undefined, name, subresource);
  }

  /** Objects out of lists lack their apiVersion, which the server wants to see if there is a kind. */
  private typed(object: T): T {
    return object.apiVersion || !object.kind ? object : { ...object, apiVersion: apiVersionOf(this.resource) };
  }

  private send<R>(
    method: TransportRequest['method'], path: string, { query, body, contentType }: { query?: Query; body?: unknown; contentType?: string } = {},
  ): Promise<R> {
    return this.transport.request<R>({ method, path, ...(query && { query }), ...(body !== undefined && { body }), ...(contentType && { contentType }) });
  }
}

function withKind<T extends KubeObject>(item: Live<T>, { kind, apiVersion }: KubeList): Live<T> {
  return item.kind || !kind?.endsWith('List') ? item : { apiVersion, kind: kind.slice(0, -'List'.length), ...item };
}

/** An empty name would address the collection: a delete of it would delete everything. */
function required(name: string | undefined): string {
  if (!name) throw errors.badRequest('resource name may not be empty');
  return name;
}

function watchEvent<T extends KubeObject>(event: unknown): WatchEvent<T> {
  const { type, object } = event as WatchEvent<T> | { type: 'ERROR'; object: unknown };
  if (type !== 'ERROR') return { type, object } as WatchEvent<T>;
  throw isStatus(object) ? new StatusError(object) : errors.internal(`unexpected watch error: ${JSON.stringify(object)}`);
}

function listQuery({ labelSelector, fieldSelector, limit, continue: token, resourceVersion, resourceVersionMatch }: ListOptions): Query {
  return { labelSelector, fieldSelector, limit, continue: token, resourceVersion, resourceVersionMatch };
}

function writeQuery({ dryRun, fieldManager, fieldValidation }: WriteOptions = {}): Query {
  return { dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation };
}

function deleteBody(options: DeleteOptions | undefined): object | undefined {
  if (!options) return undefined;
  const { dryRun, ...rest } = options;
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...rest, ...(dryRun && { dryRun: ['All'] }) };
}

