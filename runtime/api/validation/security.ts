import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  AppArmorProfile, Container, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl,
  WindowsSecurityContextOptions,
} from '../kinds';
import { byteLength, dns1123SubdomainProblems, groupIdProblems, userIdProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, optionalOneOf } from './common';
import { descendingPath } from './paths';

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function seccomp(out: Findings, path: Path, profile: SeccompProfile): void {
  const { type, localhostProfile } = profile;
  if (!type) out.push(finding.required(path.child('type'), 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) out.push(finding.notSupported(path.child('type'), type, PROFILE_TYPES));
  const at = path.child('localhostProfile');
  if (type !== 'Localhost') {
    if (localhostProfile === undefined) return;
    out.push(finding.invalid(at, profile, 'can only be set when seccomp type is Localhost'));
  } else if (localhostProfile === undefined)
    out.push(finding.required(at, 'must be set when seccomp type is Localhost'));
  else descendingPath(out, at, localhostProfile);
}

function localhostAppArmor(out: Findings, at: Path, profile: string | undefined): void {
  if (profile === undefined) out.push(finding.required(at, 'must be set when AppArmor type is Localhost'));
  else {
    if (profile.trim() !== profile) out.push(finding.invalid(at, profile, 'must not be padded with whitespace'));
    else if (profile === '') out.push(finding.required(at, 'must be set when AppArmor type is Localhost'));
    if (byteLength(profile) > 4095) out.push(finding.tooLong(at, 4095));
  }
}

function appArmor(out: Findings, path: Path, { type, localhostProfile }: AppArmorProfile): void {
  const at = path.child('localhostProfile');
  if (!type) out.push(finding.required(path.child('type'), 'type is required when appArmorProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) out.push(finding.notSupported(path.child('type'), type, PROFILE_TYPES));
  else if (type === 'Localhost') localhostAppArmor(out, at, localhostProfile);
  else if (localhostProfile !== undefined) {
    out.push(finding.invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost'));
  }
}

const NETBIOS_DOMAIN = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_PART = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const DNS_DOMAIN = new RegExp(`^${DNS_PART}(?:\\.${DNS_PART})*$`);

function runAsUserNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\0-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const [domain, user] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : [undefined, name];
  const problems: string[] = [];
  if (domain !== undefined && domain.length >= 256)
    problems.push("runAsUserName's Domain length must be under 256 characters");
  if (domain !== undefined && !NETBIOS_DOMAIN.test(domain) && !DNS_DOMAIN.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  else if (user.length > 104) problems.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  }
  return problems;
}

function windowsOptions(out: Findings, path: Path, options: WindowsSecurityContextOptions): void {
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options;
  if (specName !== undefined) {
    invalidEach(out, path.child('gmsaCredentialSpecName'), specName, dns1123SubdomainProblems(specName));
  }
  if (spec === '') {
    out.push(finding.invalid(path.child('gmsaCredentialSpec'), spec, 'gmsaCredentialSpec cannot be an empty string'));
  } else if (spec !== undefined && byteLength(spec) > 64 * 1024) {
    out.push(finding.invalid(path.child('gmsaCredentialSpec'), spec, 'gmsaCredentialSpec size must be under 64 KiB'));
  }
  if (runAsUserName !== undefined) {
    invalidEach(out, path.child('runAsUserName'), runAsUserName, runAsUserNameProblems(runAsUserName));
  }
}

type Profiles = Pick<SecurityContext, 'seccompProfile' | 'windowsOptions' | 'appArmorProfile'>;

function platformProfiles(out: Findings, path: Path, context: Profiles, afterSeccomp?: () => void): void {
  if (context.seccompProfile) seccomp(out, path.child('seccompProfile'), context.seccompProfile);
  afterSeccomp?.();
  if (context.windowsOptions) windowsOptions(out, path.child('windowsOptions'), context.windowsOptions);
  if (context.appArmorProfile) appArmor(out, path.child('appArmorProfile'), context.appArmorProfile);
}

function users(
  out: Findings,
  path: Path,
  { runAsUser, runAsGroup }: { runAsUser?: number; runAsGroup?: number },
): void {
  if (runAsUser !== undefined) invalidEach(out, path.child('runAsUser'), runAsUser, userIdProblems(runAsUser));
  if (runAsGroup !== undefined) invalidEach(out, path.child('runAsGroup'), runAsGroup, groupIdProblems(runAsGroup));
}

/** A container's security context. */
export function securityContext(out: Findings, path: Path, context: SecurityContext, hostUsers: boolean): void {
  users(out, path, context);
  optionalOneOf(out, path.child('procMount'), context.procMount, ['Default', 'Unmasked']);
  if (hostUsers && context.procMount === 'Unmasked') {
    out.push(finding.invalid(path.child('procMount'), 'Unmasked', '`hostUsers` must be false to use `Unmasked`'));
  }
  platformProfiles(out, path, context, () => {
    if (context.allowPrivilegeEscalation !== false) return;
    const refuse = (what: string) =>
      out.push(finding.invalid(path, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`));
    if (context.privileged) refuse('`privileged` to true');
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) refuse('`capabilities.Add` CAP_SYS_ADMIN');
  });
}

const SYSCTL = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_FORM = new RegExp(`^${SYSCTL}$`);
const IPC_SYSCTLS = /^(kernel\.sem$|kernel\.shm|kernel\.msg|fs\.mqueue\.)/;

function sysctls(out: Findings, path: Path, list: readonly Sysctl[], spec: PodSpec): void {
  const seen = new Set<string>();
  list.forEach(({ name }, i) => {
    const at = path.index(i).child('name');
    if (!name) out.push(finding.required(at));
    else if (name.length > 253 || !SYSCTL_FORM.test(name)) {
      out.push(finding.invalid(at, name, `must have at most 253 characters and match regex ^${SYSCTL}$`));
    } else if (seen.has(name)) out.push(finding.duplicate(at, name));
    const dotted = name.replaceAll('/', '.');
    if (spec.hostNetwork && dotted.startsWith('net.')) {
      out.push(finding.invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC && IPC_SYSCTLS.test(dotted)) {
      out.push(finding.invalid(at, name, "may not be specified when 'hostIPC' is true"));
    }
    seen.add(name);
  });
}

/** The security context of a pod as a whole. */
export function podSecurityContext(out: Findings, path: Path, context: PodSecurityContext, spec: PodSpec): void {
  if (context.fsGroup !== undefined)
    invalidEach(out, path.child('fsGroup'), context.fsGroup, groupIdProblems(context.fsGroup));
  users(out, path, context);
  context.supplementalGroups?.forEach((group, i) => {
    invalidEach(out, path.child('supplementalGroups').index(i), group, groupIdProblems(group));
  });
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    out.push(finding.invalid(path.child('shareProcessNamespace'), true, detail));
  }
  if (context.sysctls) sysctls(out, path.child('sysctls'), context.sysctls, spec);
  optionalOneOf(out, path.child('fsGroupChangePolicy'), context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']);
  platformProfiles(out, path, context);
  optionalOneOf(out, path.child('supplementalGroupsPolicy'), context.supplementalGroupsPolicy, ['Merge', 'Strict']);
  optionalOneOf(out, path.child('seLinuxChangePolicy'), context.seLinuxChangePolicy, ['MountOption', 'Recursive']);
}

export type ContainerVisitor = (container: Container, path: Path) => void;

/** All containers of a pod in upstream's order: init, ordinary, ephemeral. */
export function eachContainer(spec: PodSpec, path: Path, visit: ContainerVisitor): void {
  spec.initContainers?.forEach((container, i) => visit(container, path.child('initContainers').index(i)));
  spec.containers?.forEach((container, i) => visit(container, path.child('containers').index(i)));
  spec.ephemeralContainers?.forEach((container, i) => visit(container, path.child('ephemeralContainers').index(i)));
}

/** The rules of containers that run as Windows host processes: all or none, and on the host's network. */
export function hostProcess(out: Findings, path: Path, spec: PodSpec): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let [total, hosted] = [0, 0];
  eachContainer(spec, path, (container, at) => {
    total++;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      out.push(finding.invalid(at.child('securityContext', 'windowsOptions', 'hostProcess'), own, detail));
    }
    if (own ?? ofPod) hosted++;
  });
  if (hosted === 0) return;
  if (hosted !== total) {
    const detail = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    out.push(finding.invalid(path, '', detail));
  }
  if (!spec.hostNetwork) {
    const detail = 'hostNetwork must be true if pod contains any hostProcess containers';
    out.push(finding.invalid(path.child('hostNetwork'), false, detail));
  }
}
