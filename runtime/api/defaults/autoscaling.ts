import type {
  HorizontalPodAutoscaler,
  V2HorizontalPodAutoscaler,
  V2HorizontalPodAutoscalerBehavior,
  V2HPAScalingRules,
} from '../generated/types';
import { ensure, fill } from './fill';

export function defaultAutoscalerV1({ spec }: HorizontalPodAutoscaler): void {
  if (spec) fill(spec, 'minReplicas', 1);
}

function defaultRules(rules: V2HPAScalingRules, policies: V2HPAScalingRules['policies'] & object): void {
  fill(rules, 'selectPolicy', 'Max');
  if (!rules.policies?.length) rules.policies = policies;
}

function defaultBehavior(behavior: V2HorizontalPodAutoscalerBehavior): void {
  const up = ensure(behavior, 'scaleUp', () => ({}));
  fill(up, 'stabilizationWindowSeconds', 0);
  defaultRules(up, [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]);
  defaultRules(
    ensure(behavior, 'scaleDown', () => ({})),
    [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  );
}

export function defaultAutoscalerV2({ spec }: V2HorizontalPodAutoscaler): void {
  if (!spec) return;
  fill(spec, 'minReplicas', 1);
  if (!spec.metrics?.length) {
    spec.metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ];
  }
  if (spec.behavior) defaultBehavior(spec.behavior);
}
