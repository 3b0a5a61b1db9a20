import type { LifecycleHandler, Probe, SELinuxOptions } from '../kinds';
import { safeSysctls } from '../sysctls';
import { containers, namesWhere, plural, quoted, setters, sorted } from './violations';
import type { Subject, Violation } from './violations';

/** A check answers nothing, or what is wrong. */
export type Check = (subject: Subject, minor: number) => Violation | undefined;

const isOf = (allowed: readonly string[], value: string | undefined) =>
  value === undefined || value === '' || allowed.includes(value);

const profiles = ['RuntimeDefault', 'Localhost'];
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

const appArmorProfile: Check = ({ metadata, spec, ...subject }) => {
  const types: string[] = [];
  const bad = (type: string | undefined) => {
    if (type === undefined || profiles.includes(type)) return false;
    types.push(type);
    return true;
  };
  const onPod = bad(spec.securityContext?.appArmorProfile?.type);
  const names = namesWhere({ metadata, spec, ...subject }, ({ securityContext }) =>
    bad(securityContext?.appArmorProfile?.type),
  );
  const annotations = Object.entries(metadata?.annotations ?? {})
    .filter(
      ([key, value]) =>
        key.startsWith(appArmorPrefix) &&
        value !== '' &&
        value !== 'runtime/default' &&
        !value.startsWith('localhost/'),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const values = [...sorted(types), ...annotations];
  if (values.length === 0) return undefined;
  const who = [
    setters(onPod, names),
    ...(annotations.length > 0 ? [plural('annotation', 'annotations', annotations.length)] : []),
  ];
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${who.filter((text) => text).join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const defaultCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const capabilities: Check = (subject) => {
  const added = (container: Subject['containers'][number]) =>
    (container.securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name));
  const names = namesWhere(subject, (container) => added(container).length > 0);
  if (names.length === 0) return undefined;
  const what = quoted(sorted(subject.containers.flatMap(added)));
  return {
    reason: 'non-default capabilities',
    detail: `${containers(names)} must not include ${what} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: Check = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => spec[field])
    .map((field) => `${field}=true`);
  return shared.length > 0 ? { reason: 'host namespaces', detail: shared.join(', ') } : undefined;
};

const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` };
};

const hostPorts: Check = (subject) => {
  const names = namesWhere(subject, ({ ports }) => (ports ?? []).some(({ hostPort }) => hostPort));
  if (names.length === 0) return undefined;
  const used = subject.containers.flatMap(({ ports }) =>
    (ports ?? []).filter(({ hostPort }) => hostPort).map(({ hostPort }) => String(hostPort)),
  );
  const ports = sorted(used);
  const word = plural('hostPort', 'hostPorts', ports.length);
  return {
    reason: word,
    detail: `${containers(names)} ${plural('uses', 'use', names.length)} ${word} ${ports.join(', ')}`,
  };
};

const hostsOf = (handler: Probe | LifecycleHandler | undefined) =>
  [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => host !== undefined && host !== '') as string[];

const hostProbesAndHostLifecycle: Check = (subject, minor) => {
  if (minor < 34) return undefined;
  const hosts = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Subject['containers'][number]) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hostsOf);
  const names = sorted(namesWhere(subject, (container) => hosts(container).length > 0));
  if (names.length === 0) return undefined;
  const forbidden = sorted(subject.containers.flatMap(hosts));
  const reason = 'probe or lifecycle host';
  const what = plural(reason, 'probe or lifecycle hosts', forbidden.length);
  return { reason, detail: `${containers(names)} ${plural('uses', 'use', names.length)} ${what} ${quoted(forbidden)}` };
};

const privileged: Check = (subject) => {
  const names = namesWhere(subject, ({ securityContext }) => securityContext?.privileged === true);
  return names.length > 0
    ? { reason: 'privileged', detail: `${containers(names)} must not set securityContext.privileged=true` }
    : undefined;
};

const procMount: Check = (subject) => {
  const bad = ({ securityContext }: Subject['containers'][number]) =>
    securityContext?.procMount !== undefined && securityContext.procMount !== 'Default';
  const names = namesWhere(subject, bad);
  if (names.length === 0) return undefined;
  const values = sorted(subject.containers.filter(bad).map(({ securityContext }) => securityContext!.procMount!));
  return {
    reason: 'procMount',
    detail: `${containers(names)} must not set securityContext.procMount to ${quoted(values)}`,
  };
};

const seLinuxTypes = ['container_t', 'container_init_t', 'container_kvm_t'];

const seLinuxOptions: Check = (subject, minor) => {
  const allowed = minor >= 31 ? [...seLinuxTypes, 'container_engine_t'] : seLinuxTypes;
  const seen: SELinuxOptions[] = [];
  const bad = (options: SELinuxOptions | undefined) => {
    if (!options || (isOf(allowed, options.type) && !options.user && !options.role)) return false;
    seen.push(options);
    return true;
  };
  const who = setters(
    bad(subject.spec.securityContext?.seLinuxOptions),
    namesWhere(subject, ({ securityContext }) => bad(securityContext?.seLinuxOptions)),
  );
  if (seen.length === 0) return undefined;
  const types = sorted(seen.flatMap(({ type }) => (isOf(allowed, type) ? [] : [type!])));
  const what = [
    ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${quoted(types)}`] : []),
    ...(seen.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(seen.some(({ role }) => role) ? ['role may not be set'] : []),
  ];
  return {
    reason: 'seLinuxOptions',
    detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
  };
};

/** The part that baseline and restricted share: a profile that is set must be a safe one. */
export const seccompProfile: Check = (subject) => {
  const types: string[] = [];
  const bad = (type: string | undefined) => {
    if (type === undefined || profiles.includes(type)) return false;
    types.push(type);
    return true;
  };
  const onPod = bad(subject.spec.securityContext?.seccompProfile?.type);
  const names = namesWhere(subject, ({ securityContext }) => bad(securityContext?.seccompProfile?.type));
  if (types.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `${setters(onPod, names)} must not set securityContext.seccompProfile.type to ${quoted(sorted(types))}`,
  };
};

const sysctls: Check = ({ spec }, minor) => {
  const allowed = safeSysctls(minor);
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.has(name));
  return names.length > 0 ? { reason: 'forbidden sysctls', detail: names.join(', ') } : undefined;
};

const windowsHostProcess: Check = (subject) => {
  const onPod = subject.spec.securityContext?.windowsOptions?.hostProcess === true;
  const names = namesWhere(subject, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
  if (!onPod && names.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${setters(onPod, names)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

/** In the order of upstream's ids. */
export const baseline = {
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  procMount,
  seLinuxOptions,
  seccompProfile,
  sysctls,
  windowsHostProcess,
} as const satisfies Record<string, Check>;
