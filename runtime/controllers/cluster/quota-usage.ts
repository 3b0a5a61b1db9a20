import { parseQuantity } from '../../api/quantity';
import type { KubeObject, PersistentVolumeClaim, Pod, ResourceQuota, Service } from '../../api/kinds';
import { podRequests } from '../../scheduler/resources';
import { isTerminal } from '../kit/pods';

/** Core resources that count under their plain name. */
const COUNTED = ['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims'];

export type Lister = (group: string, resource: string) => readonly KubeObject[];

/** The resource that a quota's name counts: `pods`, `count/deployments.apps`; undefined for amounts. */
export function countedResource(name: string): { group: string; resource: string } | undefined {
  if (COUNTED.includes(name)) return { group: '', resource: name };
  const match = /^count\/([^.]+)(?:\.(.+))?$/.exec(name);
  return match?.[1] ? { group: match[2] ?? '', resource: match[1] } : undefined;
}

const isBestEffort = (pod: Pod) => pod.status?.qosClass === 'BestEffort';

function inScope(pod: Pod, scope: string, operator: string, values: readonly string[]): boolean {
  switch (scope) {
    case 'Terminating':
      return pod.spec?.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec?.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass': {
      const name = pod.spec?.priorityClassName ?? '';
      if (operator === 'Exists') return name !== '';
      if (operator === 'DoesNotExist') return name === '';
      return values.includes(name) === (operator === 'In');
    }
    default:
      return true;
  }
}

function matchesScopes({ spec }: ResourceQuota, pod: Pod): boolean {
  return (
    (spec?.scopes ?? []).every((scope) => inScope(pod, scope, 'Exists', [])) &&
    (spec?.scopeSelector?.matchExpressions ?? []).every(({ scopeName, operator, values = [] }) => inScope(pod, scopeName, operator, values))
  );
}

/** Limits add up like requests, so they are counted as if they were. */
function podAmount(pod: Pod, name: string): bigint {
  const limits = name.startsWith('limits.');
  const resource = name.replace(/^(requests|limits)\./, '');
  const asRequests = (containers: NonNullable<Pod['spec']>['containers']) =>
    containers.map((container) => ({ ...container, resources: { requests: container.resources?.limits ?? {} } }));
  const spec = pod.spec ?? { containers: [] };
  const counted = limits ? { ...pod, spec: { ...spec, containers: asRequests(spec.containers), initContainers: asRequests(spec.initContainers ?? []) } } : pod;
  return BigInt(Math.round(podRequests(counted).get(resource) ?? 0));
}

const storageOf = ({ spec }: PersistentVolumeClaim) => parseQuantity(spec?.resources?.requests?.['storage'] ?? '0');

function serviceCount(services: readonly Service[], name: string): number {
  const exposed = services.filter(({ spec }) => spec?.type === 'LoadBalancer');
  if (name === 'services.loadbalancers') return exposed.length;
  const nodePorts = services.filter(({ spec }) => spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false));
  return nodePorts.reduce((sum, { spec }) => sum + (spec?.ports?.length ?? 0), 0);
}

/** What of a quota is used, in the quota's own names. Ended pods don't count. */
export function quotaUsage(quota: ResourceQuota, list: Lister): Record<string, string> {
  const pods = (list('', 'pods') as readonly Pod[]).filter((pod) => !isTerminal(pod) && matchesScopes(quota, pod));
  const used: Record<string, string> = {};
  for (const name of Object.keys(quota.spec?.hard ?? {})) {
    const counted = countedResource(name);
    if (name === 'pods') used[name] = String(pods.length);
    else if (counted) used[name] = String(list(counted.group, counted.resource).length);
    else if (name.startsWith('services.')) used[name] = String(serviceCount(list('', 'services'), name));
    else if (name === 'requests.storage') {
      const claims = list('', 'persistentvolumeclaims') as readonly PersistentVolumeClaim[];
      used[name] = claims.reduce((sum, claim) => sum.add(storageOf(claim)), parseQuantity('0')).toString();
    } else used[name] = amountText(name, pods);
  }
  return used;
}

function amountText(name: string, pods: readonly Pod[]): string {
  const total = pods.reduce((sum, pod) => sum + podAmount(pod, name), 0n);
  const cpu = /^(requests\.|limits\.)?cpu$/.test(name);
  const memory = /(memory|storage)$/.test(name);
  if (cpu) return parseQuantity(`${total}m`).toString();
  // Binary, as people write memory: 1Gi rather than 1073741824.
  return memory && total > 0n && total % 1024n === 0n ? parseQuantity(`${total / 1024n}Ki`).toString() : String(total);
}
