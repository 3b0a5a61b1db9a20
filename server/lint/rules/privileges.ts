import * as z from 'zod';
import type { Container, PodSpec, SecurityContext } from '../../../runtime/api/kinds';
import { containerRule, podRule, type LintRule } from '../rule';
import type { ContainerView } from '../subject';

const isWindows = ({ os }: PodSpec) => os?.name === 'windows';

/** A yes or no of a container's security context, or else of its pod's. */
const effective = ({ container, pod }: ContainerView, field: 'runAsNonRoot' | 'runAsUser' | 'runAsGroup') =>
  container.securityContext?.[field] ?? pod.spec.securityContext?.[field];

/** Where a field of a container's security context is written, or else its pod's. */
const whereSet = ({ container, path, pod }: ContainerView, field: keyof SecurityContext) =>
  container.securityContext?.[field] === undefined && pod.spec.securityContext && field in pod.spec.securityContext
    ? `${pod.path}.securityContext.${field}`
    : `${path}.securityContext.${field}`;

const inContainer = (path: string, field: string, value: unknown, title: string) => ({
  title,
  edits: [{ set: `${path}.securityContext.${field}`, value }],
});

export const privilegedContainer = containerRule({
  id: 'privileged-container',
  category: 'security',
  title: 'A privileged container',
  why: 'It has every capability and every device of its node: who breaks out of the program owns the node.',
  repair: 'Take `privileged` away, and add the one capability that is needed.',
  check({ container, path }) {
    if (container.securityContext?.privileged !== true) return undefined;
    const at = `${path}.securityContext.privileged`;
    return {
      at,
      message: `container "${container.name}" is privileged`,
      fix: { title: 'Take the privilege away', edits: [{ remove: at }] },
    };
  },
});

export const privilegeEscalationAllowed = containerRule({
  id: 'privilege-escalation-allowed',
  category: 'security',
  title: 'A container whose processes may gain privileges',
  why:
    'Unless `allowPrivilegeEscalation` is false, a program with the setuid bit or file capabilities gets more ' +
    'rights than the process that starts it.',
  repair: 'Set `securityContext.allowPrivilegeEscalation: false`.',
  check({ container, path, pod }) {
    const { securityContext } = container;
    // With these the API server refuses to forbid escalation: they are the finding.
    const implied =
      securityContext?.privileged ||
      securityContext?.capabilities?.add?.some((name) => /^(CAP_)?SYS_ADMIN$/.test(name));
    if (securityContext?.allowPrivilegeEscalation === false || implied || isWindows(pod.spec)) return undefined;
    return {
      at: `${path}.securityContext.allowPrivilegeEscalation`,
      message: `processes of container "${container.name}" may gain privileges`,
      fix: inContainer(path, 'allowPrivilegeEscalation', false, 'Forbid it'),
    };
  },
});

export const rootUserAllowed = containerRule({
  id: 'root-user-allowed',
  category: 'security',
  title: 'A container that may run as root',
  why: 'Root of a container is root of the node to the kernel. Nothing here keeps the image from running as root.',
  repair:
    'Set `runAsNonRoot: true` for the pod or the container; the image must name a user that is not root, or ' +
    '`runAsUser` must.',
  check(view) {
    const { container, pod } = view;
    const user = effective(view, 'runAsUser');
    if (isWindows(pod.spec) || (effective(view, 'runAsNonRoot') === true && user !== 0)) return undefined;
    if (user === 0) return { at: whereSet(view, 'runAsUser'), message: `container "${container.name}" runs as root` };
    if (typeof user === 'number' && effective(view, 'runAsNonRoot') === undefined) return undefined;
    const at = whereSet(view, 'runAsNonRoot');
    const fix = { title: 'Refuse to run it as root', edits: [{ set: at, value: true }] };
    return { at, message: `container "${container.name}" may run as root`, fix };
  },
});

const idOptions = z.object({
  min: z.number().int().min(1).default(10_000).describe('The least user and group id.'),
});

export const userIdLow = containerRule<z.infer<typeof idOptions>>({
  id: 'user-id-low',
  category: 'security',
  title: 'A container with a low user or group id, or none',
  why:
    'Low ids belong to users of the node. A process that gets out of its container has the rights of the user of ' +
    'the same number.',
  repair: 'Set `runAsUser` and `runAsGroup` to high numbers.',
  options: idOptions,
  check(view, { min }) {
    const { container, pod } = view;
    if (isWindows(pod.spec)) return undefined;
    return (['runAsUser', 'runAsGroup'] as const).map((field) => {
      const id = effective(view, field);
      const what = field === 'runAsUser' ? 'user' : 'group';
      if (typeof id === 'number' && id >= min) return undefined;
      const message = id === undefined ? `has no ${what} id` : `has the ${what} id ${id}, below ${min}`;
      const at = whereSet(view, field);
      const fix = { title: `Set ${field} to ${min}`, edits: [{ set: at, value: min }] };
      return { at, message: `container "${container.name}" ${message}`, fix };
    });
  },
});

export const rootFilesystemWritable = containerRule({
  id: 'root-filesystem-writable',
  category: 'security',
  title: 'A container that can write its root filesystem',
  why:
    'Who gets into the program can leave files and replace programs. What is written there is lost at the next ' +
    'start anyway.',
  repair: 'Set `readOnlyRootFilesystem: true`, and mount an `emptyDir` where the program writes.',
  check({ container, path, pod }) {
    if (container.securityContext?.readOnlyRootFilesystem === true || isWindows(pod.spec)) return undefined;
    return {
      at: `${path}.securityContext.readOnlyRootFilesystem`,
      message: `container "${container.name}" can write its root filesystem`,
      fix: inContainer(path, 'readOnlyRootFilesystem', true, 'Make it read-only'),
    };
  },
});

const bare = (name: string) => name.toUpperCase().replace(/^CAP_/, '');
const capabilitiesOf = ({ securityContext }: Container, list: 'add' | 'drop') =>
  (securityContext?.capabilities?.[list] ?? []).map(bare);

const dropOptions = z.object({
  drop: z.array(z.string()).default(['ALL']).describe('Capabilities that have to be dropped; `NET_RAW` is the least.'),
});

export const capabilitiesKept = containerRule<z.infer<typeof dropOptions>>({
  id: 'capabilities-kept',
  category: 'security',
  title: 'A container that keeps capabilities',
  why:
    'A container begins with a dozen capabilities that few programs use. With NET_RAW alone it can forge packets ' +
    'and answer for its neighbours.',
  repair: 'Drop `ALL`, and add what is needed.',
  options: dropOptions,
  check({ container, path, pod }, { drop }) {
    const dropped = capabilitiesOf(container, 'drop');
    const kept = drop.filter((name) => !dropped.includes(bare(name)) && !dropped.includes('ALL'));
    if (kept.length === 0 || isWindows(pod.spec)) return undefined;
    const list = `${path}.securityContext.capabilities.drop`;
    const all = kept.length === 1 ? { append: list, value: kept[0] } : { set: list, value: [...dropped, ...kept] };
    return {
      at: list,
      message: `container "${container.name}" does not drop ${kept.join(', ')}`,
      fix: { title: `Drop ${kept.join(', ')}`, edits: [all] },
    };
  },
});

const addOptions = z.object({
  dangerous: z
    .array(z.string())
    .default(['ALL', 'SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE', 'SYS_MODULE', 'SYS_RAWIO', 'DAC_READ_SEARCH', 'BPF'])
    .describe('Capabilities that must not be added.'),
});

export const capabilityDangerous = containerRule<z.infer<typeof addOptions>>({
  id: 'capability-dangerous',
  category: 'security',
  title: 'A container with a capability that is as good as root of the node',
  why:
    'With SYS_ADMIN, SYS_PTRACE or SYS_MODULE a process can leave its container; with NET_ADMIN it can bend the ' +
    'traffic of its pod.',
  repair: 'Take it away, or look for a narrower one.',
  options: addOptions,
  check({ container, path }, { dangerous }) {
    const wanted = dangerous.map(bare);
    const list = `${path}.securityContext.capabilities.add`;
    return capabilitiesOf(container, 'add').map((name, i) => {
      if (!wanted.includes(name)) return undefined;
      const fix = { title: `Take ${name} away`, edits: [{ remove: `${list}[${i}]` }] };
      return { at: `${list}[${i}]`, message: `container "${container.name}" has the capability ${name}`, fix };
    });
  },
});

export const seccompProfileMissing = podRule({
  id: 'seccomp-profile-missing',
  category: 'security',
  title: 'Pods without a seccomp profile',
  why: 'Without one a process may make every system call that the kernel has, the rare and buggy ones too.',
  repair: 'Set `securityContext.seccompProfile.type: RuntimeDefault` for the pod.',
  check({ spec, path, containers }) {
    if (isWindows(spec) || spec.securityContext?.seccompProfile) return undefined;
    const without = containers.filter(({ container }) => !container.securityContext?.seccompProfile);
    if (without.length === 0) return undefined;
    const names = without.map(({ container }) => `"${container.name}"`).join(', ');
    return {
      at: `${path}.securityContext.seccompProfile`,
      message: `no seccomp profile for ${without.length === 1 ? 'container' : 'containers'} ${names}`,
      fix: {
        title: 'Use the profile of the container runtime',
        edits: [{ set: `${path}.securityContext.seccompProfile`, value: { type: 'RuntimeDefault' } }],
      },
    };
  },
});

const isConfined = (profile: { type?: string } | undefined) => profile !== undefined && profile.type !== 'Unconfined';

export const hardeningMissing = containerRule({
  id: 'hardening-missing',
  category: 'security',
  title: 'A container with none of the guards that Linux has',
  why: 'Neither seccomp nor AppArmor nor SELinux nor dropped capabilities stand between the program and the kernel.',
  repair: 'Begin with `seccompProfile: {type: RuntimeDefault}` and `capabilities: {drop: [ALL]}`.',
  check(view) {
    const { container, path, pod } = view;
    const [own, shared] = [container.securityContext, pod.spec.securityContext];
    const annotation = pod.metadata?.annotations?.[`container.apparmor.security.beta.kubernetes.io/${container.name}`];
    const guarded =
      isConfined(own?.seccompProfile ?? shared?.seccompProfile) ||
      isConfined(own?.appArmorProfile ?? shared?.appArmorProfile) ||
      (annotation !== undefined && annotation !== 'unconfined') ||
      own?.seLinuxOptions !== undefined ||
      shared?.seLinuxOptions !== undefined ||
      (capabilitiesOf(container, 'drop').length > 0 && !capabilitiesOf(container, 'add').includes('ALL'));
    if (guarded || isWindows(pod.spec)) return undefined;
    return {
      at: `${path}.securityContext`,
      message: `container "${container.name}" has neither seccomp, AppArmor, SELinux nor dropped capabilities`,
      fix: {
        title: 'Drop all capabilities',
        edits: [{ append: `${path}.securityContext.capabilities.drop`, value: 'ALL' }],
      },
    };
  },
});

export const procMountUnmasked = containerRule({
  id: 'proc-mount-unmasked',
  category: 'security',
  title: 'A container that sees all of /proc',
  why: '`procMount: Unmasked` uncovers what the runtime hides of the kernel: keys, memory maps, switches of the node.',
  repair: 'Leave `procMount` out.',
  check({ container, path }) {
    if ((container.securityContext?.procMount ?? 'Default') === 'Default') return undefined;
    const at = `${path}.securityContext.procMount`;
    const fix = { title: 'Use the default', edits: [{ remove: at }] };
    return { at, message: `/proc is not masked for container "${container.name}"`, fix };
  },
});

export const privilegeRules: LintRule[] = [
  privilegedContainer,
  privilegeEscalationAllowed,
  rootUserAllowed,
  userIdLow,
  rootFilesystemWritable,
  capabilitiesKept,
  capabilityDangerous,
  seccompProfileMissing,
  hardeningMissing,
  procMountUnmasked,
];
