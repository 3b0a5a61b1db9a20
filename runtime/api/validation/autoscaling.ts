import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, V2HorizontalPodAutoscaler, V2HorizontalPodAutoscalerSpec,
  V2HPAScalingPolicy,
  V2HPAScalingRules, V2MetricSpec, V2MetricTarget,
} from '../kinds';
import { pathSegmentProblems } from '../names';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import { dnsLabel, invalidEach, POSITIVE, SPEC, STATUS, nonNegative } from './common';
import { containerResourceName } from './resources';
import type { KindRules } from './rules';

type Spec = Omit<HorizontalPodAutoscalerSpec, 'targetCPUUtilizationPercentage'> &
  Pick<HorizontalPodAutoscalerSpec, 'targetCPUUtilizationPercentage'> &
  Pick<V2HorizontalPodAutoscalerSpec, 'metrics' | 'behavior'>;

/** Both versions: the older one's CPU target is a metric of the newer. */
type Autoscaler = HorizontalPodAutoscaler | V2HorizontalPodAutoscaler;

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const SOURCES = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;
type SourceField = (typeof SOURCES)[number];

function objectReference(out: Findings, path: Path, ref: { kind?: string; name?: string } | undefined): void {
  for (const field of ['kind', 'name'] as const) {
    const value = ref?.[field];
    if (!value) out.push(finding.required(path.child(field)));
    else invalidEach(out, path.child(field), value, pathSegmentProblems(value));
  }
}

function metricName(out: Findings, path: Path, name: string | undefined): void {
  if (!name) out.push(finding.required(path.child('name'), 'must specify a metric name'));
  else invalidEach(out, path.child('name'), name, pathSegmentProblems(name));
}

function target(out: Findings, path: Path, value: V2MetricTarget): void {
  if (!value.type) out.push(finding.required(path.child('type'), 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(value.type)) {
    out.push(finding.invalid(
      path.child('type'),
      value.type ?? '',
      'must be either Utilization, Value, or AverageValue',
    ));
  }
  for (const field of ['value', 'averageValue'] as const) {
    const quantity = value[field] === undefined ? undefined : tryParseQuantity(value[field]);
    if (quantity && quantity.sign() !== 1)
      out.push(finding.invalid(path.child(field), quantity.toString(), 'must be positive'));
  }
  const utilization = value.averageUtilization;
  if (utilization !== undefined && utilization < 1) {
    out.push(finding.invalid(path.child('averageUtilization'), utilization, 'must be greater than 0'));
  }
}

function utilizationOrValue(out: Findings, path: Path, value: V2MetricTarget): void {
  target(out, path, value);
  if (value.averageUtilization === undefined && value.averageValue === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    out.push(finding.required(path.child('averageUtilization'), detail));
  }
  if (value.averageUtilization !== undefined && value.averageValue !== undefined) {
    out.push(finding.forbidden(
      path.child('averageValue'),
      'may not set both a target raw value and a target utilization',
    ));
  }
}

const hasValue = ({ value, averageValue }: V2MetricTarget) => value !== undefined || averageValue !== undefined;

const SOURCE_CHECKS: Record<SourceField, (out: Findings, path: Path, metric: V2MetricSpec) => void> = {
  object(out, path, { object: source }) {
    if (!source) return;
    objectReference(out, path.child('describedObject'), source.describedObject);
    metricName(out, path.child('metric'), source.metric.name);
    target(out, path.child('target'), source.target);
    if (hasValue(source.target)) return;
    out.push(finding.required(path.child('target', 'averageValue'), 'must set either a target value or averageValue'));
  },
  external(out, path, { external: source }) {
    if (!source) return;
    metricName(out, path.child('metric'), source.metric.name);
    target(out, path.child('target'), source.target);
    if (!hasValue(source.target)) {
      const detail = 'must set either a target value for metric or a per-pod target';
      out.push(finding.required(path.child('target', 'averageValue'), detail));
    }
    if (source.target.value !== undefined && source.target.averageValue !== undefined) {
      const detail = 'may not set both a target value for metric and a per-pod target';
      out.push(finding.forbidden(path.child('target', 'value'), detail));
    }
  },
  pods(out, path, { pods: source }) {
    if (!source) return;
    metricName(out, path.child('metric'), source.metric.name);
    target(out, path.child('target'), source.target);
    if (source.target.averageValue !== undefined) return;
    out.push(finding.required(path.child('target', 'averageValue'), 'must specify a positive target averageValue'));
  },
  resource(out, path, { resource: source }) {
    if (!source) return;
    if (!source.name) out.push(finding.required(path.child('name'), 'must specify a resource name'));
    utilizationOrValue(out, path.child('target'), source.target);
  },
  containerResource(out, path, { containerResource: source }) {
    if (!source) return;
    if (!source.name) out.push(finding.required(path.child('name'), 'must specify a resource name'));
    else containerResourceName(out, path.child('name'), source.name);
    if (!source.container) out.push(finding.required(path.child('container'), 'must specify a container'));
    else dnsLabel(out, path.child('container'), source.container);
    utilizationOrValue(out, path.child('target'), source.target);
  },
};

function metric(out: Findings, path: Path, value: V2MetricSpec): void {
  const { type } = value;
  if (!type) out.push(finding.required(path.child('type'), 'must specify a metric source type'));
  const known = METRIC_TYPES.includes(type);
  if (!known) out.push(finding.notSupported(path.child('type'), type ?? '', METRIC_TYPES));
  const given = SOURCES.filter((field) => value[field] !== undefined);
  if (given[0]) SOURCE_CHECKS[given[0]](out, path.child(given[0]), value);
  const expected = SOURCES.find((field) => field.toLowerCase() === (type ?? '').toLowerCase());
  if (expected && !given.includes(expected)) {
    out.push(finding.required(path.child(expected), 'must populate information for the given metric source'));
  }
  if (given.length === 1) return;
  for (const field of given) {
    if (field !== expected)
      out.push(finding.forbidden(path.child(field), 'must populate the given metric source only'));
  }
}

function policy(out: Findings, path: Path, { type, value, periodSeconds }: V2HPAScalingPolicy): void {
  if (type !== 'Pods' && type !== 'Percent')
    out.push(finding.notSupported(path.child('type'), type ?? '', ['Percent', 'Pods']));
  if (value <= 0) out.push(finding.invalid(path.child('value'), value, POSITIVE));
  if (periodSeconds <= 0) out.push(finding.invalid(path.child('periodSeconds'), periodSeconds, POSITIVE));
  if (periodSeconds > 1800) {
    out.push(finding.invalid(path.child('periodSeconds'), periodSeconds, 'must be less than or equal to 1800'));
  }
}

function scalingRules(out: Findings, path: Path, rules: V2HPAScalingRules | undefined): void {
  if (!rules) return;
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  const at = path.child('stabilizationWindowSeconds');
  if (window < 0) out.push(finding.invalid(at, window, 'must be greater than or equal to zero'));
  if (window > 3600) out.push(finding.invalid(at, window, 'must be less than or equal to 3600'));
  const selections = ['Disabled', 'Max', 'Min'];
  if (selectPolicy !== undefined && !selections.includes(selectPolicy)) {
    out.push(finding.notSupported(path.child('selectPolicy'), selectPolicy, selections));
  }
  if (policies.length === 0) out.push(finding.required(path.child('policies'), 'must specify at least one Policy'));
  policies.forEach((item, i) => policy(out, path.child('policies').index(i), item));
  const allowed = tolerance === undefined ? undefined : tryParseQuantity(tolerance);
  if (allowed && allowed.sign() < 0) {
    out.push(finding.invalid(path.child('tolerance'), allowed.toString(), 'must be greater or equal to zero'));
  }
}

function autoscalerSpec(out: Findings, spec: Spec, lowest: number): void {
  const { minReplicas, maxReplicas, metrics = [], targetCPUUtilizationPercentage: cpu } = spec;
  if (minReplicas !== undefined && minReplicas < lowest) {
    out.push(finding.invalid(SPEC.child('minReplicas'), minReplicas, `must be greater than or equal to ${lowest}`));
  }
  const most = SPEC.child('maxReplicas');
  if (maxReplicas < 1) out.push(finding.invalid(most, maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    out.push(finding.invalid(most, maxReplicas, 'must be greater than or equal to `minReplicas`'));
  }
  objectReference(out, SPEC.child('scaleTargetRef'), spec.scaleTargetRef);
  metrics.forEach((item, i) => metric(out, SPEC.child('metrics').index(i), item));
  if (cpu !== undefined && cpu < 1) {
    const at = SPEC.child('metrics').index(0).child('resource', 'target', 'averageUtilization');
    out.push(finding.invalid(at, cpu, 'must be greater than 0'));
  }
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const detail = 'must specify at least one Object or External metric to support scaling to zero replicas';
    out.push(finding.forbidden(SPEC.child('metrics'), detail));
  }
  scalingRules(out, SPEC.child('behavior', 'scaleUp'), spec.behavior?.scaleUp);
  scalingRules(out, SPEC.child('behavior', 'scaleDown'), spec.behavior?.scaleDown);
}

const EMPTY: Spec = { maxReplicas: 0, scaleTargetRef: { kind: '', name: '' } };

export const horizontalPodAutoscaler: KindRules<Autoscaler> = {
  create(object) {
    const out: Findings = [];
    autoscalerSpec(out, object.spec ?? EMPTY, 1);
    return out;
  },
  update(object, old) {
    const out: Findings = [];
    autoscalerSpec(out, object.spec ?? EMPTY, old.spec?.minReplicas === 0 ? 0 : 1);
    return out;
  },
  updateStatus(object) {
    const out: Findings = [];
    nonNegative(out, STATUS.child('currentReplicas'), object.status?.currentReplicas);
    nonNegative(out, STATUS.child('desiredReplicas'), object.status?.desiredReplicas);
    return out;
  },
};
