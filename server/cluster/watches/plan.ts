import type { KubeObject } from '../../../runtime/api/kinds';
import { type Need, type NeededResource, resourceId } from './need';
import type { TrimName } from './trim';

/** One list and watch that serves some needs. Equal ids mean equal requests and filters. */
export interface PlannedWatch {
  readonly id: string;
  readonly resource: NeededResource;
  readonly options: { namespace?: string; labelSelector?: string; fieldSelector?: string };
  readonly trim: TrimName;
  readonly needs: readonly Need[];
  matches(object: KubeObject): boolean;
}

/** So many watches of one resource in one namespace are one watch of all of it. */
const mostOfAKind = 4;

/** The watches that serve the needs: one a request, and one for all where there would be many of a kind. */
export function planWatches(needs: Iterable<Need>): PlannedWatch[] {
  const byPlace = groups(distinct(needs), ({ resource, namespace, trim }) =>
    [resourceId(resource), namespace ?? '', trim].join('|'),
  );
  return [...byPlace.values()].flatMap((together) => {
    const byRequest = groups(
      together,
      ({ labelSelector, fieldSelector }) => `${labelSelector ?? ''}|${fieldSelector ?? ''}`,
    );
    if (byRequest.size > mostOfAKind) return [planned(together, false)];
    return [...byRequest.values()].map((same) => planned(same, true));
  });
}

function distinct(needs: Iterable<Need>): Need[] {
  return [...new Map(Array.from(needs, (need) => [need.id, need])).values()];
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, [T, ...T[]]> {
  const found = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = found.get(keyOf(item));
    if (group) group.push(item);
    else found.set(keyOf(item), [item]);
  }
  return found;
}

function planned(needs: readonly [Need, ...Need[]], narrow: boolean): PlannedWatch {
  const { resource, namespace, labelSelector, fieldSelector, trim } = needs[0];
  return {
    id: `${narrow ? '' : 'all:'}${needs
      .map(({ id }) => id)
      .sort()
      .join(';')}`,
    resource,
    options: {
      ...(namespace && { namespace }),
      ...(narrow && labelSelector && { labelSelector }),
      ...(narrow && fieldSelector && { fieldSelector }),
    },
    trim,
    needs,
    matches: (object) => needs.some((need) => need.matches(object)),
  };
}
