import * as z from 'zod';
import type { Deployment, LabelSelector, PodAffinityTerm } from '../../../runtime/api/kinds';
import type { Neighbours } from '../neighbours';
import { podRule, type LintRule } from '../rule';
import { selects } from '../selection';
import { deployments, type PodView } from '../subject';
import { minimumOf } from './replicas';

const replicated = [...deployments, 'apps/StatefulSet', 'apps/ReplicaSet', '/ReplicationController'];
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const hostname = 'kubernetes.io/hostname';

function selectorOf({ subject, metadata }: PodView): LabelSelector {
  const selector = (subject.object as Pick<Deployment, 'metadata' | 'spec'>).spec?.selector;
  return selector?.matchLabels ? { matchLabels: selector.matchLabels } : { matchLabels: { ...metadata?.labels } };
}

function antiAffinityTerms({ spec }: PodView): PodAffinityTerm[] {
  const affinity = spec.affinity?.podAntiAffinity;
  return [
    ...(affinity?.[required] ?? []),
    ...(affinity?.[preferred] ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ];
}

const isReplicated = (pod: PodView, min: number, neighbours: Neighbours) =>
  replicated.includes(pod.subject.kind) && minimumOf(pod.subject, neighbours) >= min;

const antiAffinityOptions = z.object({
  minReplicas: z.number().int().min(1).default(2).describe('Only of workloads with so many replicas.'),
  topologySpread: z.boolean().default(true).describe('Whether topology spread constraints do as well.'),
});

export const podAntiAffinityMissing = podRule<z.infer<typeof antiAffinityOptions>>({
  id: 'pod-anti-affinity-missing',
  category: 'reliability',
  wide: true,
  title: 'Replicas that may all run on one node',
  why: 'Nothing asks the scheduler to keep the replicas apart, so one lost node can take all of them.',
  repair:
    'Add a `podAntiAffinity` with `topologyKey: kubernetes.io/hostname` whose selector is that of the workload, or ' +
    'a topology spread constraint.',
  options: antiAffinityOptions,
  check(pod, { minReplicas, topologySpread }, neighbours) {
    if (!isReplicated(pod, minReplicas, neighbours)) return undefined;
    const labels = pod.metadata?.labels;
    const apart = antiAffinityTerms(pod).some(
      ({ labelSelector, topologyKey }) => topologyKey && selects(labelSelector, labels),
    );
    const spread =
      topologySpread && pod.spec.topologySpreadConstraints?.some(({ labelSelector }) => selects(labelSelector, labels));
    if (apart || spread) return undefined;
    const term = { labelSelector: selectorOf(pod), topologyKey: hostname };
    return {
      at: pod.path,
      message: 'nothing keeps the replicas on different nodes',
      fix: {
        title: 'Prefer different nodes',
        edits: [
          { set: `${pod.path}.affinity.podAntiAffinity.${preferred}`, value: [{ podAffinityTerm: term, weight: 100 }] },
        ],
      },
    };
  },
});

const spreadOptions = z.object({
  minReplicas: z.number().int().min(1).default(2).describe('Only of workloads with so many replicas.'),
  topologyKey: z.string().default('topology.kubernetes.io/zone').describe('What the quick fix spreads over.'),
});

export const topologySpreadMissing = podRule<z.infer<typeof spreadOptions>>({
  id: 'topology-spread-missing',
  category: 'reliability',
  wide: true,
  title: 'Replicas that are not spread',
  why: 'The scheduler packs nodes; without a constraint all replicas can end up in one zone, and go with it.',
  repair: 'Add `topologySpreadConstraints` whose selector is that of the workload.',
  options: spreadOptions,
  check(pod, { minReplicas, topologyKey }, neighbours) {
    if (!isReplicated(pod, minReplicas, neighbours)) return undefined;
    const labels = pod.metadata?.labels;
    if (pod.spec.topologySpreadConstraints?.some(({ labelSelector }) => selects(labelSelector, labels)))
      return undefined;
    const constraint = { labelSelector: selectorOf(pod), maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway' };
    return {
      at: pod.path,
      message: 'no topology spread constraint is about these pods',
      fix: {
        title: `Spread over ${topologyKey}`,
        edits: [{ append: `${pod.path}.topologySpreadConstraints`, value: constraint }],
      },
    };
  },
});

export const nodeAffinityMissing = podRule({
  id: 'node-affinity-missing',
  category: 'reliability',
  title: 'Pods that may run on any node',
  why:
    'In a cluster whose nodes differ (architecture, disks, accelerators, spot prices) a pod that names none may ' +
    'land where it cannot run, or should not.',
  repair: 'Add a `nodeAffinity` or a `nodeSelector`.',
  check({ spec, path }) {
    const affinity = spec.affinity?.nodeAffinity;
    if (affinity?.[required] || affinity?.[preferred]?.length || spec.nodeSelector || spec.nodeName) return undefined;
    return { at: path, message: 'neither node affinity nor a node selector is set' };
  },
});

const classOptions = z.object({
  accepted: z.array(z.string()).default([]).describe('Names of priority classes. None: any name is good.'),
});

export const priorityClassMissing = podRule<z.infer<typeof classOptions>>({
  id: 'priority-class-missing',
  category: 'reliability',
  title: 'Pods without a priority class',
  why: 'When the cluster is full, nothing tells which pods matter more: any may have to wait.',
  repair: 'Name a PriorityClass in `priorityClassName`.',
  options: classOptions,
  check({ spec, path }, { accepted }) {
    const name = spec.priorityClassName;
    if (!name) return { at: path, message: 'no priority class is named' };
    if (accepted.length === 0 || accepted.includes(name)) return undefined;
    return { at: `${path}.priorityClassName`, message: `priority class "${name}" is none of ${accepted.join(', ')}` };
  },
});

const dnsOptions = z.object({
  name: z.string().default('ndots').describe('Name of the resolver option.'),
  value: z.string().default('2').describe('Its value.'),
});

export const dnsOptionMissing = podRule<z.infer<typeof dnsOptions>>({
  id: 'dns-option-missing',
  category: 'reliability',
  title: 'Pods without a resolver option',
  why:
    'With the default `ndots: 5` each name outside of the cluster is looked up with every search domain first: five ' +
    'questions to the DNS for one answer.',
  repair: 'Set the option in `dnsConfig.options`.',
  options: dnsOptions,
  check({ spec, path }, { name, value }) {
    const options = spec.dnsConfig?.options ?? [];
    const index = options.findIndex((option) => option.name === name);
    if (options[index]?.value === value) return undefined;
    const list = `${path}.dnsConfig.options`;
    const edit = index < 0 ? { append: list, value: { name, value } } : { set: `${list}[${index}].value`, value };
    return {
      at: index < 0 ? path : `${list}[${index}].value`,
      message: `the resolver option ${name} is not ${value}`,
      fix: { title: `Set ${name} to ${value}`, edits: [edit] },
    };
  },
});

export const stateLostAtOnce = podRule({
  id: 'stateful-pod-killed-at-once',
  category: 'reliability',
  recommended: true,
  title: 'A StatefulSet whose pods get no time to end',
  why:
    'With `terminationGracePeriodSeconds: 0` the pod is gone from the API before its process is: its successor, of ' +
    'the same name and volume, may start beside it.',
  repair: 'Leave `terminationGracePeriodSeconds` out, which is 30 seconds.',
  check({ spec, path, subject }) {
    if (subject.kind !== 'apps/StatefulSet' || spec.terminationGracePeriodSeconds !== 0) return undefined;
    const at = `${path}.terminationGracePeriodSeconds`;
    return {
      at,
      message: 'a pod and its successor may run side by side and write the same volume',
      fix: { title: 'Use the default of 30 seconds', edits: [{ remove: at }] },
    };
  },
});

export const schedulingRules: LintRule[] = [
  podAntiAffinityMissing,
  topologySpreadMissing,
  nodeAffinityMissing,
  priorityClassMissing,
  dnsOptionMissing,
  stateLostAtOnce,
];
