import type { Path } from '../finding';
import { finding } from '../finding';
import type { PodSpec } from '../kinds';
import type { Findings } from './common';
import { eachContainer } from './security';

const NOT_ON_WINDOWS = 'cannot be set for a windows pod';
const NOT_ON_LINUX = 'windows options cannot be set for a linux pod';

/** Linux-only settings of a pod, in upstream's order; those marked as the spec's stand beside the security context. */
const POD_FIELDS = [
  'appArmorProfile', 'seLinuxOptions', 'spec.hostUsers', 'spec.hostPID', 'spec.hostIPC', 'seccompProfile', 'fsGroup',
  'fsGroupChangePolicy', 'sysctls', 'spec.shareProcessNamespace', 'runAsUser', 'runAsGroup', 'supplementalGroups',
  'supplementalGroupsPolicy', 'seLinuxChangePolicy',
];
const CONTAINER_FIELDS = [
  'appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged',
  'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup',
];
const PLAIN_FLAGS = new Set(['hostPID', 'hostIPC']);

const read = (object: object | undefined, field: string): unknown =>
  object && new Map<string, unknown>(Object.entries(object)).get(field);

function windows(out: Findings, path: Path, spec: PodSpec): void {
  for (const name of POD_FIELDS) {
    const ofSpec = name.startsWith('spec.');
    const field = ofSpec ? name.slice('spec.'.length) : name;
    const value = ofSpec ? read(spec, field) : read(spec.securityContext, field);
    const unset = value === undefined || (PLAIN_FLAGS.has(field) && value === false);
    if (!unset)
      out.push(finding.forbidden(ofSpec ? path.child(field) : path.child('securityContext', field), NOT_ON_WINDOWS));
  }
  eachContainer(spec, path, (container, at) => {
    for (const field of CONTAINER_FIELDS) {
      if (read(container.securityContext, field) === undefined) continue;
      out.push(finding.forbidden(at.child('securityContext', field), NOT_ON_WINDOWS));
    }
  });
}

function linux(out: Findings, path: Path, spec: PodSpec): void {
  if (spec.securityContext?.windowsOptions) {
    out.push(finding.forbidden(path.child('securityContext', 'windowsOptions'), NOT_ON_LINUX));
  }
  eachContainer(spec, path, (container, at) => {
    if (!container.securityContext?.windowsOptions) return;
    out.push(finding.forbidden(at.child('securityContext', 'windowsOptions'), NOT_ON_LINUX));
  });
}

/** `spec.os` and what it rules out. */
export function operatingSystem(out: Findings, path: Path, spec: PodSpec): void {
  const name = spec.os?.name;
  if (!name) out.push(finding.required(path.child('os', 'name'), 'cannot be empty'));
  else if (name === 'linux') linux(out, path, spec);
  else if (name === 'windows') windows(out, path, spec);
  else out.push(finding.notSupported(path.child('os'), name, ['linux', 'windows']));
}
