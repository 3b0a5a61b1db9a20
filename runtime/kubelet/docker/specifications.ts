import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerConfig, Mount, SandboxConfig } from '../container-runtime';
import { label } from './labels';

export interface SpecificationOptions {
  cluster: string;
  nodeName: string;
  pauseImage: string;
  /** Container whose network is the node's, for pods with hostNetwork. */
  nodeContainer: string;
}

const logs = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } };

/**
 * Names carry the uid, so they are unique at the engine; what upstream's names look like to people who read `docker
 * ps`.
 */
const containerName = (name: string, pod: { name: string; namespace: string; uid: string }, attempt: number): string =>
  `k8s_${name}_${pod.name}_${pod.namespace}_${pod.uid}_${attempt}`;

/**
 * The pause container: it holds the pod's namespaces. Always root with default capabilities, or it could not be
 * entered.
 */
export function sandboxSpecification(config: SandboxConfig, options: SpecificationOptions): ContainerCreateOptions {
  return {
    name: containerName('POD', config, config.attempt),
    Image: options.pauseImage,
    User: '0',
    Labels: {
      ...config.labels,
      [label.cluster]: options.cluster,
      [label.node]: options.nodeName,
      [label.kind]: 'sandbox',
      [label.podName]: config.name,
      [label.podNamespace]: config.namespace,
      [label.podUid]: config.uid,
      [label.attempt]: String(config.attempt),
      [label.annotations]: JSON.stringify(config.annotations),
    },
    ...(!config.hostNetwork && { Hostname: config.hostname }),
    HostConfig: {
      NetworkMode: config.hostNetwork ? `container:${options.nodeContainer}` : 'none',
      IpcMode: 'shareable',
      ...(config.hostPID && { PidMode: 'host' }),
      Mounts: config.mounts.map(engineMount),
      LogConfig: logs,
      ...(!config.hostNetwork && Object.keys(config.sysctls).length > 0 && { Sysctls: config.sysctls }),
    },
  };
}

/** A container of a pod: it joins the sandbox's network and IPC, and its processes where the pod asks for that. */
export function containerSpecification(
  config: ContainerConfig,
  sandbox: { id: string; labels: Readonly<Record<string, string>>; processes?: string },
  options: SpecificationOptions,
): ContainerCreateOptions {
  const pod = {
    name: sandbox.labels[label.podName] ?? '',
    namespace: sandbox.labels[label.podNamespace] ?? '',
    uid: sandbox.labels[label.podUid] ?? '',
  };
  const { resources, security } = config;
  return {
    name: containerName(config.name, pod, config.attempt),
    Image: config.imageId,
    Labels: {
      ...config.labels,
      [label.cluster]: options.cluster,
      [label.node]: options.nodeName,
      [label.kind]: 'container',
      [label.sandbox]: sandbox.id,
      [label.podName]: pod.name,
      [label.podNamespace]: pod.namespace,
      [label.podUid]: pod.uid,
      [label.containerName]: config.name,
      [label.attempt]: String(config.attempt),
      [label.image]: config.image,
      [label.annotations]: JSON.stringify(config.annotations),
    },
    ...(config.command && { Entrypoint: config.command }),
    ...(config.args && { Cmd: config.args }),
    ...(config.workingDir && { WorkingDir: config.workingDir }),
    Env: config.env.map(({ name, value }) => `${name}=${value}`),
    Tty: config.tty,
    OpenStdin: config.stdin,
    StdinOnce: config.stdinOnce,
    ...(config.stopSignal && { StopSignal: config.stopSignal }),
    ...(security.runAsUser !== undefined && {
      User:
        security.runAsGroup === undefined ? String(security.runAsUser) : `${security.runAsUser}:${security.runAsGroup}`,
    }),
    HostConfig: {
      NetworkMode: `container:${sandbox.id}`,
      IpcMode: `container:${sandbox.id}`,
      ...(sandbox.processes && { PidMode: sandbox.processes }),
      Mounts: config.mounts.filter((mount) => !isCreated(mount)).map(engineMount),
      // Only this older form has the engine make the folder.
      Binds: config.mounts.filter(isCreated).map(bindOf),
      LogConfig: logs,
      Privileged: security.privileged,
      ReadonlyRootfs: security.readOnlyRootFilesystem,
      CapAdd: security.addCapabilities,
      CapDrop: security.dropCapabilities,
      GroupAdd: security.supplementalGroups.map(String),
      SecurityOpt: securityOptions(security),
      CpuShares: resources.cpuShares ?? 0,
      CpuQuota: resources.cpuQuota ?? 0,
      CpuPeriod: resources.cpuPeriod ?? 0,
      // Swap would let a container pass its limit.
      ...(resources.memoryLimitBytes && { Memory: resources.memoryLimitBytes, MemorySwap: resources.memoryLimitBytes }),
      // An engine without CAP_SYS_RESOURCE can't make anything harder to kill than itself.
      ...(resources.oomScoreAdj !== undefined && resources.oomScoreAdj >= 0 && { OomScoreAdj: resources.oomScoreAdj }),
    },
  } as ContainerCreateOptions;
}

function securityOptions({ noNewPrivileges, seccompProfile }: ContainerConfig['security']): string[] {
  return [
    ...(noNewPrivileges ? ['no-new-privileges'] : []),
    ...(seccompProfile === 'unconfined' ? ['seccomp=unconfined'] : []),
  ];
}

const isCreated = ({ source }: Mount): boolean => source.kind === 'path' && source.create === true;

const bindOf = ({ source, containerPath, readOnly }: Mount): string =>
  `${source.kind === 'path' ? source.path : source.name}:${containerPath}:${readOnly ? 'ro' : 'rw'}`;

type EngineMount = NonNullable<NonNullable<ContainerCreateOptions['HostConfig']>['Mounts']>[number];

function engineMount({ source, containerPath, readOnly, propagation }: Mount): EngineMount {
  if (source.kind === 'path') {
    // Unless told, the engine chooses: below its own root it takes nothing less than rslave.
    const options = propagation === 'private' ? {} : { BindOptions: { Propagation: propagation } };
    return { Type: 'bind', Source: source.path, Target: containerPath, ReadOnly: readOnly, ...options };
  }
  return { Type: 'volume', Source: source.name, Target: containerPath, ReadOnly: readOnly };
}
