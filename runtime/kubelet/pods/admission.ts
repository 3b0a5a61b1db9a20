import { hostPortsOf, portsConflict } from '../../api/host-ports';
import type { Live, Node, Pod } from '../../api/kinds';
import { parseQuantity } from '../../api/quantity';
import { safeSysctls, sysctlNamespace } from '../../api/sysctls';
import { isStaticPod, isTerminalPhase } from './pod-spec';
import { podRequests } from './resources';

/** Why the node doesn't take a pod: its status is Failed with this reason and message. */
export interface Refusal {
  reason: string;
  message: string;
}

/**
 * The kubelet's own look at a pod that was bound to it, against those that it runs (lifecycle.predicateAdmitHandler).
 */
export function admitPod(
  pod: Pod,
  others: readonly Pod[],
  node: Live<Node> | undefined,
  allocatable: Record<string, string>,
): Refusal | undefined {
  if (node && !isStaticPod(pod)) {
    if (!matchesNode(pod, node))
      return {
        reason: 'NodeAffinity',
        message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
      };
    if (hasUntolerated(pod, node))
      return {
        reason: 'TaintToleration',
        message: 'Predicate TaintToleration failed: node(s) had untolerated taint(s)',
      };
  }
  const active = others.filter(
    (other) => other.metadata.uid !== pod.metadata.uid && !isTerminalPhase(other.status?.phase),
  );
  return outOfResources(pod, active, allocatable) ?? portConflict(pod, active) ?? forbiddenSysctl(pod);
}

/** Why the node can't give a pod of its own what it asks for now: never, or not while its other pods are there. */
export function resizeRefusal(
  pod: Pod, others: readonly Pod[], allocatable: Record<string, string>,
): { reason: 'Infeasible' | 'Deferred'; message: string } | undefined {
  const alone = outOfResources(pod, [], allocatable);
  if (alone) return { reason: 'Infeasible', message: alone.message };
  const active = others.filter(
    (other) => other.metadata.uid !== pod.metadata.uid && !isTerminalPhase(other.status?.phase),
  );
  const together = outOfResources(pod, active, allocatable);
  return together && { reason: 'Deferred', message: together.message };
}

function outOfResources(pod: Pod, active: readonly Pod[], allocatable: Record<string, string>): Refusal | undefined {
  const limit = parseQuantity(allocatable.pods ?? '110').value();
  if (BigInt(active.length + 1) > limit) {
    return {
      reason: 'OutOfpods',
      message: `Node didn't have enough resource: pods, requested: 1, used: ${active.length}, capacity: ${limit}`,
    };
  }
  const requested = podRequests(pod);
  const used = new Map<string, bigint>();
  for (const other of active)
    for (const [name, amount] of podRequests(other)) used.set(name, (used.get(name) ?? 0n) + amount);
  for (const [name, amount] of requested) {
    if (amount === 0n) continue;
    const capacity = parseQuantity(allocatable[name] ?? '0').milliValue();
    const before = used.get(name) ?? 0n;
    if (before + amount <= capacity) continue;
    const shown = (milli: bigint): string => String(name === 'cpu' ? milli : (milli + 999n) / 1000n);
    return {
      reason: `OutOf${name}`,
      message:
        `Node didn't have enough resource: ${name}, requested: ${shown(amount)}, ` +
        `used: ${shown(before)}, capacity: ${shown(capacity)}`,
    };
  }
  return undefined;
}

function portConflict(pod: Pod, active: readonly Pod[]): Refusal | undefined {
  const taken = active.flatMap(hostPortsOf);
  return hostPortsOf(pod).some((port) => taken.some((used) => portsConflict(port, used)))
    ? {
        reason: 'NodePorts',
        message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
      }
    : undefined;
}

/** Only what is the pod's own may be set (kubelet's sysctl allowlist, with nothing added). */
function forbiddenSysctl({ spec }: Pod): Refusal | undefined {
  const safe = safeSysctls();
  for (const { name } of spec?.securityContext?.sysctls ?? []) {
    const quoted = JSON.stringify(name);
    const refuse = (why: string): Refusal => ({ reason: 'SysctlForbidden', message: `forbidden sysctl: ${quoted} ${why}` });
    if (!safe.has(name)) return refuse('not allowlisted');
    if (sysctlNamespace(name) === 'network' && spec?.hostNetwork) return refuse('not allowed with host net enabled');
    if (sysctlNamespace(name) === 'ipc' && spec?.hostIPC) return refuse('not allowed with host ipc enabled');
  }
  return undefined;
}

function hasUntolerated(pod: Pod, node: Node): boolean {
  const noExecute = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  return noExecute.some(
    (taint) =>
      !(pod.spec?.tolerations ?? []).some(
        ({ key, operator = 'Equal', value = '', effect }) =>
          (!effect || effect === taint.effect) &&
          (!key
            ? operator === 'Exists'
            : key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))),
      ),
  );
}

type Requirement = { key: string; operator: string; values?: string[] };

function matchesNode(pod: Pod, node: Live<Node>): boolean {
  const labels = node.metadata.labels ?? {};
  if (Object.entries(pod.spec?.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return required.nodeSelectorTerms.some(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchExpressions.length + matchFields.length > 0 &&
      matchExpressions.every((requirement) => meets(requirement, labels)) &&
      matchFields.every((requirement) => meets(requirement, { 'metadata.name': node.metadata.name })),
  );
}

function meets({ key, operator, values = [] }: Requirement, labels: Record<string, string>): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && BigInt(value) > BigInt(values[0] ?? '0');
    case 'Lt':
      return value !== undefined && BigInt(value) < BigInt(values[0] ?? '0');
    default:
      return false;
  }
}
