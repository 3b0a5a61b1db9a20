import { catalogue } from '../../runtime/api/catalogue';
import { applyDefaults } from '../../runtime/api/defaults';
import type { KubeObject, LimitRange, Pod, ResourceQuota } from '../../runtime/api/kinds';
import { fillLimits } from '../../runtime/api/limits/limit-defaults';
import { decodeObject } from '../../runtime/api/structure';
import { valueAt } from '../references/field-tree';
import type { KindId } from '../references/kind-id';
import type { ObjectLinks } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';
import { nearOfKind } from './surroundings';

const core = (kind: string) => ({ group: '', version: 'v1', kind });

/** An object of the core group as the API server reads it, with defaults; undefined where it can't be read. */
function readCore<T extends KubeObject>(value: unknown, kind: string): T | undefined {
  const info = catalogue.byKind(core(kind));
  if (!info) return undefined;
  const { object, errors } = decodeObject(value, info.schema, catalogue);
  if (errors.length > 0) return undefined;
  object.metadata ??= {};
  try {
    applyDefaults(object, info);
  } catch {
    // Amounts that are none are for the validator to tell.
    return undefined;
  }
  return object as KubeObject as T;
}

/** The pod that a workload makes, as it is admitted beside these LimitRanges. Fresh; undefined where it can't be read. */
export function madePod({ object, pod, namespace }: ObjectLinks, ranges: readonly LimitRange[]): Pod | undefined {
  const template = pod && valueAt(object.value, pod.at);
  if (typeof template !== 'object' || template === null) return undefined;
  const { metadata, spec } = template as { metadata?: object; spec?: object };
  const made = readCore<Pod>({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, namespace }, spec }, 'Pod');
  if (!Array.isArray(made?.spec?.containers)) return undefined;
  for (const range of ranges) fillLimits(made, range);
  return made;
}

export interface Bound<T> {
  readonly links: ObjectLinks;
  readonly object: T;
}

/** The LimitRanges that an object is held to: of its namespace, as it is written, near it. */
export const rangesFor = (links: ObjectLinks, index: ReferenceIndex): Bound<LimitRange>[] => bounds(links, 'LimitRange', index);

/** The quotas that count an object. Those with scopes count some pods only, and are left out. */
export function quotasFor(links: ObjectLinks, index: ReferenceIndex): Bound<ResourceQuota>[] {
  return bounds<ResourceQuota>(links, 'ResourceQuota', index).filter(
    ({ object: { spec } }) => spec?.scopes === undefined && spec?.scopeSelector === undefined,
  );
}

function bounds<T extends KubeObject>(links: ObjectLinks, kind: KindId, index: ReferenceIndex): Bound<T>[] {
  return nearOfKind(index, links, [kind], links.namespace)
    .filter(({ namespace }) => namespace === links.namespace)
    .flatMap((each) => {
      const object = readCore<T>(each.object.value, kind);
      return object ? [{ links: each, object }] : [];
    });
}
