import type { Container, Pod, PodSpec } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { parseQuantity } from '../../../api/quantity';
import { copyField, GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** pkg/registry/core/pod/strategy.go */
export class PodStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    const pod = object as unknown as Pod;
    pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec!) };
    if ((pod.spec?.schedulingGates ?? []).length > 0) {
      pod.status.conditions = [
        { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' },
      ];
    }
  }

  override prepareForStatusUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForStatusUpdate(object, old, context);
    copyField(object.metadata, old.metadata, 'ownerReferences');
    const { status } = object as unknown as Pod;
    const before = (old as unknown as Pod).status;
    if (status && !status.qosClass && before?.qosClass) status.qosClass = before.qosClass;
  }

  /** Of pods that run nowhere (yet, or any more) nothing has to be waited for. */
  gracePeriod(object: UntypedObject, asked: number | undefined): number {
    const { spec, status } = object as unknown as Pod;
    if (!spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
    const period = asked ?? spec.terminationGracePeriodSeconds ?? 30;
    return period < 0 ? 1 : period;
  }
}

const counted = ['cpu', 'memory'];

/** `Guaranteed`, `Burstable` or `BestEffort` (pkg/apis/core/v1/helper/qos). */
export function qosClass(spec: PodSpec): string {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (spec.resources) {
    const whole = classOf([{ name: '', resources: spec.resources }]);
    if (whole !== 'BestEffort') return whole;
  }
  return classOf(containers);
}

function classOf(containers: readonly Pick<Container, 'name' | 'resources'>[]): string {
  const requests = new Map<string, string>();
  let guaranteed = true;
  let any = false;
  for (const { resources } of containers) {
    for (const name of counted) {
      const request = positive(resources?.requests?.[name]);
      const limit = positive(resources?.limits?.[name]);
      if (request ?? limit) any = true;
      if (request !== undefined) requests.set(name, request);
      if (limit === undefined || (request !== undefined && parseQuantity(request).compare(parseQuantity(limit)) !== 0)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(quantity: unknown): string | undefined {
  if (quantity === undefined) return undefined;
  const text = String(quantity);
  return parseQuantity(text).sign() > 0 ? text : undefined;
}
