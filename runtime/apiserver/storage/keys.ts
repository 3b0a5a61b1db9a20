/** Resources whose place in the store isn't their name (pkg/kubeapiserver/default_storage_factory_builder.go). */
const special: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  services: 'services/specs',
  nodes: 'minions',
  ingresses: 'ingress',
};

export const registryRoot = '/registry/';

/** Groups that upstream stores below their group's name, as it does every custom resource. */
const grouped = new Set(['apiregistration.k8s.io', 'apiextensions.k8s.io']);

/** `pods/`, `services/specs/`, `stable.example.com/crontabs/`: where a resource's objects live below the root. */
export function resourcePrefix(group: string, resource: string, builtIn: boolean): string {
  if (!builtIn || grouped.has(group)) return `${group}/${resource}/`;
  return `${special[resource] ?? resource}/`;
}

/** The resource prefix of a stored key (without the root). No built-in resource's name has a dot; groups here all do. */
export function prefixOfKey(key: string): string {
  const first = key.indexOf('/', registryRoot.length);
  const segment = key.slice(registryRoot.length, first);
  if (segment !== 'services' && !segment.includes('.')) return `${segment}/`;
  const second = key.indexOf('/', first + 1);
  return key.slice(registryRoot.length, second + 1);
}

/** Key of an object below its resource's prefix: `default/web`, or `node-1` for cluster scope. */
export function objectKey(namespace: string, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}
