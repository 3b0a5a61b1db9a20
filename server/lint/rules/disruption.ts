import * as z from 'zod';
import type { Deployment, PodDisruptionBudget } from '../../../runtime/api/kinds';
import type { FieldEdit } from '../../manifests/edits';
import type { Neighbours } from '../neighbours';
import { objectRule, podRule, type LintRule } from '../rule';
import { deployments, type LintSubject, type PodView } from '../subject';
import { selects } from '../selection';
import { minimumOf } from './replicas';

const budgets = ['policy/PodDisruptionBudget'];
const allowOne = 'Let one pod be unavailable';
const insteadOfMinimum: readonly FieldEdit[] = [
  { rename: 'spec.minAvailable', to: 'maxUnavailable' },
  { set: 'spec.minAvailable', value: 1 },
];
const replicated = [...deployments, 'apps/StatefulSet'];

const budgetsOf = ({ subject, metadata }: PodView, neighbours: Neighbours) =>
  neighbours
    .in<PodDisruptionBudget>(subject.namespace, 'policy/PodDisruptionBudget')
    .filter(({ object }) => selects(object.spec?.selector, metadata?.labels));

export const disruptionBudgetMissing = podRule({
  id: 'disruption-budget-missing',
  category: 'reliability',
  wide: true,
  title: 'Replicas without a PodDisruptionBudget',
  why: 'Whoever drains nodes, for an upgrade or to save some, may evict all replicas at once.',
  repair: 'Write a PodDisruptionBudget (`maxUnavailable: 1`) whose selector is that of the workload.',
  check(pod, _options, neighbours) {
    const { subject } = pod;
    if (!replicated.includes(subject.kind) || minimumOf(subject, neighbours) < 2) return undefined;
    if (budgetsOf(pod, neighbours).length > 0) return undefined;
    return { at: 'metadata.name', message: 'no PodDisruptionBudget selects these pods' };
  },
});

export const disruptionBudgetBlocks = objectRule<PodDisruptionBudget>(budgets, {
  id: 'disruption-budget-blocks',
  category: 'reliability',
  title: 'A PodDisruptionBudget that allows no eviction',
  why:
    'With `maxUnavailable: 0` or `minAvailable: 100%` no pod may ever be evicted: draining a node waits for ever, ' +
    'and so does its upgrade.',
  repair: 'Allow one pod at least: `maxUnavailable: 1`.',
  check({ object: { spec } }) {
    if (/^0%?$/.test(String(spec?.maxUnavailable))) {
      const at = 'spec.maxUnavailable';
      const fix = { title: allowOne, edits: [{ set: at, value: 1 }] };
      return { at, message: 'no pod may ever be evicted: nodes cannot be drained', fix };
    }
    if (String(spec?.minAvailable) !== '100%') return undefined;
    return {
      at: 'spec.minAvailable',
      message: 'all pods have to be available: none may be evicted, nodes cannot be drained',
      fix: { title: allowOne, edits: insteadOfMinimum },
    };
  },
});

/** Workloads of the workspace whose pods a budget is about. */
const guarded = ({ namespace, object }: LintSubject, neighbours: Neighbours) =>
  replicated
    .flatMap((kind) => neighbours.in(namespace, kind))
    .filter((workload) => selects((object as PodDisruptionBudget).spec?.selector, labelsOf(workload)));

/** Of the pods of a workload; while its template says none, those that it selects. */
function labelsOf({ pod, object }: LintSubject): Record<string, string> | undefined {
  const { selector } = (object as Deployment).spec ?? {};
  return pod?.metadata?.labels ?? selector?.matchLabels;
}

export const disruptionBudgetTooHigh = objectRule<PodDisruptionBudget>(budgets, {
  id: 'disruption-budget-too-high',
  category: 'reliability',
  wide: true,
  title: 'A PodDisruptionBudget that asks for all the pods there are',
  why:
    '`minAvailable` is no less than the number of replicas, or than what the autoscaler may go down to: then no pod ' +
    'may be evicted, and nodes cannot be drained.',
  repair:
    'Lower `minAvailable` below the number of replicas or, better, say `maxUnavailable: 1`, which holds for any ' +
    'number.',
  check({ object: { spec }, subject }, _options, neighbours) {
    const wanted = spec?.minAvailable;
    if (typeof wanted !== 'number' || wanted === 0) return undefined;
    const workloads = guarded(subject, neighbours);
    const replicas = workloads.reduce((sum, workload) => sum + minimumOf(workload, neighbours), 0);
    if (workloads.length === 0 || replicas === 0 || wanted < replicas) return undefined;
    const who =
      workloads.length === 1 ? `${workloads[0]?.kind.split('/')[1]} "${workloads[0]?.name}"` : 'the workloads';
    return {
      at: 'spec.minAvailable',
      message: `${who} may have no more than ${replicas} ${replicas === 1 ? 'pod' : 'pods'}: none may be evicted`,
      fix: { title: allowOne, edits: insteadOfMinimum },
    };
  },
});

export const disruptionBudgetEmpty = objectRule<PodDisruptionBudget>(budgets, {
  id: 'disruption-budget-empty',
  category: 'reliability',
  recommended: true,
  title: 'A PodDisruptionBudget that says neither what must be there nor what may be missing',
  why: 'Without `minAvailable` and `maxUnavailable` the budget counts nothing and allows no eviction.',
  repair: 'Set one of them: `maxUnavailable: 1`.',
  check({ object: { spec } }) {
    if (!spec || spec.minAvailable !== undefined || spec.maxUnavailable !== undefined) return undefined;
    return {
      at: 'spec',
      message: 'neither minAvailable nor maxUnavailable is set: no pod may be evicted',
      fix: { title: allowOne, edits: [{ set: 'spec.maxUnavailable', value: 1 }] },
    };
  },
});

const policies = z.object({
  policy: z.enum(['AlwaysAllow', 'IfHealthyBudget']).default('AlwaysAllow').describe('What the quick fix writes.'),
});

export const disruptionBudgetKeepsBrokenPods = objectRule<PodDisruptionBudget, z.infer<typeof policies>>(budgets, {
  id: 'disruption-budget-keeps-broken-pods',
  category: 'reliability',
  title: 'A PodDisruptionBudget that keeps broken pods on their node',
  why:
    'By default a pod that runs without being ready may not be evicted while the budget is short. A workload whose ' +
    'pods all crash can so block a drain for ever.',
  repair: 'Set `unhealthyPodEvictionPolicy: AlwaysAllow`.',
  options: policies,
  check({ object: { spec } }, { policy }) {
    if (!spec || spec.unhealthyPodEvictionPolicy !== undefined) return undefined;
    return {
      at: 'spec',
      message: 'pods that are not ready cannot be evicted while the budget is short',
      fix: { title: `Set it to ${policy}`, edits: [{ set: 'spec.unhealthyPodEvictionPolicy', value: policy }] },
    };
  },
});

export const disruptionRules: LintRule[] = [
  disruptionBudgetMissing,
  disruptionBudgetBlocks,
  disruptionBudgetTooHigh,
  disruptionBudgetEmpty,
  disruptionBudgetKeepsBrokenPods,
];
