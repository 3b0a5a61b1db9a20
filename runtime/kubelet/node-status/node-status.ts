import { arch, hostname, release } from 'node:os';
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { ContainerImage, Live, Node, NodeCondition, NodeStatus } from '../../api/kinds';
import type { ImageInfo } from '../container-runtime';
import type { KubeletOptions } from '../options';
import { toTime } from '../pods/container-statuses';

export const kubeletVersion = 'v1.36.0';
/** Upstream reports no more images than this, largest first. */
const mostImages = 50;
const mostNamesPerImage = 5;

export interface NodeFacts {
  runtimeName: string;
  runtimeVersion: string;
  images: readonly ImageInfo[];
  port: number;
  now: number;
  /** Why the runtime can't be used. */
  runtimeError?: string;
  shuttingDown?: boolean;
}

export const goArch: Record<string, string> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' };

/** Labels that every node has, and those that it was given. */
export function nodeLabels({
  nodeName,
  labels = {},
}: Pick<KubeletOptions, 'nodeName' | 'labels'>): Record<string, string> {
  const architecture = goArch[arch()] ?? arch();
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    ...labels,
  };
}

export function initialNode(options: KubeletOptions, facts: NodeFacts): Node {
  const { nodeName, taints, providerId } = options;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: nodeLabels(options),
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: { ...(providerId && { providerID: providerId }), ...(taints?.length && { taints }) },
    status: nodeStatus(options, facts, undefined),
  };
}

/** The node's status, in upstream's reasons and words (pkg/kubelet/nodestatus). */
export function nodeStatus(options: KubeletOptions, facts: NodeFacts, previous: NodeStatus | undefined): NodeStatus {
  // What others have put there, as a device plugin's resources, is theirs (kubelet's MachineInfo setter).
  const capacity = { ...previous?.capacity, ...options.capacity };
  return {
    addresses: options.addresses,
    allocatable: capacity,
    capacity,
    conditions: nodeConditions(facts, previous?.conditions),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    images: nodeImages(facts.images),
    nodeInfo: {
      architecture: goArch[arch()] ?? arch(),
      bootID: readText('/proc/sys/kernel/random/boot_id') ?? '',
      containerRuntimeVersion: `${facts.runtimeName}://${facts.runtimeVersion}`,
      kernelVersion: release(),
      kubeProxyVersion: '',
      kubeletVersion,
      machineID: createHash('md5').update(`${hostname()}/${options.nodeName}`).digest('hex'),
      operatingSystem: 'linux',
      osImage: osImage(),
      systemUUID: createHash('md5').update(options.nodeName).digest('hex'),
    },
    runtimeHandlers: [{ name: '', features: { recursiveReadOnlyMounts: false, userNamespaces: false } }],
  };
}

function nodeImages(images: readonly ImageInfo[]): ContainerImage[] {
  return images
    .filter(({ tags, digests }) => tags.length + digests.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, mostImages)
    .map(({ tags, digests, sizeBytes }) => ({ names: [...digests, ...tags].slice(0, mostNamesPerImage), sizeBytes }));
}

const ours = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']);
const isOurs = ({ type }: NodeCondition): boolean => ours.has(type);

type Told = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

function nodeConditions(facts: NodeFacts, previous: readonly NodeCondition[] | undefined): NodeCondition[] {
  const fine = (type: string, reason: string, message: string): Told => ({ type, status: 'False', reason, message });
  const ready: Told = facts.runtimeError
    ? {
        type: 'Ready',
        status: 'False',
        reason: 'KubeletNotReady',
        message: `container runtime is down: ${facts.runtimeError}`,
      }
    : { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  const own = [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    ready,
  ];
  const now = toTime(facts.now);
  return own.map((condition) => {
    const old = previous?.find(({ type }) => type === condition.type);
    const lastTransitionTime =
      old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : now;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime };
  });
}

/** A strategic merge patch of the status; undefined when nothing but heartbeats would change and none is due. */
export function nodeStatusPatch(wanted: NodeStatus, node: Live<Node>, heartbeatDue: boolean): object | undefined {
  const known = node.status ?? {};
  const strip = (conditions: readonly NodeCondition[] | undefined): string =>
    JSON.stringify(
      (conditions ?? [])
        .filter(isOurs)
        .map(({ type, status, reason, message }) => [type, status, reason, message])
        .sort(),
    );
  const patch: Record<string, unknown> = {};
  if (heartbeatDue || strip(known.conditions) !== strip(wanted.conditions)) patch.conditions = wanted.conditions;
  for (const key of ['capacity', 'allocatable', 'daemonEndpoints', 'nodeInfo', 'images', 'runtimeHandlers'] as const) {
    if (canonical(known[key]) !== canonical(wanted[key])) patch[key] = wanted[key];
  }
  if (canonical(known.addresses) !== canonical(wanted.addresses))
    patch.addresses = [...(wanted.addresses ?? []), { $patch: 'replace' }];
  return Object.keys(patch).length > 0 ? { status: patch } : undefined;
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value ?? null, (_key, inner: unknown) =>
    inner === null || typeof inner !== 'object' || Array.isArray(inner)
      ? inner
      : Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function osImage(): string {
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(readText('/etc/os-release') ?? '')?.[1] ?? 'Linux';
}
