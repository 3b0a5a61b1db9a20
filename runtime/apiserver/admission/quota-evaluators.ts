import type { PersistentVolumeClaim, Pod, PodAffinityTerm, ResourceQuota, Service } from '../../api/kinds';
import type { KubeObject } from '../../api/object';
import { Quantity } from '../../api/quantity';
import { isExtendedResource } from '../../api/validation/resources';
import { qosClass } from '../registry/strategies/pods';
import type { AdmissionAttributes } from '../request';
import { amountsOf } from '../../api/limits/pod-resources';
import { podUsage, unsetResources } from '../../api/limits/pod-usage';
import type { Amounts } from '../../api/limits/pod-resources';

export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** How one resource is charged to quotas (pkg/quota/v1/evaluator/core). */
export interface Evaluator {
  /** Whether the request changes what is charged. */
  handles(attributes: AdmissionAttributes): boolean;
  /** Whether a quota's name is one of this resource's. */
  counts(name: string): boolean;
  usage(object: KubeObject, now: number): Amounts;
  matchesScope(scope: ScopeRequirement, object: KubeObject): boolean;
  /** What the object must set because these names are limited; undefined when nothing is missing. */
  missing?(names: readonly string[], object: KubeObject): string | undefined;
}

const one = Quantity.of(1);

const countName = ({ group, resource }: { group: string; resource: string }) =>
  `count/${resource}${group ? `.${group}` : ''}`;

const plainNames = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']);

/** Resources of which nothing but their number matters. */
function objectCount(info: { group: string; resource: string }): Evaluator {
  const names = [countName(info), ...(info.group === '' && plainNames.has(info.resource) ? [info.resource] : [])];
  return {
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    counts: (name) => names.includes(name),
    usage: () => new Map(names.map((name) => [name, one])),
    matchesScope: () => false,
  };
}

const computeNames = new Set(
  ['pods', 'count/pods', 'cpu', 'memory', 'ephemeral-storage'].concat(
    ['requests', 'limits'].flatMap((kind) => ['cpu', 'memory', 'ephemeral-storage'].map((name) => `${kind}.${name}`)),
  ),
);

const pods: Evaluator = {
  handles: ({ operation, subresource }) =>
    (operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && subresource === 'resize'),
  counts: (name) =>
    computeNames.has(name) ||
    name.startsWith('hugepages-') ||
    name.startsWith('requests.hugepages-') ||
    (name.startsWith('requests.') && isExtendedResource(name.slice('requests.'.length))),
  usage(object, now) {
    const pod = object as Pod;
    const usage: Amounts = new Map([['count/pods', one]]);
    if (isCharged(pod, now))
      for (const [name, amount] of podUsage(pod)) usage.set(name, amount);
    return usage;
  },
  matchesScope: (scope, object) => podInScope(scope, object),
  missing: (names, object) =>
    unsetResources(names, object),
};

/** A pod that has ended, or that should long have gone, holds nothing. */
function isCharged({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function podInScope({ scopeName, operator, values = [] }: ScopeRequirement, { spec }: Pod): boolean {
  const terminating = spec?.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
  switch (scopeName) {
    case 'Terminating':
      return terminating;
    case 'NotTerminating':
      return !terminating;
    case 'BestEffort':
      return qosClass(spec!) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(spec!) !== 'BestEffort';
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec!.affinity);
    case 'PriorityClass':
      return inValues(operator, values, spec?.priorityClassName);
    default:
      return false;
  }
}

function inValues(operator: string, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return !!value;
    case 'DoesNotExist':
      return !value;
    case 'In':
      return !!value && values.includes(value);
    default:
      return !value || !values.includes(value);
  }
}

function crossesNamespaces(affinity: NonNullable<Pod['spec']>['affinity']): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((kind): (PodAffinityTerm | undefined)[] => [
    ...(kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some((term) => (term?.namespaces ?? []).length > 0 || term?.namespaceSelector !== undefined);
}

const onWrites = ({ operation, subresource }: AdmissionAttributes) =>
  (operation === 'CREATE' || operation === 'UPDATE') && subresource === '';

const serviceNames = new Set(['services', 'services.nodeports', 'services.loadbalancers', 'count/services']);

const services: Evaluator = {
  handles: onWrites,
  counts: (name) => serviceNames.has(name),
  usage(object) {
    const { spec } = object as Service;
    const balanced = spec?.type === 'LoadBalancer';
    const ports = spec?.ports ?? [];
    const charged =
      balanced && spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
    const exposed = balanced || spec?.type === 'NodePort';
    return new Map([
      ['count/services', one],
      ['services', one],
      ['services.nodeports', Quantity.of(exposed ? charged.length : 0)],
      ['services.loadbalancers', Quantity.of(balanced ? 1 : 0)],
    ]);
  },
  matchesScope: () => false,
};

const classSuffix = '.storageclass.storage.k8s.io/';
const claimNames = new Set(['persistentvolumeclaims', 'count/persistentvolumeclaims', 'requests.storage']);

const claims: Evaluator = {
  handles: onWrites,
  counts: (name) =>
    claimNames.has(name) ||
    name.endsWith(`${classSuffix}requests.storage`) ||
    name.endsWith(`${classSuffix}persistentvolumeclaims`),
  usage(object) {
    const claim = object as PersistentVolumeClaim;
    const usage: Amounts = new Map([
      ['persistentvolumeclaims', one],
      ['count/persistentvolumeclaims', one],
    ]);
    const name =
      claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName;
    if (name) usage.set(`${name}${classSuffix}persistentvolumeclaims`, one);
    const requested = amountsOf(claim.spec?.resources?.requests).get('storage');
    const allocated = amountsOf(claim.status?.allocatedResources).get('storage');
    const storage = requested && allocated && allocated.compare(requested) > 0 ? allocated : requested;
    if (!storage) return usage;
    usage.set('requests.storage', storage);
    if (name) usage.set(`${name}${classSuffix}requests.storage`, storage);
    return usage;
  },
  matchesScope: ({ scopeName, operator, values = [] }, object) => {
    const { spec, status } = object as PersistentVolumeClaim;
    if (scopeName !== 'VolumeAttributesClass') return false;
    const names = [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName].filter((name) => name);
    return names.length === 0
      ? inValues(operator, values, undefined)
      : names.some((name) => inValues(operator, values, name));
  },
};

const core: ReadonlyMap<string, Evaluator> = new Map([
  ['pods', pods],
  ['services', services],
  ['persistentvolumeclaims', claims],
]);

export function evaluatorOf(info: { group: string; resource: string }): Evaluator {
  return (info.group === '' ? core.get(info.resource) : undefined) ?? objectCount(info);
}

export function scopesOf({ spec }: ResourceQuota): ScopeRequirement[] {
  return [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
}
