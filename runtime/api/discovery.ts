import { createHash } from 'node:crypto';
import type { GroupVersionKind } from './object';
import { apiVersionOf } from './object';
import type { ResourceInfo } from './resource';
import type {
  APIGroup,
  APIGroupList,
  APIResource,
  APIResourceList,
  APIVersions,
  GroupVersionForDiscovery,
  ServerAddressByClientCIDR,
} from './generated/types';

/** Group to versions to resources, in the order of the documents. */
type Groups = Map<string, Map<string, ResourceInfo[]>>;

const versionPattern = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;

/** Stable before beta before alpha, newer first; names of another form last, by name (apimachinery's version package). */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [versionPattern.exec(a), versionPattern.exec(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  const stage = (m: RegExpExecArray) => (m[2] === undefined ? 0 : m[2] === 'beta' ? 1 : 2);
  return stage(x) - stage(y) || Number(y[1]) - Number(x[1]) || Number(y[3] ?? 0) - Number(x[3] ?? 0);
}

function byGroup(resources: readonly ResourceInfo[]): Groups {
  const groups: Groups = new Map();
  for (const info of resources) {
    const versions = groups.get(info.group) ?? new Map<string, ResourceInfo[]>();
    groups.set(info.group, versions);
    versions.set(info.version, [...(versions.get(info.version) ?? []), info]);
  }
  for (const [group, versions] of groups) {
    groups.set(group, new Map([...versions].sort(([a], [b]) => compareVersions(a, b))));
  }
  return groups;
}

/** `/api`. `serverAddress` is the host and port at which the server is reached. */
export function apiVersions(serverAddress: string): APIVersions {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress } satisfies ServerAddressByClientCIDR],
  };
}

function apiGroupOf(group: string, versions: Map<string, ResourceInfo[]>): APIGroup {
  const all: GroupVersionForDiscovery[] = [...versions.keys()].map((version) => ({
    groupVersion: apiVersionOf({ group, version }),
    version,
  }));
  return { name: group, versions: all, ...(all[0] && { preferredVersion: all[0] }) };
}

/** `/apis`. Groups stand in the order of the list: the catalogue's, then that of the custom resources. */
export function apiGroupList(resources: readonly ResourceInfo[]): APIGroupList {
  const groups = [...byGroup(resources)].filter(([group]) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(([group, versions]) => apiGroupOf(group, versions)),
  };
}

/** `/apis/GROUP`, or undefined where nothing of the group is served. */
export function apiGroup(resources: readonly ResourceInfo[], group: string): APIGroup | undefined {
  const versions = group === '' ? undefined : byGroup(resources).get(group);
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...apiGroupOf(group, versions) };
}

/** Upstream's hash: the first 8 bytes of SHA-256 over `group/version/kind` of what is stored, in base64. */
export function storageVersionHash({ group, version, kind }: GroupVersionKind): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}

const stored = new Map([['autoscaling/v1/HorizontalPodAutoscaler', 'v2']]);

function storageKind(info: ResourceInfo): GroupVersionKind {
  const version = stored.get(`${info.group}/${info.version}/${info.kind}`) ?? info.version;
  // Both faces of an event are stored as the core group's.
  const group = info.kind === 'Event' && info.group === 'events.k8s.io' ? '' : info.group;
  return { group, version, kind: info.kind };
}

const isStored = (info: ResourceInfo) => info.verbs.includes('list') && info.resource !== 'componentstatuses';

function resourceEntries(info: ResourceInfo): APIResource[] {
  const main: APIResource = {
    name: info.resource,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: [...info.verbs],
    ...(info.shortNames.length > 0 && { shortNames: [...info.shortNames] }),
    ...(info.categories.length > 0 && { categories: [...info.categories] }),
    ...(isStored(info) && { storageVersionHash: storageVersionHash(storageKind(info)) }),
  };
  const subresources = info.subresources.map((sub): APIResource => ({
    name: `${info.resource}/${sub.name}`,
    singularName: '',
    namespaced: info.namespaced,
    ...(isForeign(sub.kind, info) && { group: sub.kind.group, version: sub.kind.version }),
    kind: sub.kind.kind,
    verbs: [...sub.verbs],
  }));
  return [main, ...subresources];
}

const isForeign = (kind: GroupVersionKind, info: ResourceInfo) =>
  kind.group !== info.group || kind.version !== info.version;

/** `/api/v1`, `/apis/GROUP/VERSION`; undefined where nothing of it is served. */
export function apiResourceList(
  resources: readonly ResourceInfo[],
  group: string,
  version: string,
): APIResourceList | undefined {
  const own = resources.filter((info) => info.group === group && info.version === version);
  if (own.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: own.flatMap(resourceEntries),
  };
}

export interface APISubresourceDiscovery {
  subresource: string;
  responseKind: GroupVersionKind;
  acceptedTypes?: GroupVersionKind[];
  verbs: string[];
}

export interface APIResourceDiscovery {
  resource: string;
  responseKind: GroupVersionKind;
  scope: 'Namespaced' | 'Cluster';
  singularResource: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: APISubresourceDiscovery[];
}

export interface APIVersionDiscovery {
  version: string;
  resources: APIResourceDiscovery[];
  freshness: 'Current' | 'Stale';
}

export interface APIGroupDiscovery {
  metadata: { name?: string; creationTimestamp?: null };
  versions: APIVersionDiscovery[];
}

export interface APIGroupDiscoveryList {
  kind: 'APIGroupDiscoveryList';
  apiVersion: string;
  metadata: object;
  items: APIGroupDiscovery[];
}

/** A kind of the resource's own group and version is written with both empty. */
const responseKind = (kind: GroupVersionKind, info: ResourceInfo): GroupVersionKind =>
  isForeign(kind, info) ? { ...kind } : { group: '', version: '', kind: kind.kind };

function resourceDiscovery(info: ResourceInfo): APIResourceDiscovery {
  return {
    resource: info.resource,
    responseKind: { group: '', version: '', kind: info.kind },
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: [...info.verbs],
    ...(info.shortNames.length > 0 && { shortNames: [...info.shortNames] }),
    ...(info.categories.length > 0 && { categories: [...info.categories] }),
    ...(info.subresources.length > 0 && {
      subresources: info.subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: responseKind(sub.kind, info),
        verbs: [...sub.verbs],
      })),
    }),
  };
}

/**
 * Aggregated discovery (`application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`), which `/api` and `/apis`
 * each answer with their own half.
 */
export function aggregatedDiscovery(
  resources: readonly ResourceInfo[],
  half: 'api' | 'apis',
  version: 'v2' | 'v2beta1' = 'v2',
): APIGroupDiscoveryList {
  const groups = [...byGroup(resources)].filter(([group]) => (group === '') === (half === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: [...versions].map(([name, infos]) => ({
        version: name,
        resources: infos.map(resourceDiscovery),
        freshness: 'Current',
      })),
    })),
  };
}
