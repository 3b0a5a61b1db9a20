import { ageColumn, ageOf, column, nameColumn, nameOf } from './printer';
import type { Printer } from './printer';
import { View } from './view';

interface Metric {
  spec: View;
  status: View | undefined;
}

const unknown = '<unknown>';
const quantity = (view: View | undefined, field: string): string => view?.text(field) || '';

/** Pods, external and object metrics: a value in all, or per pod where the target is an average. */
function valueMetric({ spec, status }: Metric, alwaysAverage: boolean): string {
  const target = spec.at('target');
  const current = status?.at('current');
  if (alwaysAverage)
    return `${status ? quantity(current, 'averageValue') || '0' : unknown}/${quantity(target, 'averageValue')}`;
  if (target.has('averageValue'))
    return `${quantity(current, 'averageValue') || unknown}/${quantity(target, 'averageValue')} (avg)`;
  return `${status ? quantity(current, 'value') || '0' : unknown}/${quantity(target, 'value')}`;
}

function resourceMetric({ spec, status }: Metric): string {
  const name = spec.text('name');
  const target = spec.at('target');
  const current = status?.at('current');
  if (target.has('averageValue')) {
    return `${name}: ${status ? quantity(current, 'averageValue') || '0' : unknown}/${quantity(target, 'averageValue')}`;
  }
  const percent = (view: View | undefined, missing: string) =>
    view?.has('averageUtilization') ? `${view.number('averageUtilization')}%` : missing;
  return `${name}: ${percent(current, unknown)}/${percent(target, '<auto>')}`;
}

const sources: Record<string, { field: string; print: (metric: Metric) => string }> = {
  External: { field: 'external', print: (metric) => valueMetric(metric, false) },
  Pods: { field: 'pods', print: (metric) => valueMetric(metric, true) },
  Object: { field: 'object', print: (metric) => valueMetric(metric, false) },
  Resource: { field: 'resource', print: resourceMetric },
  ContainerResource: { field: 'containerResource', print: resourceMetric },
};

/** autoscaling/v1 knows the cpu's utilization alone; it prints as the one metric that it stands for. */
function metricsOf(hpa: View): { specs: View[]; statuses: View[] } {
  if (!hpa.has('spec', 'targetCPUUtilizationPercentage')) {
    return { specs: hpa.list('spec', 'metrics'), statuses: hpa.list('status', 'currentMetrics') };
  }
  const cpu = (part: 'target' | 'current', averageUtilization: unknown) =>
    View.of({ type: 'Resource', resource: { name: 'cpu', [part]: { averageUtilization } } });
  const current = hpa.value('status', 'currentCPUUtilizationPercentage');
  return {
    specs: [cpu('target', hpa.value('spec', 'targetCPUUtilizationPercentage'))],
    statuses: current === undefined ? [] : [cpu('current', current)],
  };
}

function metricsCell(hpa: View): string {
  const { specs, statuses } = metricsOf(hpa);
  if (specs.length === 0) return '<none>';
  const list = specs.map((spec, i) => {
    const source = sources[spec.text('type')];
    if (!source) return '<unknown type>';
    const status = statuses[i];
    return source.print({
      spec: spec.at(source.field),
      status: status?.has(source.field) ? status.at(source.field) : undefined,
    });
  });
  const shown = list.slice(0, 2).join(', ');
  return list.length > 2 ? `${shown} + ${list.length - 2} more...` : shown;
}

export const autoscalingPrinters: Record<string, Printer> = {
  'autoscaling/HorizontalPodAutoscaler': {
    columns: [
      nameColumn,
      column('Reference', 'string', 'Object that is scaled.'),
      column('Targets', 'string', 'Metrics as they are, and as they should be.'),
      column('MinPods', 'string', 'Fewest pods.'),
      column('MaxPods', 'string', 'Most pods.'),
      column('Replicas', 'string', 'Pods now.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      `${o.text('spec', 'scaleTargetRef', 'kind')}/${o.text('spec', 'scaleTargetRef', 'name')}`,
      metricsCell(o),
      o.text('spec', 'minReplicas') || '<unset>',
      o.number('spec', 'maxReplicas'),
      o.number('status', 'currentReplicas'),
      ageOf(o, now),
    ],
  },
};
