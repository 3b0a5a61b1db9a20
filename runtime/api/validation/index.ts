import type { Finding } from '../finding';
import type { KubeObject } from '../object';
import type { ResourceInfo } from '../resource';
import { BUILT_IN } from './kinds';
import { kindKey, metaFindings, metaUpdateFindings } from './meta';

export { bindingFindings, ephemeralContainersUpdate, resizeUpdate } from './pod';

/** The same fault found twice is told once, as in the message of upstream's Status. */
function distinct(found: Finding[]): Finding[] {
  if (found.length < 2) return found;
  const seen = new Set<string>();
  return found.filter(({ path, message }) => {
    const text = `${path}: ${message}`;
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

/** Whether objects of the kind are questions, which are answered and not kept: reviews of access and tokens. */
export const isAnswered = ({ verbs }: ResourceInfo): boolean =>
  verbs.length > 0 && verbs.every((verb) => verb === 'create');

const rulesOf = (info: ResourceInfo) => BUILT_IN.get(kindKey(info));

/**
 * What the API server would say against a new object, in its words and order. The object has been decoded and
 * defaulted, its
 * name generated; kinds without rules of their own, custom ones too, are held to the rules of metadata.
 */
export function validateCreate(object: KubeObject, info: ResourceInfo): Finding[] {
  const rules = rulesOf(info);
  const found = isAnswered(info) ? [] : metaFindings(object, info, rules);
  const own = rules?.create?.(object) ?? [];
  return distinct(found.length ? [...found, ...own] : own);
}

/** What speaks against replacing `old` by `object`. */
export function validateUpdate(object: KubeObject, old: KubeObject, info: ResourceInfo): Finding[] {
  const rules = rulesOf(info);
  const found = metaUpdateFindings(object, old, info, rules);
  const own = rules?.update ? rules.update(object, old) : (rules?.create?.(object) ?? []);
  return distinct([...found, ...own]);
}

/** What speaks against the change through the `status` subresource. */
export function validateStatusUpdate(object: KubeObject, old: KubeObject, info: ResourceInfo): Finding[] {
  const rules = rulesOf(info);
  const found = metaUpdateFindings(object, old, info, rules);
  return distinct([...found, ...(rules?.updateStatus?.(object, old) ?? [])]);
}

/** The `Warning` headers that a write of the object gets: deprecated fields and settings that do nothing. */
export function warningsFor(object: KubeObject, info: ResourceInfo, old?: KubeObject): string[] {
  return rulesOf(info)?.warnings?.(object, old) ?? [];
}
