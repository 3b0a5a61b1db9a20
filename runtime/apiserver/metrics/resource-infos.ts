import type { ResourceInfo } from '../../api/resource';
import type { Schema } from '../../api/schema';

export const metricsGroup = 'metrics.k8s.io';
export const metricsVersion = 'v1beta1';

const text: Schema = { type: 'string' };
const usage: Schema = {
  type: 'object', description: 'Amount of each resource that is used.', additionalProperties: { type: 'string' },
};
const common: Record<string, Schema> = {
  apiVersion: text,
  kind: text,
  metadata: { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
  timestamp: { type: 'string', format: 'date-time', description: 'End of the time over which usage was measured.' },
  window: { type: 'string', description: 'Length of the time over which usage was measured.' },
};
const container: Schema = {
  type: 'object', properties: { name: { type: 'string', description: 'Name of the container.' }, usage }, required: ['name', 'usage'],
};

const own = { group: metricsGroup, version: metricsVersion, shortNames: [], categories: [], subresources: [] } as const;
const verbs = ['get', 'list'] as const;

export const nodeMetricsInfo: ResourceInfo = {
  ...own, verbs, resource: 'nodes', kind: 'NodeMetrics', listKind: 'NodeMetricsList', singular: '', namespaced: false,
  schema: { type: 'object', properties: { ...common, usage }, required: ['timestamp', 'window', 'usage'] },
};

export const podMetricsInfo: ResourceInfo = {
  ...own, verbs, resource: 'pods', kind: 'PodMetrics', listKind: 'PodMetricsList', singular: '', namespaced: true,
  schema: {
    type: 'object',
    properties: { ...common, containers: { type: 'array', items: container } },
    required: ['timestamp', 'window', 'containers'],
  },
};
