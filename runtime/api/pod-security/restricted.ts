import type { Volume } from '../kinds';
import { seccompProfile as setSeccompProfile } from './baseline';
import type { Check } from './baseline';
import { containers, namesWhere, plural, quoted, setters, sorted } from './violations';
import type { Subject } from './violations';

type ContainerOf = Subject['containers'][number];

const isWindows = ({ spec }: Subject, minor: number) => minor >= 25 && spec.os?.name === 'windows';

const allowPrivilegeEscalation: Check = (subject, minor) => {
  if (minor < 8 || isWindows(subject, minor)) return undefined;
  const names = namesWhere(subject, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containers(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: Check = (subject, minor) => {
  if (minor < 22 || isWindows(subject, minor)) return undefined;
  const added = ({ securityContext }: ContainerOf) =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
  const keeping = namesWhere(
    subject,
    ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'),
  );
  const adding = namesWhere(subject, (container) => added(container).length > 0);
  const details = [
    ...(keeping.length > 0 ? [`${containers(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [
          `${containers(adding)} must not include ${quoted(sorted(subject.containers.flatMap(added)))} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  return details.length > 0 ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined;
};

const volumeTypes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const typeOf = (volume: Volume) =>
  Object.keys(volume).find((field) => field !== 'name' && volume[field as keyof Volume] !== undefined) ?? 'unknown';

const restrictedVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !volumeTypes.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(typeOf));
  const word = plural('restricted volume type', 'restricted volume types', types.length);
  const who = `${plural('volume', 'volumes', bad.length)} ${quoted(bad.map(({ name }) => name))}`;
  return {
    reason: 'restricted volume types',
    detail: `${who} ${plural('uses', 'use', bad.length)} ${word} ${quoted(types)}`,
  };
};

const runAsNonRoot: Check = (subject) => {
  const onPod = subject.spec.securityContext?.runAsNonRoot;
  const refusing = namesWhere(subject, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  const reason = 'runAsNonRoot != true';
  const silent = namesWhere(subject, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (onPod === false || refusing.length > 0) {
    return { reason, detail: `${setters(onPod === false, refusing)} must not set securityContext.runAsNonRoot=false` };
  }
  if (onPod || silent.length === 0) return undefined;
  return { reason, detail: `pod or ${containers(silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (subject, minor) => {
  if (minor < 23) return undefined;
  const onPod = subject.spec.securityContext?.runAsUser === 0;
  const names = namesWhere(subject, ({ securityContext }) => securityContext?.runAsUser === 0);
  if (!onPod && names.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${setters(onPod, names)} must not set runAsUser=0` };
};

const seccompProfile: Check = (subject, minor) => {
  if (minor < 19 || isWindows(subject, minor)) return undefined;
  const unsafe = setSeccompProfile(subject, minor);
  if (unsafe) return unsafe;
  if (subject.spec.securityContext?.seccompProfile) return undefined;
  const silent = namesWhere(subject, ({ securityContext }) => !securityContext?.seccompProfile);
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

/** In the order of upstream's ids. */
export const restricted = {
  allowPrivilegeEscalation,
  capabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfile,
} as const;
