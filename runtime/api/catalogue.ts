import type { GroupVersionKind, GroupVersionResource } from './object';
import type { ResourceInfo } from './resource';
import type { Schema, TypeResolver } from './schema';
import { names, resources as resourcesJson, structure } from './generated/catalogue';

/** The built-in kinds of Kubernetes 1.36. Nothing is parsed before it is asked for; what is returned is shared and immutable. */
export interface Catalogue extends TypeResolver {
  /** The resources that are served by default (stable versions), in discovery's order. */
  resources(): readonly ResourceInfo[];
  /** Those of beta and alpha versions too, which upstream serves only when asked to. */
  allResources(): readonly ResourceInfo[];
  byResource(gvr: GroupVersionResource): ResourceInfo | undefined;
  byKind(gvk: GroupVersionKind): ResourceInfo | undefined;
  /** By plural, singular, short name or kind, case ignored, as kubectl takes it: `po`, `deploy`, `Pod`, `deployments.apps`. */
  byName(name: string): readonly ResourceInfo[];
  /** A type by its full name: `io.k8s.api.core.v1.Container`. */
  definition(name: string): Schema | undefined;
  definitionNames(): readonly string[];
}

const stable = /^v\d+$/;
const gvrKey = (r: GroupVersionResource) => `${r.group}/${r.version}/${r.resource}`;
const gvkKey = (k: GroupVersionKind) => `${k.group}/${k.version}/${k.kind}`;

function once<T>(make: () => T): () => T {
  let value: { made: T } | undefined;
  return () => (value ??= { made: make() }).made;
}

const all = once(() => JSON.parse(resourcesJson) as readonly ResourceInfo[]);
const served = once(() => all().filter((info) => stable.test(info.version)));
const resourceIndex = once(() => new Map(served().map((info) => [gvrKey(info), info])));
const kindIndex = once(() => {
  const index = new Map<string, ResourceInfo>();
  for (const info of served()) if (!index.has(gvkKey(info))) index.set(gvkKey(info), info);
  return index;
});

const nameIndex = once(() => {
  const index = new Map<string, ResourceInfo[]>();
  for (const info of served()) {
    const short = [info.resource, info.singular, ...info.shortNames];
    const full = info.group ? [`${info.resource}.${info.group}`, `${info.singular}.${info.group}`] : [];
    const versioned = info.group
      ? [`${info.resource}.${info.version}.${info.group}`]
      : [`${info.resource}.${info.version}`];
    for (const name of new Set([...short, ...full, ...versioned, info.kind.toLowerCase()])) {
      index.set(name, [...(index.get(name) ?? []), info]);
    }
  }
  return index;
});

const packages = new Map<string, Record<string, Schema>>();

function definition(name: string): Schema | undefined {
  const dot = name.lastIndexOf('.');
  const home = name.slice(0, dot);
  let schemas = packages.get(home);
  if (!schemas) {
    const text = Object.hasOwn(structure, home) ? structure[home] : undefined;
    if (text === undefined) return undefined;
    schemas = JSON.parse(text) as Record<string, Schema>;
    packages.set(home, schemas);
  }
  const kind = name.slice(dot + 1);
  return Object.hasOwn(schemas, kind) ? schemas[kind] : undefined;
}

const resolved = new WeakMap<Schema, Schema>();

/** Follows `$ref`; what stands beside it wins over the target. An unknown reference resolves to an open schema. */
function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const known = resolved.get(schema);
  if (known) return known;
  const { $ref, ...siblings } = schema;
  const target = definition($ref) ?? { 'x-kubernetes-preserve-unknown-fields': true };
  const result = Object.keys(siblings).length > 0 ? { ...resolve(target), ...siblings } : resolve(target);
  resolved.set(schema, result);
  return result;
}

const nameList = once(() =>
  Object.entries(names).flatMap(([home, kinds]) => kinds.split(' ').map((kind) => `${home}.${kind}`)),
);

export const catalogue: Catalogue = {
  resources: served,
  allResources: all,
  byResource: (gvr) => resourceIndex().get(gvrKey(gvr)),
  byKind: (gvk) => kindIndex().get(gvkKey(gvk)),
  byName: (name) => nameIndex().get(name.toLowerCase()) ?? [],
  definition,
  definitionNames: nameList,
  resolve,
};
