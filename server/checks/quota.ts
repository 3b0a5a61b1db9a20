import { addTo, type Amounts, amountsOf } from '../../runtime/api/limits/pod-resources';
import { podUsage, unsetResources } from '../../runtime/api/limits/pod-usage';
import { Quantity, QuantityError } from '../../runtime/api/quantity';
import { valueAt } from '../references/field-tree';
import type { KindId } from '../references/kind-id';
import { containersOf } from '../references/pod-template';
import type { ObjectLinks } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';
import type { CheckContext, CheckFinding } from './check';
import { type Bound, madePod, quotasFor, rangesFor } from './made-pod';
import { inHome } from './surroundings';
import { listText, objectAndFile, objectText, quote } from './words';

/** What a quota beside a workload will not let it have. */
export function* brokenQuotas(links: ObjectLinks, { index }: CheckContext): Iterable<CheckFinding> {
  if (!links.pod) return;
  const quotas = quotasFor(links, index);
  const need = quotas.length > 0 ? needOf(links, index) : undefined;
  if (!need) return;
  for (const quota of quotas) yield* ofQuota(links, need, quota);
}

interface Need {
  /** What the pods must set for these quotas; undefined where they do. */
  unset(names: readonly string[]): string | undefined;
  /** Of all pods together. */
  readonly amounts: Amounts;
  readonly pods: number;
}

function needOf(links: ObjectLinks, index: ReferenceIndex): Need | undefined {
  const pod = madePod(links, rangesFor(links, index).map(({ object }) => object));
  if (!pod) return undefined;
  const pods = podCount(links);
  try {
    const amounts: Amounts = new Map([...podUsage(pod)].map(([name, amount]) => [name, amount.times(pods)]));
    return { amounts, pods, unset: (names) => unsetResources(names, pod) };
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

const counts: Readonly<Record<KindId, string>> = {
  Deployment: 'replicas',
  ReplicaSet: 'replicas',
  ReplicationController: 'replicas',
  StatefulSet: 'replicas',
  Job: 'parallelism',
};

/** How many pods there are at once, at least: of a DaemonSet, one. */
function podCount({ id, object }: ObjectLinks): number {
  const field = Object.hasOwn(counts, id) ? counts[id] : undefined;
  const count = field === undefined ? 1 : valueAt(object.value, ['spec', field]);
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : 1;
}

function* ofQuota(links: ObjectLinks, need: Need, { links: quota, object }: Bound<{ spec?: { hard?: Record<string, string> } }>): Iterable<CheckFinding> {
  const hard = hardOf(object);
  const unset = need.unset([...hard.keys()]);
  const related = [{ object: quota, at: ['spec', 'hard'], message: objectText(quota) }];
  if (unset !== undefined) {
    const [container] = containersOf(links.object.value, links.pod?.at ?? []);
    yield {
      at: [...(container?.at ?? []), 'name'],
      severity: 'warning',
      code: 'quota',
      message: `failed quota: ${quota.name}: ${unset}`,
      related,
    };
  }
  for (const [name, limit] of hard) {
    const amount = need.amounts.get(name);
    if (!amount || amount.compare(limit) <= 0) continue;
    const pods = need.pods === 1 ? 'its pod asks' : `its ${need.pods} pods ask`;
    yield {
      at: need.pods === 1 ? ['metadata', 'name'] : ['spec', counts[links.id] ?? 'replicas'],
      severity: 'warning',
      code: 'quota',
      message: `${pods} for ${amount.toString()} of ${name}; ${objectAndFile(quota, links)} allows ${limit.toString()}`,
      related,
    };
  }
}

function hardOf({ spec }: { spec?: { hard?: Record<string, string> } }): Amounts {
  try {
    return amountsOf(spec?.hard);
  } catch (error) {
    if (error instanceof QuantityError) return new Map();
    throw error;
  }
}

const one = Quantity.of(1);

const countNames: Readonly<Record<KindId, readonly string[]>> = {
  ConfigMap: ['configmaps', 'count/configmaps'],
  Secret: ['secrets', 'count/secrets'],
  Service: ['services', 'count/services'],
  PersistentVolumeClaim: ['persistentvolumeclaims', 'count/persistentvolumeclaims'],
  Deployment: ['count/deployments.apps'],
  StatefulSet: ['count/statefulsets.apps'],
  Job: ['count/jobs.batch'],
  CronJob: ['count/cronjobs.batch'],
};

/** What all objects near a quota need together, if each by itself is within it. */
export function* crowdedQuotas(links: ObjectLinks, { index }: CheckContext): Iterable<CheckFinding> {
  if (links.id !== 'ResourceQuota') return;
  const [own] = quotasFor(links, index).filter((each) => each.links === links);
  if (!own) return;
  const hard = hardOf(own.object);
  const parts = inHome(index, links)
    .filter(({ namespace }) => namespace === links.namespace)
    .map((each) => ({ each, amounts: amountsNeeded(each, index) }));
  const total: Amounts = new Map();
  for (const { amounts } of parts) addTo(total, amounts);
  for (const [name, limit] of hard) {
    const amount = total.get(name);
    const alone = parts.some(({ amounts }) => (amounts.get(name)?.compare(limit) ?? 0) > 0);
    if (!amount || amount.compare(limit) <= 0 || alone) continue;
    const who = parts.filter(({ amounts }) => amounts.has(name));
    const names = listText(who.slice(0, 4).map(({ each, amounts }) => `${quote(each.name)} ${amounts.get(name)?.toString() ?? ''}`));
    yield {
      at: ['spec', 'hard', name],
      severity: 'warning',
      code: 'quota',
      message: `what is here needs ${amount.toString()} of ${name} together: ${names}${who.length > 4 ? ', …' : ''}`,
      related: who.slice(0, 4).map(({ each }) => ({ object: each, at: ['metadata', 'name'], message: objectText(each) })),
    };
  }
}

function amountsNeeded(links: ObjectLinks, index: ReferenceIndex): Amounts {
  const total: Amounts = new Map((countNames[links.id] ?? []).map((name) => [name, one]));
  if (links.pod && links.id !== 'CronJob' && links.id !== 'PodTemplate') addTo(total, needOf(links, index)?.amounts ?? new Map<string, Quantity>());
  return total;
}
