import type { Path } from '../finding';
import { finding } from '../finding';
import { isIpv4, isIpv6 } from '../cidr';
import type { Container, ContainerStatus, Pod, PodCondition, PodSpec } from '../kinds';
import { dns1123SubdomainProblems, groupIdProblems, userIdProblems } from '../names';
import type { Findings } from './common';
import { immutable, invalidEach, ipAddress, METADATA, qualifiedName, STATUS } from './common';
import { podAnnotations, podAnnotationUpdates } from './pod-annotations';

const SYSTEM_CONDITIONS = new Set(['PodScheduled', 'Ready', 'Initialized']);

function conditions(out: Findings, list: readonly PodCondition[] | undefined): void {
  list?.forEach(({ type }, i) => {
    if (!SYSTEM_CONDITIONS.has(type)) qualifiedName(out, METADATA.child('conditions').index(i).child('Type'), type);
  });
}

/** A container that may not run again stays terminated. */
function transitions(
  out: Findings,
  path: Path,
  now: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  restartPolicy: string | undefined,
  restartable: (name: string) => boolean = () => false,
): void {
  if (restartPolicy === 'Always') return;
  old.forEach((before, i) => {
    const terminated = before.state?.terminated;
    if (!terminated || (terminated.exitCode !== 0 && restartPolicy === 'OnFailure') || restartable(before.name)) return;
    if (now.some((after) => after.name === before.name && !after.state?.terminated)) {
      out.push(finding.forbidden(path.index(i).child('state'), 'may not be transitioned to non-terminated state'));
    }
  });
}

function addresses(out: Findings, path: Path, list: readonly { ip?: string }[] | undefined): void {
  const ips = list?.map(({ ip }) => ip ?? '') ?? [];
  ips.forEach((ip, i) => ipAddress(out, path.index(i), ip));
  if (ips.length < 2) return;
  if (ips.length > 2 || !ips.some(isIpv4) || !ips.some(isIpv6)) {
    const printed = ips.map((IP) => ({ IP }));
    out.push(finding.invalid(path, printed, 'may specify no more than one IP for each IP family'));
  }
  ips.forEach((IP, i) => {
    if (ips.indexOf(IP) < i) out.push(finding.duplicate(path.index(i), { IP }));
  });
}

function hostAddresses(out: Findings, { status }: Pod): void {
  const first = status?.hostIPs?.[0]?.ip;
  const path = STATUS.child('hostIPs');
  if (first !== undefined && status?.hostIP !== first) {
    out.push(finding.invalid(path.index(0).child('ip'), first, 'must be equal to `hostIP`'));
  }
  addresses(out, path, status?.hostIPs);
}

function statusUsers(out: Findings, path: Path, list: readonly ContainerStatus[] | undefined, os: string): void {
  list?.forEach(({ user }, i) => {
    const linux = user?.linux;
    const at = path.index(i).child('linux');
    if (!linux) return;
    if (os === 'windows') out.push(finding.forbidden(at, 'cannot be set for a windows pod'));
    else {
      invalidEach(out, at.child('uid'), linux.uid, userIdProblems(linux.uid));
      invalidEach(out, at.child('gid'), linux.gid, groupIdProblems(linux.gid));
      linux.supplementalGroups?.forEach((group, j) => {
        invalidEach(out, at.child('supplementalGroups').index(j), group, groupIdProblems(group));
      });
    }
  });
}

function claimStatuses(out: Findings, { spec, status }: Pod): void {
  const seen = new Set<string>();
  status?.resourceClaimStatuses?.forEach(({ name, resourceClaimName }, i) => {
    const at = STATUS.child('resourceClaimStatuses').index(i).child('name');
    if (!spec?.resourceClaims?.some((claim) => claim.name === name)) {
      out.push(finding.invalid(at, name, 'must match the name of an entry in `spec.resourceClaims`'));
    }
    if (seen.has(name)) out.push(finding.duplicate(at, name));
    seen.add(name);
    if (resourceClaimName !== undefined)
      invalidEach(out, at, resourceClaimName, dns1123SubdomainProblems(resourceClaimName));
  });
}

const isSidecar = (containers: readonly Container[] = []) => (name: string) =>
  containers.some((container) => container.name === name && container.restartPolicy === 'Always');

/** A change through `pods/status`. */
export function podStatusUpdate(pod: Pod, old: Pod): Findings {
  const out: Findings = [];
  const spec: PodSpec = pod.spec ?? { containers: [] };
  podAnnotationUpdates(out, METADATA.child('annotations'), pod.metadata.annotations, old.metadata.annotations);
  podAnnotations(out, METADATA.child('annotations'), pod.metadata.annotations, spec);
  const { status } = pod;
  conditions(out, status?.conditions);
  if ((spec.nodeName ?? '') !== (old.spec?.nodeName ?? '')) {
    out.push(finding.forbidden(STATUS.child('nodeName'), 'may not be changed directly'));
  }
  const nominated = status?.nominatedNodeName;
  if (nominated && nominated !== old.status?.nominatedNodeName) {
    invalidEach(out, STATUS.child('nominatedNodeName'), nominated, dns1123SubdomainProblems(nominated));
  }
  if (old.status?.qosClass) immutable(out, STATUS.child('qosClass'), status?.qosClass ?? '', old.status.qosClass);
  const policy = old.spec?.restartPolicy;
  const fields = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;
  for (const field of fields) {
    const sidecar = field === 'initContainerStatuses' ? isSidecar(old.spec?.initContainers) : undefined;
    const own = field === 'ephemeralContainerStatuses' ? 'Never' : policy;
    transitions(out, STATUS.child(field), status?.[field], old.status?.[field], own, sidecar);
  }
  claimStatuses(out, pod);
  addresses(out, STATUS.child('podIPs'), status?.podIPs);
  hostAddresses(out, pod);
  for (const field of fields) statusUsers(out, STATUS.child(field), status?.[field], spec.os?.name ?? 'linux');
  return out;
}
