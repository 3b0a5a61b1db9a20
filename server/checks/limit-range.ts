import type { LimitRangeItem, PersistentVolumeClaim, Pod } from '../../runtime/api/kinds';
import { checkLimits, checkRequests } from '../../runtime/api/limits/limit-constraints';
import { amountsOf, podLimits, podRequests } from '../../runtime/api/limits/pod-resources';
import { QuantityError } from '../../runtime/api/quantity';
import type { Steps } from '../references/field-tree';
import { containersOf } from '../references/pod-template';
import type { ObjectLinks } from '../references/reference';
import type { CheckContext, CheckFinding } from './check';
import { madePod, rangesFor } from './made-pod';
import { objectAndFile } from './words';

/** Pods and claims that a LimitRange beside them will not admit, in the API server's words. */
export function* brokenLimitRanges(links: ObjectLinks, { index }: CheckContext): Iterable<CheckFinding> {
  if (!links.pod && links.id !== 'PersistentVolumeClaim') return;
  const ranges = rangesFor(links, index);
  if (ranges.length === 0) return;
  const pod = madePod(links, ranges.map(({ object }) => object));
  for (const { links: range, object } of ranges) {
    for (const item of object.spec?.limits ?? []) {
      for (const { at, text } of broken(links, pod, item)) {
        yield {
          at: [...at, ...fieldOf(text)],
          severity: 'warning',
          code: 'limit-range',
          message: `${text} (${objectAndFile(range, links)})`,
          related: [{ object: range, at: ['spec', 'limits'], message: objectAndFile(range, links) }],
        };
      }
    }
  }
}

interface Broken {
  at: Steps;
  text: string;
}

function broken(links: ObjectLinks, pod: Pod | undefined, item: LimitRangeItem): Broken[] {
  try {
    return pod ? brokenByPod(links, pod, item) : brokenByClaim(links, item);
  } catch (error) {
    if (error instanceof QuantityError) return [];
    throw error;
  }
}

function brokenByPod({ object, pod }: ObjectLinks, made: Pod, item: LimitRangeItem): Broken[] {
  const at = pod?.at ?? [];
  if (item.type === 'Pod') {
    return checkLimits(item, podRequests(made), podLimits(made)).map((text) => ({ at: [...at, 'spec', 'resources'], text }));
  }
  if (item.type !== 'Container') return [];
  const all = [...(made.spec?.containers ?? []), ...(made.spec?.initContainers ?? [])];
  const places = containersOf(object.value, at);
  return all.flatMap(({ name, resources }) => {
    const place = places.find((each) => each.name === name)?.at ?? at;
    const found = checkLimits(item, amountsOf(resources?.requests), amountsOf(resources?.limits));
    return found.map((text) => ({ at: [...place, 'resources'], text }));
  });
}

function brokenByClaim({ object, id }: ObjectLinks, item: LimitRangeItem): Broken[] {
  if (id !== 'PersistentVolumeClaim' || item.type !== 'PersistentVolumeClaim') return [];
  const { spec } = object.value as Partial<PersistentVolumeClaim>;
  return checkRequests(item, amountsOf(spec?.resources?.requests)).map((text) => ({ at: ['spec', 'resources'], text }));
}

/** The field that a message is about: `maximum memory usage per Container is 1Gi, but limit is 2Gi`. */
function fieldOf(text: string): Steps {
  const [, name, what] = /^\w+ (\S+) usage per \w+ is [^,]*, but (limit|request) is/.exec(text) ?? [];
  return name === undefined || what === undefined ? [] : [`${what}s`, name];
}
