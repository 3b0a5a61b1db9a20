import type { UntypedObject } from '../../api/object';

/** A pair of versions of one stored kind. Functions leave their argument alone and share what needs no change. */
export interface Conversion {
  /** Version in which objects are stored: group and version. */
  storedApiVersion: string;
  toStored(object: UntypedObject): UntypedObject;
  fromStored(object: UntypedObject): UntypedObject;
}

/** Renames fields (from → to); absent ones stay absent. */
function renamed(object: UntypedObject, apiVersion: string, names: Readonly<Record<string, string>>): UntypedObject {
  const result: UntypedObject = { kind: object.kind!, apiVersion, metadata: object.metadata };
  for (const [field, value] of Object.entries(object)) {
    if (field !== 'kind' && field !== 'apiVersion' && field !== 'metadata') result[names[field] ?? field] = value;
  }
  return result;
}

const eventFields: Readonly<Record<string, string>> = {
  involvedObject: 'regarding', message: 'note', source: 'deprecatedSource', firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp', count: 'deprecatedCount', reportingComponent: 'reportingController',
};
const inverse = (names: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(names).map(([from, to]) => [to, from]));
const coreEventFields = inverse(eventFields);

const events: Conversion = {
  storedApiVersion: 'v1',
  toStored: (object) => renamed(object, 'v1', coreEventFields),
  fromStored: (object) => renamed(object, 'events.k8s.io/v1', eventFields),
};

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior';
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions';
const currentAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics';

interface Metric {
  type: string;
  resource?: { name: string; target?: { type: string; averageUtilization?: number }; current?: { averageUtilization?: number } };
}
type Fields = Record<string, unknown>;

const cpuMetric = (metric: Metric) =>
  metric.type === 'Resource' && metric.resource?.name === 'cpu' &&
  (metric.resource.target?.averageUtilization ?? metric.resource.current?.averageUtilization) !== undefined;

/** autoscaling/v1 knows one metric, CPU utilisation; upstream carries the rest of v2 in annotations. */
const autoscalers: Conversion = {
  storedApiVersion: 'autoscaling/v2',
  toStored(object) {
    const { targetCPUUtilizationPercentage: target, ...spec } = (object['spec'] ?? {}) as Fields;
    const { currentCPUUtilizationPercentage: current, ...status } = (object['status'] ?? {}) as Fields;
    const { rest, read } = takeAnnotations(object);
    const metrics = (read(metricsAnnotation) ?? []) as Metric[];
    if (target !== undefined) {
      metrics.unshift({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target as number } } });
    }
    const behavior = read(behaviorAnnotation);
    const conditions = read(conditionsAnnotation);
    const currentMetrics = (read(currentAnnotation) ?? []) as Metric[];
    if (current !== undefined) {
      currentMetrics.unshift({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current as number } } });
    }
    return {
      ...rest, apiVersion: 'autoscaling/v2',
      spec: { ...spec, ...(metrics.length > 0 && { metrics }), ...(behavior !== undefined && { behavior }) },
      status: {
        ...status, ...(conditions !== undefined && { conditions }), ...(currentMetrics.length > 0 && { currentMetrics }),
      },
    };
  },
  fromStored(object) {
    const { metrics = [], behavior, ...spec } = (object['spec'] ?? {}) as Fields & { metrics?: Metric[] };
    const { currentMetrics, conditions, ...status } = (object['status'] ?? {}) as Fields & { currentMetrics?: Metric[] | null };
    const target = metrics.find(cpuMetric);
    const current = (currentMetrics ?? []).find(cpuMetric);
    const others = metrics.filter((metric) => metric !== target);
    const otherCurrent = (currentMetrics ?? []).filter((metric) => metric !== current);
    const annotations: Record<string, string> = {
      ...object.metadata.annotations,
      ...(others.length > 0 && { [metricsAnnotation]: JSON.stringify(others) }),
      ...(behavior !== undefined && { [behaviorAnnotation]: JSON.stringify(behavior) }),
      ...(conditions !== undefined && { [conditionsAnnotation]: JSON.stringify(conditions) }),
      ...(otherCurrent.length > 0 && { [currentAnnotation]: JSON.stringify(otherCurrent) }),
    };
    return {
      ...object, apiVersion: 'autoscaling/v1',
      metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
      spec: { ...spec, ...(target && { targetCPUUtilizationPercentage: target.resource!.target!.averageUtilization }) },
      status: {
        currentReplicas: 0, desiredReplicas: 0, ...status,
        ...(current && { currentCPUUtilizationPercentage: current.resource!.current!.averageUtilization }),
      },
    };
  },
};

const carried = [metricsAnnotation, behaviorAnnotation, conditionsAnnotation, currentAnnotation];

/** The object without the annotations that carry v2's fields, and a reader of those. */
function takeAnnotations(object: UntypedObject) {
  const { annotations = {}, ...metadata } = object.metadata;
  const left = Object.fromEntries(Object.entries(annotations).filter(([name]) => !carried.includes(name)));
  const rest: UntypedObject = { ...object, metadata: { ...metadata, ...(Object.keys(left).length > 0 && { annotations: left }) } };
  const read = (name: string): unknown => {
    try {
      return annotations[name] === undefined ? undefined : JSON.parse(annotations[name]);
    } catch {
      return undefined;
    }
  };
  return { rest, read };
}

const conversions: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1/events': events,
  'autoscaling/v1/horizontalpodautoscalers': autoscalers,
};

export function conversionOf(group: string, version: string, resource: string): Conversion | undefined {
  return conversions[`${group}/${version}/${resource}`];
}
