import { KustomizeError } from './errors';
import type { Gvk } from './ids';
import type { SortOptions } from './kustomization';
import type { Resource } from './resource';
import type { Source } from './sources';

const first = [
  'Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy',
  'Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass',
  'PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget',
].flatMap((kinds) => kinds.split(' '));
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** The order of what is printed: by kind unless told otherwise. */
export function sorted(items: readonly Resource[], options: SortOptions | undefined, source: Source): Resource[] {
  const order = options ? options.order : 'legacy';
  if (order !== 'legacy' && order !== 'fifo')
    throw new KustomizeError("the field 'sortOptions.order' must be one of [fifo, legacy]", source);
  if (order === 'fifo') {
    if (options?.legacySortOptions)
      throw new KustomizeError(
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
        source,
      );
    return [...items];
  }
  const { orderFirst = [], orderLast = [] } = options?.legacySortOptions ?? { orderFirst: first, orderLast: last };
  const ranks = new Map([
    ...orderFirst.map((kind, i) => [kind, i - orderFirst.length] as const),
    ...orderLast.map((kind, i) => [kind, i + 1] as const),
  ]);
  const keyed = items.map((resource) => ({
    resource,
    rank: ranks.get(resource.gvk.kind) ?? 0,
    keys: keysOf(resource),
  }));
  keyed.sort((a, b) => a.rank - b.rank || compare(a.keys[0], b.keys[0]) || compare(a.keys[1], b.keys[1]));
  return keyed.map(({ resource }) => resource);
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

function keysOf({ id }: Resource): [string, string] {
  const { group, version, kind }: Gvk = id;
  const gvk = `${group || '~G'}_${version || '~V'}_${kind || '~K'}`;
  return [
    gvk,
    `${kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'}|${id.namespace || '~X'}|${id.name || '~N'}`,
  ];
}
