import { Path } from '../finding';
import { finding } from '../finding';
import type { StorageClass, TopologySelectorTerm, VolumeAttributesClass } from '../kinds';
import { byteLength, qualifiedNameProblems } from '../names';
import type { Findings, StringMap } from './common';
import { immutable, invalidEach, labelName, optionalOneOf, requiredOneOf, semanticallyEqual } from './common';
import { deprecatedNodeLabel } from './pod-warnings';
import type { KindRules } from './rules';

const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;

type KeyValues = ReadonlyMap<string, ReadonlySet<string>>;

function topologyTerm(out: Findings, path: Path, { matchLabelExpressions = [] }: TopologySelectorTerm): KeyValues {
  const found = new Map<string, Set<string>>();
  matchLabelExpressions.forEach(({ key, values }, i) => {
    const at = path.child('matchLabelExpressions').index(i);
    const seen = new Set<string>();
    if (!values?.length) out.push(finding.required(at.child('values')));
    values?.forEach((value, j) => {
      if (seen.has(value)) out.push(finding.duplicate(at.child('values').index(j), value));
      seen.add(value);
    });
    labelName(out, at.child('key'), key);
    if (found.has(key)) out.push(finding.duplicate(at.child('key'), key));
    found.set(key, seen);
  });
  return found;
}

const sameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
  a.size === b.size && [...a].every((item) => b.has(item));
const sameTerm = (a: KeyValues, b: KeyValues) =>
  a.size === b.size && [...a].every(([key, values]) => sameSet(values, b.get(key) ?? new Set()));

function topologies(out: Findings, path: Path, terms: readonly TopologySelectorTerm[] = []): void {
  // Upstream compares with as many empty terms as there are terms, so an empty one is a duplicate by itself.
  const seen: KeyValues[] = [new Map()];
  terms.forEach((term, i) => {
    const found = topologyTerm(out, path.index(i), term);
    if (seen.some((other) => sameTerm(found, other))) {
      out.push(finding.duplicate(path.index(i).child('matchLabelExpressions'), ''));
    }
    seen.push(found);
  });
}

function provisioner(out: Findings, path: Path, name = ''): void {
  if (!name) out.push(finding.required(path));
  else invalidEach(out, path, name.toLowerCase(), qualifiedNameProblems(name.toLowerCase()));
}

function parameters(out: Findings, map: StringMap = {}): void {
  const path = Path.of('parameters');
  const entries = Object.entries(map);
  if (entries.length > MAX_PARAMETERS) {
    out.push(finding.tooLong(path, MAX_PARAMETERS));
    return;
  }
  let size = 0;
  for (const [key, value] of entries) {
    if (!key) out.push(finding.invalid(path, key, 'field can not be empty.'));
    size += byteLength(key) + byteLength(value);
  }
  if (size > MAX_PARAMETER_BYTES) out.push(finding.tooLong(path, MAX_PARAMETER_BYTES));
}

function forbidChanges<T>(out: Findings, object: T, old: T, fields: readonly (keyof T & string)[]): void {
  for (const field of fields) {
    if (semanticallyEqual(object[field], old[field])) continue;
    out.push(finding.forbidden(Path.of(field), `updates to ${field} are forbidden.`));
  }
}

export const storageClass: KindRules<StorageClass> = {
  create(object) {
    const out: Findings = [];
    provisioner(out, Path.of('provisioner'), object.provisioner);
    parameters(out, object.parameters);
    if (object.reclaimPolicy) optionalOneOf(out, Path.of('reclaimPolicy'), object.reclaimPolicy, ['Delete', 'Retain']);
    const modes = ['Immediate', 'WaitForFirstConsumer'];
    requiredOneOf(out, Path.of('volumeBindingMode'), object.volumeBindingMode, modes);
    topologies(out, Path.of('allowedTopologies'), object.allowedTopologies);
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    forbidChanges(out, object, old, ['parameters', 'provisioner', 'reclaimPolicy']);
    immutable(out, Path.of('volumeBindingMode'), object.volumeBindingMode, old.volumeBindingMode);
    return out;
  },
  warnings({ allowedTopologies }) {
    return (allowedTopologies ?? []).flatMap(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.flatMap(({ key }, j) => {
        const message = deprecatedNodeLabel(key);
        const at = Path.of('allowedTopologies').index(i).child('matchLabelExpressions').index(j).child('key');
        return message ? [`${at}: ${message}`] : [];
      }),
    );
  },
};

function createAttributesClass({ driverName, parameters: map }: VolumeAttributesClass): Findings {
  const out: Findings = [];
  provisioner(out, Path.of('driverName'), driverName);
  parameters(out, map);
  if (!Object.keys(map ?? {}).length) {
    out.push(finding.required(Path.of('parameters'), 'must contain at least one key/value pair'));
  }
  return out;
}

export const volumeAttributesClass: KindRules<VolumeAttributesClass> = {
  create: createAttributesClass,
  update(object, old) {
    const out: Findings = [];
    forbidChanges(out, object, old, ['driverName', 'parameters']);
    return [...out, ...createAttributesClass(object)];
  },
};
