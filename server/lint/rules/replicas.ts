import * as z from 'zod';
import type { Deployment, V2HorizontalPodAutoscaler } from '../../../runtime/api/kinds';
import type { Neighbours } from '../neighbours';
import { objectRule, type LintRule } from '../rule';
import { deployments, type LintSubject } from '../subject';

export type Scaled = Pick<Deployment, 'metadata' | 'spec'>;

/** The autoscaler of the workspace that scales an object. */
export function autoscalerOf({ kind, name, namespace }: LintSubject, neighbours: Neighbours) {
  const [group, type] = kind.split('/');
  return neighbours
    .in<V2HorizontalPodAutoscaler>(namespace, 'autoscaling/HorizontalPodAutoscaler')
    .find(({ object: { spec } }) => {
      const target = spec?.scaleTargetRef;
      return target?.kind === type && target?.name === name && (target?.apiVersion ?? '').split('/')[0] === group;
    });
}

/** Pods that an object keeps, at the least. */
export function minimumOf(subject: LintSubject, neighbours: Neighbours): number {
  const scaler = autoscalerOf(subject, neighbours);
  return scaler ? (scaler.object.spec?.minReplicas ?? 1) : ((subject.object as Scaled).spec?.replicas ?? 1);
}

const few = z.object({ min: z.number().int().min(1).default(2).describe('The least number of replicas.') });

export const replicasTooFew = objectRule<Scaled, z.infer<typeof few>>(deployments, {
  id: 'replicas-too-few',
  category: 'reliability',
  wide: true,
  title: 'A Deployment with too few replicas',
  why: 'With one replica every lost node, drain and eviction is an outage until another pod is up.',
  repair: 'Set `spec.replicas`, or let a HorizontalPodAutoscaler keep at least as many.',
  options: few,
  check({ object: { spec }, subject }, { min }, neighbours) {
    const replicas = spec?.replicas ?? 1;
    if (replicas >= min || replicas === 0 || autoscalerOf(subject, neighbours)) return undefined;
    return {
      at: 'spec.replicas',
      message: `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}: fewer than ${min}`,
      fix: { title: `Set replicas to ${min}`, edits: [{ set: 'spec.replicas', value: min }] },
    };
  },
});

const hpaKinds = ['autoscaling/HorizontalPodAutoscaler'];

export const hpaMinReplicasTooFew = objectRule<V2HorizontalPodAutoscaler, z.infer<typeof few>>(hpaKinds, {
  id: 'hpa-min-replicas-too-few',
  category: 'reliability',
  title: 'An autoscaler that may go down to too few replicas',
  why: 'In quiet hours it leaves so few pods that one lost node is an outage.',
  repair: 'Set `spec.minReplicas`.',
  options: few,
  check({ object: { spec } }, { min }) {
    const replicas = spec?.minReplicas ?? 1;
    if (replicas >= min || replicas === 0) return undefined;
    return {
      at: 'spec.minReplicas',
      message: `scales down to ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}: fewer than ${min}`,
      fix: { title: `Set minReplicas to ${min}`, edits: [{ set: 'spec.minReplicas', value: min }] },
    };
  },
});

export const hpaRangeEmpty = objectRule<V2HorizontalPodAutoscaler>(hpaKinds, {
  id: 'hpa-range-empty',
  category: 'reliability',
  recommended: true,
  title: 'An autoscaler with nothing to scale',
  why: '`minReplicas` and `maxReplicas` are the same number: whatever is measured, nothing changes.',
  repair: 'Raise `maxReplicas`, or drop the autoscaler and set `replicas`.',
  check({ object: { spec } }) {
    const min = spec?.minReplicas ?? 1;
    if (spec?.maxReplicas !== min) return undefined;
    return { at: 'spec.maxReplicas', message: `minReplicas and maxReplicas are both ${min}: nothing is ever scaled` };
  },
});

const many = z.object({ max: z.number().int().min(1).default(100).describe('The greatest number of replicas.') });

export const hpaMaxReplicasTooMany = objectRule<V2HorizontalPodAutoscaler, z.infer<typeof many>>(hpaKinds, {
  id: 'hpa-max-replicas-too-many',
  category: 'reliability',
  title: 'An autoscaler without a sensible ceiling',
  why:
    'A metric that runs away, or an attack, is answered with as many pods as `maxReplicas` allows, and with the ' +
    'bill.',
  repair: 'Lower `spec.maxReplicas`.',
  options: many,
  check({ object: { spec } }, { max }) {
    if (spec === undefined || spec.maxReplicas <= max) return undefined;
    return {
      at: 'spec.maxReplicas',
      message: `scales up to ${spec.maxReplicas} replicas: more than ${max}`,
      fix: { title: `Set maxReplicas to ${max}`, edits: [{ set: 'spec.maxReplicas', value: max }] },
    };
  },
});

interface Updated {
  spec?: { strategy?: { type?: string }; updateStrategy?: { type?: string } };
}

export const rollingUpdateMissing = objectRule<Updated>([...deployments, 'apps/DaemonSet', 'apps/StatefulSet'], {
  id: 'rolling-update-missing',
  category: 'reliability',
  title: 'An update that is not rolling',
  why:
    '`Recreate` ends every old pod before the first new one starts: an outage at each update. With `OnDelete` an ' +
    'update does nothing until somebody deletes the pods.',
  repair:
    'Use `RollingUpdate`, which is the default. (`Recreate` is right where two versions must not run side by side.)',
  check({ object: { spec }, subject }) {
    const field = deployments.includes(subject.kind) ? 'strategy' : 'updateStrategy';
    const type = spec?.[field]?.type;
    // A DeploymentConfig has another word for it.
    const rolling = subject.kind.endsWith('/DeploymentConfig') ? 'Rolling' : 'RollingUpdate';
    if (type === undefined || type === rolling) return undefined;
    return {
      at: `spec.${field}.type`,
      message: `pods are not updated one after the other, but by ${type}`,
      fix: { title: `Use ${rolling}`, edits: [{ set: `spec.${field}.type`, value: rolling }] },
    };
  },
});

export const replicaRules: LintRule[] = [
  replicasTooFew,
  hpaMinReplicasTooFew,
  hpaRangeEmpty,
  hpaMaxReplicasTooMany,
  rollingUpdateMissing,
];
