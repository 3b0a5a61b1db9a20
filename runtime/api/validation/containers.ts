import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  Container, ContainerPort, ContainerResizePolicy, ContainerRestartRule, EphemeralContainer, Volume, VolumeDevice,
  VolumeMount,
} from '../kinds';
import { dns1123LabelProblems, portNameProblems, portNumberProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, optionalOneOf, requiredOneOf } from './common';
import { env, envFrom } from './env';
import type { ProbeName } from './handlers';
import { lifecycle, probe } from './handlers';
import { descendingPath, hasBacksteps } from './paths';
import { resourceRequirements } from './resources';
import { securityContext } from './security';

export const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PROBES: readonly ProbeName[] = ['livenessProbe', 'readinessProbe', 'startupProbe'];

/** What a container's checks need of its pod. */
export interface PodContext {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly claimNames: ReadonlySet<string>;
  readonly gracePeriod: number | undefined;
  readonly restartPolicy: string | undefined;
  readonly hostUsers: boolean;
  /** False for a template, which is checked a little less. */
  readonly isPod: boolean;
}

export function protocol(out: Findings, path: Path, value: string | undefined): void {
  requiredOneOf(out, path, value, PROTOCOLS);
}

function ports(out: Findings, path: Path, list: readonly ContainerPort[]): void {
  const names = new Set<string>();
  list.forEach((port, i) => {
    const at = path.index(i);
    if (port.name) {
      const problems = portNameProblems(port.name);
      if (problems.length) invalidEach(out, at.child('name'), port.name, problems);
      else if (names.has(port.name)) out.push(finding.duplicate(at.child('name'), port.name));
      names.add(port.name);
    }
    if (!port.containerPort) out.push(finding.required(at.child('containerPort')));
    else invalidEach(out, at.child('containerPort'), port.containerPort, portNumberProblems(port.containerPort));
    if (port.hostPort) invalidEach(out, at.child('hostPort'), port.hostPort, portNumberProblems(port.hostPort));
    protocol(out, at.child('protocol'), port.protocol);
  });
}

function mountPropagation(out: Findings, path: Path, mount: VolumeMount, container: Container): void {
  optionalOneOf(out, path, mount.mountPropagation, ['Bidirectional', 'HostToContainer', 'None']);
  if (mount.mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
    out.push(finding.forbidden(path, 'Bidirectional mount propagation is available only to privileged containers'));
  }
}

function recursiveReadOnly(out: Findings, path: Path, mount: VolumeMount): void {
  const mode = mount.recursiveReadOnly;
  optionalOneOf(out, path, mode, ['Disabled', 'Enabled', 'IfPossible']);
  if (mode !== 'Enabled' && mode !== 'IfPossible') return;
  if (!mount.readOnly) out.push(finding.forbidden(path, 'may only be specified when readOnly is true'));
  if (mount.mountPropagation && mount.mountPropagation !== 'None') {
    out.push(finding.forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  }
}

function mountPaths(out: Findings, path: Path, at: Path, mount: VolumeMount): void {
  // Upstream leaves the index out of these paths.
  if (mount.subPath) descendingPath(out, path.child('subPath'), mount.subPath);
  if (!mount.subPathExpr) return;
  if (mount.subPath) {
    out.push(finding.invalid(
      at.child('subPathExpr'),
      mount.subPathExpr,
      'subPathExpr and subPath are mutually exclusive',
    ));
  }
  descendingPath(out, path.child('subPathExpr'), mount.subPathExpr);
}

function volumeMounts(out: Findings, path: Path, container: Container, { volumes }: PodContext): void {
  const devices = container.volumeDevices ?? [];
  const taken = new Set<string>();
  container.volumeMounts?.forEach((mount, i) => {
    const at = path.index(i);
    if (!mount.name) out.push(finding.required(at.child('name')));
    if (!volumes.has(mount.name)) out.push(finding.notFound(at.child('name'), mount.name ?? ''));
    if (!mount.mountPath) out.push(finding.required(at.child('mountPath')));
    if (taken.has(mount.mountPath)) out.push(finding.invalid(at.child('mountPath'), mount.mountPath, 'must be unique'));
    taken.add(mount.mountPath);
    if (devices.some(({ name }) => name === mount.name)) {
      out.push(finding.invalid(at.child('name'), mount.name, 'must not already exist in volumeDevices'));
    }
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath)) {
      out.push(finding.invalid(
        at.child('mountPath'),
        mount.mountPath,
        'must not already exist as a path in volumeDevices',
      ));
    }
    mountPaths(out, path, at, mount);
    if (mount.mountPropagation !== undefined) mountPropagation(out, path.child('mountPropagation'), mount, container);
    if (mount.recursiveReadOnly !== undefined) recursiveReadOnly(out, path.child('recursiveReadOnly'), mount);
  });
}

function deviceVolume(out: Findings, at: Path, name: string, volume: Volume | undefined): void {
  if (!volume) out.push(finding.notFound(at, name ?? ''));
  else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
    const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
    out.push(finding.invalid(at, name, detail));
  }
}

function volumeDevices(
  out: Findings,
  path: Path,
  devices: readonly VolumeDevice[],
  mounts: readonly VolumeMount[],
  { volumes }: PodContext,
): void {
  const [names, taken] = [new Set<string>(), new Set<string>()];
  devices.forEach(({ name, devicePath }, i) => {
    const at = path.index(i);
    if (!name) out.push(finding.required(at.child('name')));
    if (names.has(name)) out.push(finding.invalid(at.child('name'), name, 'must be unique'));
    deviceVolume(out, at.child('name'), name, volumes.get(name));
    if (!devicePath) out.push(finding.required(at.child('devicePath')));
    if (taken.has(devicePath)) out.push(finding.invalid(at.child('devicePath'), devicePath, 'must be unique'));
    if (devicePath && hasBacksteps(devicePath)) {
      out.push(finding.invalid(at.child('devicePath'), devicePath, "can not contain backsteps ('..')"));
    } else taken.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) {
      out.push(finding.invalid(at.child('name'), name, 'must not already exist in volumeMounts'));
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      out.push(finding.invalid(at.child('devicePath'), devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name) names.add(name);
  });
}

function resizePolicy(
  out: Findings,
  path: Path,
  policies: readonly ContainerResizePolicy[],
  podRestartPolicy: string | undefined,
): void {
  const seen = new Set<string>();
  policies.forEach(({ resourceName, restartPolicy }, i) => {
    if (seen.has(resourceName)) out.push(finding.duplicate(path.index(i), resourceName));
    seen.add(resourceName);
    requiredOneOf(out, path, resourceName, ['cpu', 'memory']);
    requiredOneOf(out, path, restartPolicy, ['NotRequired', 'RestartContainer']);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      out.push(finding.invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
  });
}

const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];

/** What all kinds of containers have in common. */
function common(out: Findings, path: Path, container: Container, pod: PodContext): void {
  if (!container.name) out.push(finding.required(path.child('name')));
  else {
    const problems = dns1123LabelProblems(container.name);
    if (problems.length) invalidEach(out, path.child('name'), container.name, problems);
  }
  if (!container.image) out.push(finding.required(path.child('image')));
  requiredOneOf(out, path.child('terminationMessagePolicy'), container.terminationMessagePolicy, MESSAGE_POLICIES);
  if (container.ports) ports(out, path.child('ports'), container.ports);
  if (container.env) env(out, path.child('env'), container.env);
  if (container.envFrom) envFrom(out, path.child('envFrom'), container.envFrom);
  if (container.volumeMounts) volumeMounts(out, path.child('volumeMounts'), container, pod);
  if (container.volumeDevices) {
    volumeDevices(out, path.child('volumeDevices'), container.volumeDevices, container.volumeMounts ?? [], pod);
  }
  requiredOneOf(out, path.child('imagePullPolicy'), container.imagePullPolicy, PULL_POLICIES);
  if (container.resources) resourceRequirements(out, path.child('resources'), container.resources, pod.claimNames);
  if (container.resizePolicy) resizePolicy(out, path.child('resizePolicy'), container.resizePolicy, pod.restartPolicy);
  if (container.securityContext)
    securityContext(out, path.child('securityContext'), container.securityContext, pod.hostUsers);
}

/** Pods refuse padded image names; templates have always let them pass. */
export function imageWithoutPadding(out: Findings, path: Path, container: Container): void {
  if (!container.image || container.image.trim() === container.image) return;
  out.push(finding.invalid(path.child('image'), container.image, 'must not have leading or trailing whitespace'));
}

function hostPortConflicts(out: Findings, path: Path, containers: readonly Container[]): void {
  const taken = new Set<string>();
  containers.forEach((container, i) => {
    container.ports?.forEach((port, j) => {
      if (!port.hostPort) return;
      const identity = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(identity))
        out.push(finding.duplicate(path.index(i).child('ports').index(j).child('hostPort'), identity));
      taken.add(identity);
    });
  });
}

function hooksAndProbes(out: Findings, path: Path, container: Container, { gracePeriod }: PodContext): void {
  if (container.lifecycle) lifecycle(out, path.child('lifecycle'), container.lifecycle, gracePeriod);
  for (const name of PROBES) {
    const value = container[name];
    if (value) probe(out, path.child(name), value, name, gracePeriod);
  }
}

function restartRule(out: Findings, path: Path, { action, exitCodes }: ContainerRestartRule): void {
  requiredOneOf(out, path.child('action'), action, ['Restart', 'RestartAllContainers']);
  if (!exitCodes) {
    out.push(finding.required(path.child('exitCodes'), 'must be specified'));
    return;
  }
  const at = path.child('exitCodes');
  requiredOneOf(out, at.child('operator'), exitCodes.operator, ['In', 'NotIn']);
  const count = exitCodes.values?.length ?? 0;
  if (count === 0) out.push(finding.invalid(at.child('values'), exitCodes.values, 'must specify at least 1 value'));
  if (count > 255) out.push(finding.tooMany(at.child('values'), count, 255));
}

function restartRules(out: Findings, path: Path, { restartPolicy, restartPolicyRules: rules }: Container): void {
  optionalOneOf(out, path.child('restartPolicy'), restartPolicy, ['Always', 'Never', 'OnFailure']);
  if (!rules?.length) return;
  if (!restartPolicy) {
    out.push(finding.required(path.child('restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  }
  const at = path.child('restartPolicyRules');
  if (rules.length > 20) out.push(finding.tooMany(at, rules.length, 20));
  rules.forEach((rule, i) => restartRule(out, at.index(i), rule));
}

export function ordinaryContainers(out: Findings, path: Path, containers: readonly Container[], pod: PodContext): void {
  if (containers.length === 0) {
    out.push(finding.required(path));
    return;
  }
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const at = path.index(i);
    common(out, at, container, pod);
    if (names.has(container.name)) out.push(finding.duplicate(at.child('name'), container.name));
    names.add(container.name);
    hooksAndProbes(out, at, container, pod);
    restartRules(out, at, container);
  });
  hostPortConflicts(out, path, containers);
}

const NOT_FOR_INIT = 'may not be set for init containers without restartPolicy=Always';

export function initContainers(
  out: Findings,
  path: Path,
  containers: readonly Container[],
  ordinary: readonly Container[],
  pod: PodContext,
): void {
  const names = new Set(ordinary.map(({ name }) => name));
  containers.forEach((container, i) => {
    const at = path.index(i);
    common(out, at, container, pod);
    restartRules(out, at, container);
    if (names.has(container.name)) out.push(finding.duplicate(at.child('name'), container.name));
    else if (container.name) names.add(container.name);
    hostPortConflicts(out, path, [container]);
    if (container.restartPolicy === 'Always') hooksAndProbes(out, at, container, pod);
    else {
      for (const field of ['lifecycle', ...PROBES] as const) {
        if (container[field]) out.push(finding.forbidden(at.child(field), NOT_FOR_INIT));
      }
    }
  });
}

const NOT_FOR_EPHEMERAL = 'cannot be set for an Ephemeral Container';
const EPHEMERAL_FORBIDDEN = [
  'ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'restartPolicy', 'restartPolicyRules',
  'resizePolicy',
] as const;

function ephemeralOnly(out: Findings, at: Path, container: EphemeralContainer): void {
  const forbid = (path: Path) => out.push(finding.forbidden(path, NOT_FOR_EPHEMERAL));
  for (const field of EPHEMERAL_FORBIDDEN) {
    const value = container[field];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) forbid(at.child(field));
  }
  if (Object.keys(container.resources ?? {}).length) forbid(at.child('resources'));
  container.volumeMounts?.forEach((mount, i) => {
    const mountPath = at.child('volumeMounts').index(i);
    if (mount.subPath) forbid(mountPath.child('subPath'));
    if (mount.subPathExpr) forbid(mountPath.child('subPathExpr'));
  });
}

export function ephemeralContainers(
  out: Findings,
  path: Path,
  containers: readonly EphemeralContainer[],
  others: readonly Container[],
  pod: PodContext,
): void {
  const otherNames = new Set(others.map(({ name }) => name));
  const names = new Set(otherNames);
  containers.forEach((container, i) => {
    const at = path.index(i);
    common(out, at, container, pod);
    imageWithoutPadding(out, at, container);
    if (names.has(container.name)) out.push(finding.duplicate(at.child('name'), container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !otherNames.has(target)) out.push(finding.notFound(at.child('targetContainerName'), target));
    ephemeralOnly(out, at, container);
  });
}
