import * as z from 'zod';
import type { PodSpec } from '../../../runtime/api/kinds';
import { containerRule, podRule, type LintRule } from '../rule';

function shared(id: string, field: 'hostNetwork' | 'hostPID' | 'hostIPC', what: string, why: string): LintRule {
  return podRule({
    id,
    category: 'security',
    title: `Pods that share the ${what} of their node`,
    why,
    repair: `Leave \`${field}\` out. Few but agents of the node itself need it.`,
    check({ spec, path }) {
      if (spec[field] !== true) return undefined;
      const at = `${path}.${field}`;
      const fix = { title: `Take ${field} away`, edits: [{ remove: at }] };
      return { at, message: `the pod shares the ${what} of its node`, fix };
    },
  });
}

const hostNetwork = shared(
  'host-network',
  'hostNetwork',
  'network',
  'It can listen to what the node and its other pods say, reaches services that listen on the loopback address of ' +
    'the node, and no NetworkPolicy holds for it.',
);
const hostPid = shared(
  'host-pid',
  'hostPID',
  'processes',
  'It sees every process of the node with its arguments and environment, and can signal and, as root, enter them.',
);
const hostIpc = shared(
  'host-ipc',
  'hostIPC',
  'shared memory',
  'It can read and change the shared memory and semaphores of every process of the node.',
);

export const hostPort = containerRule({
  id: 'host-port',
  category: 'security',
  title: 'A container that takes a port of its node',
  why:
    'The port is open to whoever reaches the node, past Services and ingresses, and only one such pod fits on a ' +
    'node.',
  repair: 'Leave `hostPort` out and use a Service.',
  check({ container, path, pod }) {
    // On the network of the node the two are the same: that is another finding.
    if (pod.spec.hostNetwork) return undefined;
    return (container.ports ?? []).map(({ hostPort: port }, i) => {
      if (!port) return undefined;
      const at = `${path}.ports[${i}].hostPort`;
      const fix = { title: 'Take the host port away', edits: [{ remove: at }] };
      return { at, message: `container "${container.name}" takes port ${port} of its node`, fix };
    });
  },
});

const hostPaths = ({ volumes }: PodSpec) =>
  (volumes ?? []).flatMap((volume, i) => (volume.hostPath ? [{ volume, i, directory: volume.hostPath.path }] : []));

export const hostPathVolume = podRule({
  id: 'host-path-volume',
  category: 'security',
  title: 'A folder of the node in a pod',
  why: 'The pod reads, and often writes, files of its node; and what it leaves there stays behind when it moves.',
  repair: 'Use a PersistentVolumeClaim, an `emptyDir`, a ConfigMap or a Secret.',
  check: ({ spec, path }) =>
    hostPaths(spec).map(({ volume, i, directory }) => ({
      at: `${path}.volumes[${i}].hostPath.path`,
      message: `volume "${volume.name}" is ${directory} of the node`,
    })),
});

const sensitive = [
  '/',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/proc',
  '/root',
  '/run',
  '/sys',
  '/usr',
  '/var',
  '/var/lib',
  '/var/lib/kubelet',
  '/var/log',
  '/var/run',
];
const sensitiveOptions = z.object({ paths: z.array(z.string()).default(sensitive).describe('Folders of a node.') });

export const hostPathSensitive = podRule<z.infer<typeof sensitiveOptions>>({
  id: 'host-path-sensitive',
  category: 'security',
  title: 'A folder of the node that gives the node away',
  why:
    'Who can read `/etc` or `/var/lib/kubelet` of a node has its keys and the secrets of all its pods; who can ' +
    'write them owns it.',
  repair: 'Mount the one file or folder that is needed, and read-only.',
  options: sensitiveOptions,
  check: ({ spec, path }, { paths }) =>
    hostPaths(spec).map(({ volume, i, directory }) => {
      const clean = directory.length > 1 ? directory.replace(/\/+$/, '') : directory;
      if (!paths.includes(clean)) return undefined;
      return {
        at: `${path}.volumes[${i}].hostPath.path`,
        message: `volume "${volume.name}" gives away ${directory} of the node`,
      };
    }),
});

const sockets = /(^|\/)(docker|containerd|crio|cri-dockerd|podman)\.sock$/;

export const runtimeSocketMounted = podRule({
  id: 'runtime-socket-mounted',
  category: 'security',
  title: 'The socket of the container runtime in a pod',
  why: 'Whoever can write to it can start a privileged container: it is root of the node.',
  repair: 'Take it away. To build images, use a builder that needs no runtime (BuildKit rootless, Kaniko).',
  check: ({ spec, path }) =>
    hostPaths(spec).map(({ volume, i, directory }) => {
      if (!sockets.test(directory)) return undefined;
      return {
        at: `${path}.volumes[${i}].hostPath.path`,
        message: `volume "${volume.name}" is the socket of the container runtime: root of the node`,
      };
    }),
});

export const hostPathWritable = containerRule({
  id: 'host-path-writable',
  category: 'security',
  title: 'A folder of the node that a container can write',
  why: 'A mistake or an attack in the container changes files of its node.',
  repair: 'Set `readOnly: true` where the volume is mounted.',
  check({ container, path, pod }) {
    const onHost = new Map(hostPaths(pod.spec).map(({ volume, directory }) => [volume.name, directory]));
    if (onHost.size === 0) return undefined;
    return (container.volumeMounts ?? []).map(({ name, readOnly }, i) => {
      const directory = onHost.get(name);
      if (directory === undefined || readOnly) return undefined;
      const at = `${path}.volumeMounts[${i}]`;
      const fix = { title: 'Mount it read-only', edits: [{ set: `${at}.readOnly`, value: true }] };
      return { at, message: `container "${container.name}" can write ${directory} of the node`, fix };
    });
  },
});

export const hostProcess = podRule({
  id: 'host-process',
  category: 'security',
  title: 'Windows containers that run as processes of their node',
  why: 'A HostProcess container is no container: it has all that the user it runs as has on the node.',
  repair: 'Leave `windowsOptions.hostProcess` out.',
  check({ spec, path, containers }) {
    const places = [
      { context: spec.securityContext, at: path },
      ...containers.map(({ container, path: at }) => ({ context: container.securityContext, at })),
    ];
    return places.map(({ context, at }) => {
      if (context?.windowsOptions?.hostProcess !== true) return undefined;
      const field = `${at}.securityContext.windowsOptions.hostProcess`;
      return { at: field, message: 'the container runs as a process of the node' };
    });
  },
});

/** What the kubelet allows by itself: namespaced, and of no harm to the node (kubelet/sysctl/safe_sysctls.go). */
const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

export const sysctlUnsafe = podRule({
  id: 'sysctl-unsafe',
  category: 'security',
  title: 'Kernel settings that are not safe',
  why: 'They can harm other pods of the node. A kubelet refuses the pod unless it was started to allow them.',
  repair: 'Take them away, or allow them on the nodes that are meant for it.',
  check({ spec, path }) {
    return (spec.securityContext?.sysctls ?? []).map(({ name }, i) => {
      if (safeSysctls.has(name)) return undefined;
      const at = `${path}.securityContext.sysctls[${i}]`;
      const fix = { title: `Take ${name} away`, edits: [{ remove: at }] };
      return { at: `${at}.name`, message: `${name} is not one of the safe kernel settings`, fix };
    });
  },
});

export const hostRules: LintRule[] = [
  hostNetwork,
  hostPid,
  hostIpc,
  hostPort,
  hostPathVolume,
  hostPathSensitive,
  runtimeSocketMounted,
  hostPathWritable,
  hostProcess,
  sysctlUnsafe,
];
