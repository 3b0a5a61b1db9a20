import type { V2HorizontalPodAutoscalerCondition } from '../../../api/kinds';

export type AutoscalerCondition = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited';

/** The conditions of an autoscaler while it is worked on; a condition's time changes with its status alone. */
export class Conditions {
  private readonly conditions: V2HorizontalPodAutoscalerCondition[];

  constructor(before: readonly V2HorizontalPodAutoscalerCondition[] | undefined, private readonly now: string) {
    this.conditions = (before ?? []).map((condition) => ({ ...condition }));
  }

  set(type: AutoscalerCondition, status: boolean, reason: string, message: string): void {
    const next = { type, status: status ? 'True' : 'False', reason, message };
    const index = this.conditions.findIndex((condition) => condition.type === type);
    const before = this.conditions[index];
    const lastTransitionTime = before && before.status === next.status ? before.lastTransitionTime : this.now;
    const condition = { ...next, ...(lastTransitionTime && { lastTransitionTime }) };
    if (before) this.conditions[index] = condition;
    else this.conditions.push(condition);
  }

  get list(): V2HorizontalPodAutoscalerCondition[] {
    return this.conditions;
  }
}
