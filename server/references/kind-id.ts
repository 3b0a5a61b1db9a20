import { catalogue } from '../../runtime/api/catalogue';
import { parseApiVersion } from '../../runtime/api/object';

/** `Deployment` for a built-in kind, `Gateway.gateway.networking.k8s.io` for any other. */
export type KindId = string;

/** Groups that kinds lived in once. */
const formerGroups: ReadonlySet<string> = new Set(['extensions', 'apps', 'policy']);

let groups: ReadonlyMap<string, ReadonlySet<string>> | undefined;

function builtInGroups(kind: string): ReadonlySet<string> | undefined {
  if (!groups) {
    const found = new Map<string, Set<string>>();
    for (const info of catalogue.allResources()) {
      found.set(info.kind, (found.get(info.kind) ?? new Set<string>()).add(info.group));
    }
    groups = found;
  }
  return groups.get(kind);
}

export function kindId(group: string, kind: string): KindId {
  const known = builtInGroups(kind);
  if (known && (known.has(group) || formerGroups.has(group))) return kind;
  return group === '' ? kind : `${kind}.${group}`;
}

/** Of an object's own `apiVersion` and `kind`. */
export function kindIdOf(apiVersion: string | undefined, kind: string | undefined): KindId {
  return kindId(parseApiVersion(apiVersion ?? '').group, kind ?? '');
}

export const isBuiltIn = (id: KindId): boolean => builtInGroups(id) !== undefined;

/** The kind without its group, as a message names it. */
export function kindName(id: KindId): string {
  const dot = id.indexOf('.');
  return dot < 0 ? id : id.slice(0, dot);
}

const namespacedKinds = new Map<KindId, boolean>();

/** Whether objects of a built-in kind live in namespaces; of other kinds it isn't known and taken to be so. */
export function isNamespaced(id: KindId): boolean {
  let known = namespacedKinds.get(id);
  if (known === undefined) {
    known = catalogue.allResources().find((info) => info.kind === id)?.namespaced ?? true;
    namespacedKinds.set(id, known);
  }
  return known;
}
