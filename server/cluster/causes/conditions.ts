import { View } from '../../../runtime/api/table/view';
import { kindKey } from '../written-object';
import type { Cause, CauseInput } from './cause';

interface Rule {
  readonly type: string;
  readonly status: 'True' | 'False';
  /** The field that it is told at, if it is written. */
  readonly path?: readonly string[];
}

/** Conditions that say that something is wrong with the object itself. */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  'apps/Deployment': [{ type: 'Progressing', status: 'False', path: ['spec', 'progressDeadlineSeconds'] }],
  'batch/Job': [{ type: 'Failed', status: 'True', path: ['spec', 'backoffLimit'] }],
  'autoscaling/HorizontalPodAutoscaler': [
    { type: 'AbleToScale', status: 'False', path: ['spec', 'scaleTargetRef', 'name'] },
    { type: 'ScalingActive', status: 'False', path: ['spec', 'metrics'] },
  ],
  Node: [
    { type: 'Ready', status: 'False' },
    { type: 'MemoryPressure', status: 'True' },
    { type: 'DiskPressure', status: 'True' },
    { type: 'PIDPressure', status: 'True' },
  ],
  'policy/PodDisruptionBudget': [{ type: 'DisruptionAllowed', status: 'False', path: ['spec', 'selector'] }],
};

export function conditionCauses({ object }: CauseInput, itself: object): Cause[] {
  const key = kindKey(object);
  const conditions = View.of(itself).list('status', 'conditions');
  return ((Object.hasOwn(rules, key) && rules[key]) || []).flatMap(({ type, status, path }) => {
    const condition = conditions.find((c) => c.text('type') === type && c.text('status') === status);
    // A budget that is used up is doing its work; one that can't be reckoned is not.
    if (!condition || condition.text('reason') === 'InsufficientPods') return [];
    const written = path && View.of(object.value).has(...path) ? path : ['metadata', 'name'];
    const code = condition.text('reason') || type;
    const time = condition.text('lastTransitionTime');
    return [
      {
        path: written,
        code,
        message: condition.text('message'),
        about: `${object.kind.toLowerCase()} ${object.name}`,
        time,
      },
    ];
  });
}

const claimReasons = new Set(['ProvisioningFailed', 'FailedBinding', 'VolumeMismatch', 'VolumeResizeFailed']);

/** A claim that stays without a volume, in the words of who should have made or found one. */
export function claimCauses({ object, events }: CauseInput, itself: object): Cause[] {
  if (kindKey(object) !== 'PersistentVolumeClaim' || View.of(itself).text('status', 'phase') !== 'Pending') return [];
  const event = events.find(({ reason }) => claimReasons.has(reason));
  if (!event) return [];
  const named = View.of(object.value).has('spec', 'storageClassName');
  const path = named ? ['spec', 'storageClassName'] : ['metadata', 'name'];
  const { reason: code, message, time } = event;
  return [{ path, code, message, about: `persistentvolumeclaim ${object.name}`, time }];
}

const serviceReasons = new Set(['SyncLoadBalancerFailed', 'UnAvailableLoadBalancer', 'FailedToUpdateEndpoint']);

export function serviceCauses({ object, events }: CauseInput, itself: object): Cause[] {
  if (kindKey(object) !== 'Service' || View.of(itself).list('status', 'loadBalancer', 'ingress').length > 0) return [];
  const event = events.find(({ reason }) => serviceReasons.has(reason));
  if (!event) return [];
  const { reason: code, message, time } = event;
  return [{ path: ['spec', 'type'], code, message, about: `service ${object.name}`, time }];
}

/** Pods that a node has put out. */
export function evictionCauses({ pods }: CauseInput): Cause[] {
  return pods.flatMap((pod) => {
    const reason = pod.text('status', 'reason');
    if (pod.text('status', 'phase') !== 'Failed' || reason === '') return [];
    const about = `pod ${pod.text('metadata', 'name')}`;
    return [{ path: ['metadata', 'name'], code: reason, message: pod.text('status', 'message'), about, time: '' }];
  });
}
