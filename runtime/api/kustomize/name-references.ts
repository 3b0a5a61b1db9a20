import { isObject } from '../patch/json';
import type { FieldSpec, NameReference } from './default-config';
import { KustomizeError } from './errors';
import { hasField, splitPath, visitFields } from './field-specs';
import { effectiveNamespace, idText, isSelected } from './ids';
import { text } from './resource';
import type { Resource } from './resource';
import type { ResourceList } from './resource-list';
import { setFieldSource } from './sources';

/** Brings every reference up to date with the name that its object has come to have. */
export function fixReferences(list: ResourceList, references: readonly NameReference[]): void {
  for (const referrer of list.items) {
    const original = referrer.originalId;
    let candidates: Resource[] | undefined;
    for (const target of references) {
      for (const spec of target.fieldSpecs) {
        if (!isSelected(original, spec) || !hasField(referrer.value, splitPath(spec.path))) continue;
        candidates ??= reachable(list, referrer);
        new Update(referrer, target, spec, candidates).run();
      }
    }
  }
}

/** What an object may refer to: all of its namespace and what has none; of the bindings' subjects, theirs too. */
function reachable(list: ResourceList, referrer: Resource): Resource[] {
  if (referrer.clusterScoped) return list.items;
  const namespaces = new Set(accountNamespaces(referrer));
  const own = effectiveNamespace(referrer.id);
  return list.items.filter(
    (item) => item.clusterScoped || effectiveNamespace(item.id) === own || namespaces.has(item.namespace),
  );
}

function accountNamespaces({ gvk, id, value, source }: Resource): string[] {
  if (gvk.kind !== 'RoleBinding' || !Array.isArray(value['subjects'])) return [];
  return (value['subjects'] as unknown[])
    .filter(isObject)
    .filter((subject) => subject['kind'] === 'ServiceAccount' && Object.hasOwn(subject, 'namespace'))
    .map(({ namespace }) => {
      if (typeof namespace === 'string') return namespace;
      throw new KustomizeError(`namespace is blank for resource ${idText(id)}`, source);
    });
}

class Update {
  constructor(
    private readonly referrer: Resource,
    private readonly target: NameReference,
    private readonly spec: FieldSpec,
    private readonly candidates: readonly Resource[],
  ) {}

  run(): void {
    visitFields(this.referrer, { path: this.spec.path }, (field) => {
      if (field.value === null || field.value === undefined) return;
      if (Array.isArray(field.value)) this.items(field.value);
      else if (isObject(field.value)) this.map(field.value);
      else this.scalar(text(field.value), (name) => field.set(name, field.source));
    });
  }

  private items(items: unknown[]): void {
    for (const [i, item] of items.entries()) {
      if (isObject(item)) this.map(item);
      else this.scalar(text(item), (name) => (items[i] = name));
    }
  }

  private scalar(name: string, set: (name: string) => void): void {
    const referral = this.select(name, this.candidates, (resource) => resource.name);
    if (referral && referral.name !== name) set(referral.name);
  }

  /** A map with `name` and perhaps `namespace`, both of which follow. */
  private map(map: Record<string, unknown>): void {
    if (!Object.hasOwn(map, 'name'))
      throw new KustomizeError("path config error; no 'name' field in node", this.referrer.source);
    const name = text(map['name']);
    const referral = this.select(name, this.ofNamespace(map), (resource) => `${resource.namespace}/${resource.name}`);
    if (!referral || (referral.name === name && referral.namespace === '')) return;
    map['name'] = referral.name;
    if (referral.namespace === '') return;
    if (!Object.hasOwn(map, 'namespace')) setFieldSource(map, 'namespace', undefined);
    map['namespace'] = referral.namespace;
  }

  private ofNamespace(map: Record<string, unknown>): readonly Resource[] {
    if (!Object.hasOwn(map, 'namespace')) return this.candidates;
    const namespace = text(map['namespace']);
    const before = this.candidates.filter((item) => effectiveNamespace(item.originalId) === namespace);
    return before.length > 0 ? before : this.candidates.filter((item) => effectiveNamespace(item.id) === namespace);
  }

  private select(name: string, from: readonly Resource[], key: (resource: Resource) => string): Resource | undefined {
    const { referrer, target } = this;
    let found = from
      .filter((item) => item.previousIds.some((id) => id.name === name))
      .filter((item) => item.previousIds.some((id) => isSelected(id, target)))
      .filter(this.roleRef())
      .filter((item) => inReach(referrer, item));
    if (found.length > 1) found = found.filter((item) => sameAffixes(item, referrer, true));
    if (found.length > 1) found = found.filter((item) => sameAffixes(item, referrer, false));
    if (found.length < 2 || new Set(found.map(key)).size === 1) return found[0];
    const ids = found.map(({ id }) => idText(id)).join(', ');
    throw new KustomizeError(
      `${idText(referrer.id)}: '${name}' may refer to several resources: ${ids}`,
      referrer.source,
    );
  }

  /** A roleRef says itself which kind it means. */
  private roleRef(): (resource: Resource) => boolean {
    const { roleRef } = this.referrer.value;
    if (!this.spec.path.endsWith('roleRef/name') || !isObject(roleRef)) return () => true;
    const wanted = { group: text(roleRef['apiGroup']), kind: text(roleRef['kind']) };
    return wanted.group && wanted.kind ? (item) => item.previousIds.some((id) => isSelected(id, wanted)) : () => true;
  }
}

function inReach(referrer: Resource, { clusterScoped, gvk, id }: Resource): boolean {
  if (referrer.clusterScoped || clusterScoped || gvk.kind === 'ServiceAccount') return true;
  return effectiveNamespace(referrer.id) === effectiveNamespace(id);
}

function sameAffixes(a: Resource, b: Resource, lenient: boolean): boolean {
  const same = (x: readonly string[], y: readonly string[]) =>
    (lenient && (x.length === 0 || y.length === 0)) || sameEnding(x, y);
  return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes);
}

function sameEnding(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  if (length === 0) return a.length === b.length;
  return a.slice(a.length - length).join(',') === b.slice(b.length - length).join(',');
}
