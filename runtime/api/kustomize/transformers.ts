import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import type { FieldSpec } from './default-config';
import { KustomizeError } from './errors';
import { visitFields } from './field-specs';
import { idText, isSelected, sameId } from './ids';
import type { LabelEntry } from './kustomization';
import type { Resource } from './resource';
import { text } from './resource';
import type { ResourceList } from './resource-list';
import { attribute, setFieldSource } from './sources';
import type { Source } from './sources';

/** Kinds whose names mean something outside of the build. */
const keepNames = [
  { kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', kind: 'APIService' },
  { kind: 'Namespace' },
];

/** Text before or behind every name. */
export function addAffix(
  list: ResourceList,
  affix: 'prefix' | 'suffix',
  value: string,
  specs: readonly FieldSpec[],
  source: Source,
): void {
  for (const resource of list.items) {
    const original = resource.originalId;
    if (keepNames.some((kind) => isSelected(original, kind))) continue;
    for (const spec of specs) {
      if (!isSelected(original, spec)) continue;
      if (spec.path === 'metadata/name') {
        resource[affix === 'prefix' ? 'prefixes' : 'suffixes'].push(value);
        resource.storeId();
      }
      visitFields(resource, spec, (field) => {
        const old = text(field.value);
        field.set(affix === 'prefix' ? value + old : old + value, field.source ?? source);
      });
    }
  }
}

/** Sets entries of the maps at the given fields. */
export function addEntries(
  list: ResourceList,
  entries: Record<string, string>,
  specs: readonly FieldSpec[],
  at: (key: string) => Source,
): void {
  for (const key of Object.keys(entries).sort()) {
    for (const resource of list.items) {
      for (const spec of specs) {
        visitFields(
          resource,
          spec,
          (field) => setEntry(field.value, key, text(entries[key]), at(key)),
          () => ({}),
        );
      }
    }
  }
}

function setEntry(map: unknown, key: string, value: string, source: Source): void {
  if (!isObject(map)) throw new KustomizeError('wrong node kind: labels and annotations belong into a map', source);
  if (Object.keys(map).length === 0) attribute(map, source);
  map[key] = value;
  setFieldSource(map, key, source);
}

/** Fields that an entry of `labels` is for. */
export function labelFields(
  entry: LabelEntry,
  common: readonly FieldSpec[],
  templates: readonly FieldSpec[],
): FieldSpec[] {
  const own = [...(entry.fields ?? [])];
  if (entry.includeSelectors) return mergeSpecs(own, common);
  const more = entry.includeTemplates ? mergeSpecs(own, templates) : own;
  return mergeSpecs(more, [{ path: 'metadata/labels', create: true }]);
}

/** Adds what isn't there yet. */
export function mergeSpecs(specs: readonly FieldSpec[], more: readonly FieldSpec[]): FieldSpec[] {
  const id = ({ group = '', version = '', kind = '', path }: FieldSpec) => `${group} ${version} ${kind} ${path}`;
  const known = new Set(specs.map(id));
  return [...specs, ...more.filter((spec) => !known.has(id(spec)) && known.add(id(spec)))];
}

const bindings = new Set(['RoleBinding', 'ClusterRoleBinding']);

/** Sets the namespace of all that has one, and where else it is written. */
export function setNamespace(list: ResourceList, namespace: string, specs: readonly FieldSpec[], source: Source): void {
  for (const resource of list.items) {
    resource.storeId();
    if (!resource.clusterScoped) resource.setMeta('namespace', namespace, source);
    if (bindings.has(resource.gvk.kind)) setDefaultSubjects(resource, namespace, source);
    for (const spec of specs) {
      // Of a Namespace the name is one, but not of a kind of that name in another group.
      const isOtherName = spec.path === 'metadata/name' && resource.value['apiVersion'] !== 'v1';
      const isSubject = bindings.has(spec.kind ?? '') && spec.path === 'subjects';
      if (isOtherName || isSubject || spec.path === 'metadata/namespace') continue;
      visitFields(
        resource,
        spec,
        (field) => field.set(namespace, source),
        () => '',
      );
    }
    const same = list.items.filter((other) => sameId(other.id, resource.id));
    if (same.length !== 1)
      throw new KustomizeError(`namespace transformation produces ID conflict: ${idText(resource.id)}`, source);
  }
}

/** The subject `default` is the service account of the namespace. */
function setDefaultSubjects({ value }: Resource, namespace: string, source: Source): void {
  const { subjects } = value;
  if (!Array.isArray(subjects)) return;
  for (const subject of subjects as unknown[]) {
    if (!isObject(subject) || subject['name'] !== 'default') continue;
    subject['namespace'] = namespace;
    setFieldSource(subject, 'namespace', source);
  }
}

/** Sets the number of replicas of the workloads of a name. */
export function setReplicas(
  list: ResourceList,
  name: string,
  count: number,
  specs: readonly FieldSpec[],
  source: Source,
): void {
  let found = false;
  for (const spec of specs) {
    for (const resource of list.items) {
      if (!resource.ids().some((id) => id.name === name && isSelected(id, spec))) continue;
      found = true;
      visitFields(
        resource,
        spec,
        (field) => field.set(count, source),
        () => null,
      );
    }
  }
  if (!found) {
    const kinds = specs.map(({ kind }) => kind).join(' or ');
    throw new KustomizeError(`no ${kinds} is named ${name}`, source);
  }
}

/** Appends the hash of its content to the name of what was generated. */
export function addHashes(list: ResourceList, hash: (value: JsonObject) => string): void {
  for (const resource of list.items) {
    if (!resource.needsHash) continue;
    const suffix = hash(resource.value);
    resource.storeId();
    resource.metadata['name'] = `${resource.name}-${suffix}`;
  }
}
