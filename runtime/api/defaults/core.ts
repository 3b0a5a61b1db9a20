import type {
  Endpoints,
  EndpointSlice,
  LimitRange,
  Namespace,
  Node,
  PodTemplate,
  ReplicationController,
  Secret,
  Service,
  ServiceSpec,
} from '../generated/types';
import { ensure, fill, fillEmpty, isEmptyMap } from './fill';
import { defaultTemplate } from './pod';
import { defaultLimitRangeItem } from './resources';

const clientIPTimeoutSeconds = 10800;

function defaultAffinity(spec: ServiceSpec): void {
  fillEmpty(spec, 'sessionAffinity', 'None');
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity !== 'ClientIP') return;
  const clientIP = ensure(
    ensure(spec, 'sessionAffinityConfig', () => ({})),
    'clientIP',
    () => ({}),
  );
  fill(clientIP, 'timeoutSeconds', clientIPTimeoutSeconds);
}

const hasNodePorts = (spec: ServiceSpec) => spec.type === 'NodePort' || spec.type === 'LoadBalancer';

export function defaultService(service: Service): void {
  const spec = ensure(service, 'spec', () => ({}));
  defaultAffinity(spec);
  fillEmpty(spec, 'type', 'ClusterIP');
  for (const port of spec.ports ?? []) {
    fillEmpty(port, 'protocol', 'TCP');
    fillEmpty(port, 'targetPort', port.port);
  }
  const external = hasNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
  if (external) fillEmpty(spec, 'externalTrafficPolicy', 'Cluster');
  if (hasNodePorts(spec) || spec.type === 'ClusterIP') fill(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') fill(spec, 'allocateLoadBalancerNodePorts', true);
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) fill(ingress, 'ipMode', 'VIP');
}

export function defaultReplicationController(controller: ReplicationController): void {
  const spec = ensure(controller, 'spec', () => ({}));
  const labels = spec.template?.metadata?.labels;
  if (labels && !isEmptyMap(labels)) {
    if (isEmptyMap(spec.selector)) spec.selector = { ...labels };
    if (isEmptyMap(controller.metadata.labels)) controller.metadata.labels = { ...labels };
  }
  fill(spec, 'replicas', 1);
  defaultTemplate(spec.template);
}

export function defaultPodTemplate(podTemplate: PodTemplate): void {
  defaultTemplate(podTemplate.template);
}

/** Whatever is selected by namespace can select by its name: the label says it. */
export function defaultNamespace(namespace: Namespace): void {
  fillEmpty(
    ensure(namespace, 'status', () => ({})),
    'phase',
    'Active',
  );
  const { name } = namespace.metadata;
  if (name) ensure(namespace.metadata, 'labels', () => ({}))['kubernetes.io/metadata.name'] = name;
}

export function defaultNode({ status }: Node): void {
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
}

/** `stringData` is only ever written: what it says goes into `data`, over what is there (upstream's conversion does so). */
export function defaultSecret(secret: Secret): void {
  fillEmpty(secret, 'type', 'Opaque');
  const { stringData } = secret;
  if (!stringData) return;
  const data = ensure(secret, 'data', () => ({}));
  for (const [key, text] of Object.entries(stringData)) data[key] = Buffer.from(text, 'utf8').toString('base64');
  delete secret.stringData;
}

export function defaultEndpoints(endpoints: Endpoints): void {
  for (const subset of endpoints.subsets ?? [])
    for (const port of subset.ports ?? []) fillEmpty(port, 'protocol', 'TCP');
}

export function defaultEndpointSlice(slice: EndpointSlice): void {
  for (const port of slice.ports ?? []) {
    fill(port, 'name', '');
    fill(port, 'protocol', 'TCP');
  }
}

export function defaultLimitRange(range: LimitRange): void {
  range.spec?.limits?.forEach(defaultLimitRangeItem);
}
