import type { FieldSpec } from './default-config';
import { KustomizeError } from './errors';
import { slotsAt } from './field-paths';
import { visitFields } from './field-specs';
import { effectiveNamespace, gvkOf } from './ids';
import { isObject } from '../patch/json';
import type { VarEntry } from './kustomization';
import type { Resource } from './resource';
import type { ResourceList } from './resource-list';
import type { Source } from './sources';

export interface Variable {
  readonly name: string;
  readonly entry: VarEntry;
  readonly source: Source;
}

/** Marks the resource that a variable takes its value from, while it still has its name. */
export function bindVariable(list: ResourceList, entry: VarEntry, source: Source): Variable {
  const { name = '', objref = {} } = entry;
  const gvk = { ...gvkOf(objref.apiVersion, objref.kind), ...(objref.group && { group: objref.group }) };
  const id = {
    ...gvk,
    ...(objref.version && { version: objref.version }),
    name: objref.name ?? '',
    namespace: objref.namespace ?? '',
  };
  const found = list.items.filter(({ originalId: other }) => {
    const same =
      other.name === id.name && other.kind === id.kind && other.group === id.group && other.version === id.version;
    return same && (!id.namespace || effectiveNamespace(id) === effectiveNamespace(other));
  });
  if (found.length > 1)
    throw new KustomizeError(`found ${found.length} resources for var ${name} (unable to disambiguate)`, source);
  found[0]?.varNames.push(name);
  return { name, entry, source };
}

/** Puts values in place of `$(NAME)`; returns the names of variables that nothing uses. */
export function resolveVariables(
  list: ResourceList,
  variables: readonly Variable[],
  specs: readonly FieldSpec[],
): string[] {
  if (variables.length === 0) return [];
  const values = new Map(
    variables.map((variable) => [variable.name, { value: valueOf(list, variable), source: variable.source }]),
  );
  const used = new Set<string>();
  for (const resource of list.items) for (const spec of specs) expandIn(resource, spec, values, used);
  return variables.map(({ name }) => name).filter((name) => !used.has(name));
}

function valueOf(list: ResourceList, { name, entry, source }: Variable): unknown {
  const resource = list.items.find(({ varNames }) => varNames.includes(name));
  if (!resource)
    throw new KustomizeError(`var '${name}' cannot be mapped to a field in the set of known resources`, source);
  const path = entry.fieldref?.fieldpath ?? entry.fieldref?.fieldPath ?? 'metadata.name';
  const steps = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
  const [slot] = slotsAt(resource.value, steps);
  if (!slot) throw new KustomizeError(`field '${path}' of var '${name}' not found in corresponding resource`, source);
  return slot.value;
}

type Values = ReadonlyMap<string, { value: unknown; source: Source }>;

function expandIn(resource: Resource, spec: FieldSpec, values: Values, used: Set<string>): void {
  const expanded = (value: unknown) => (typeof value === 'string' ? expand(value, values, used) : value);
  visitFields(resource, spec, (field) => {
    const { value } = field;
    if (Array.isArray(value)) value.forEach((item, i) => (value[i] = expanded(item)));
    else if (isObject(value)) for (const key of Object.keys(value)) value[key] = expanded(value[key]);
    else if (typeof value === 'string' && value.includes('$(')) field.set(expanded(value), field.source);
  });
}

/** `$$` is a dollar; `$(NAME)` of no variable stays. A text that is one reference takes on the value's type. */
export function expand(text: string, values: Values, used: Set<string>): unknown {
  const lookUp = (name: string): unknown => {
    const known = values.get(name);
    if (!known) return `$(${name})`;
    used.add(name);
    return typeof known.value === 'object' ? `$(${name})` : known.value;
  };
  const whole = /^\$\(([^)]*)\)$/.exec(text);
  if (whole) return lookUp(whole[1]!);
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : String(lookUp(name)),
  );
}
