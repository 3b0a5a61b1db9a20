import type { ConfigMap, Container, EphemeralContainer, Secret, Service } from '../../api/kinds';
import type { Clock } from '../../clock';
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ImageInfo,
  type Mount,
  RuntimeError,
  type RuntimePod,
  type Sandbox,
} from '../container-runtime';
import { ConfigError, containerEnvironment, type Environment, expandAll } from '../env/environment';
import type { PodFacts } from '../env/field-ref';
import { linkedServices, serviceVariables } from '../env/service-links';
import { containerReference, type EventSink, type EventType } from '../events';
import type { ImageManager } from '../images/image-manager';
import { Backoff, formatDuration } from '../pods/backoff';
import { statusOf } from '../pods/pod-actions';
import { formatPod, type KubeletPod } from '../pods/pod-spec';
import { linuxResources } from '../pods/resources';
import { containerMounts } from '../volumes/container-mounts';
import type { MountedVolume } from '../volumes/volume-manager';
import { runHook } from './hooks';
import { containerAnnotations, containerNameLabel, podLabels } from './labels';
import { containerSecurity } from './security';
import { StartError } from './start-error';
import type { TerminationMessages } from './termination-messages';

export interface ContainerStarterOptions {
  runtime: ContainerRuntime;
  events: EventSink;
  clock: Clock;
  images: ImageManager;
  backoff: { initial: number; max: number };
  messages: TerminationMessages;
  services(): Promise<readonly Service[]>;
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  memoryCapacity: bigint;
  toEngine(local: string): string;
}

/** What is known of the pod when one of its containers is started. */
export interface StartContext {
  pod: KubeletPod;
  runtime: RuntimePod;
  sandbox: Sandbox;
  facts: PodFacts;
  volumes: ReadonlyMap<string, MountedVolume>;
  /** /etc/hosts and /etc/resolv.conf. */
  files: Mount[];
}

/** Starts one container: back-off, image, configuration, create, start, postStart (kuberuntime's startContainer). */
export class ContainerStarter {
  private readonly backoff: Backoff;

  constructor(private readonly options: ContainerStarterOptions) {
    this.backoff = new Backoff(options.clock, options.backoff.initial * 1000, options.backoff.max * 1000);
  }

  /** Throws StartError. Returns the container's id. */
  async start(container: Container, context: StartContext): Promise<string> {
    this.checkBackoff(container, context);
    try {
      const image = await this.options.images.ensure(context.pod, container);
      const config = await this.configure(container, context, image);
      return await this.run(container, context, config);
    } catch (error) {
      const start = asStartError(error);
      const shown = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'].includes(start.reason)
        ? start.message
        : start.reason;
      if (start.reason !== 'PostStartHookError')
        this.event(context.pod, container, 'Warning', 'Failed', `Error: ${shown}`);
      throw start;
    }
  }

  forget(podUid: string): void {
    this.backoff.forget(`${podUid}_`);
    this.options.images.forget(podUid);
  }

  private checkBackoff(container: Container, { pod, runtime }: StartContext): void {
    const status = statusOf(runtime, container.name);
    if (status?.state !== 'exited') return;
    const key = `${pod.metadata.uid}_${container.name}`;
    const finishedAt = status.finishedAt ?? 0;
    const wait = this.backoff.remainingSince(key, finishedAt);
    if (wait === 0) {
      this.backoff.next(key, finishedAt);
      return;
    }
    this.event(
      pod,
      container,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${formatPod(pod)}`,
    );
    const delay = formatDuration(this.backoff.delayMs(key));
    throw new StartError(
      'CrashLoopBackOff',
      `back-off ${delay} restarting failed container=${container.name} pod=${formatPod(pod)}`,
      this.options.clock.now() + wait,
    );
  }

  private async configure(container: Container, context: StartContext, image: ImageInfo): Promise<ContainerConfig> {
    const { pod, runtime, volumes, files } = context;
    const environment = await this.environment(container, context);
    const newest = statusOf(runtime, container.name);
    const reported = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
      ({ name }) => name === container.name,
    );
    const attempt = newest
      ? newest.attempt + 1
      : reported?.state?.terminated || reported?.lastState?.terminated || reported?.state?.running
        ? reported.restartCount + 1
        : 0;
    const values = new Map(environment.variables.map(({ name, value }) => [name, value]));
    const mounts = await containerMounts(container, volumes, values, this.options.toEngine);
    const taken = new Set(mounts.map(({ containerPath }) => containerPath));
    return {
      name: container.name,
      attempt,
      image: container.image ?? '',
      imageId: image.id,
      ...(container.command?.length && { command: expandAll(container.command, environment) }),
      ...(container.args?.length && { args: expandAll(container.args, environment) }),
      ...(container.workingDir && { workingDir: container.workingDir }),
      env: environment.variables,
      mounts: [
        ...mounts,
        ...files.filter(({ containerPath }) => !taken.has(containerPath)),
        ...(await this.messageMount(pod, container, attempt)),
      ],
      tty: container.tty ?? false,
      stdin: container.stdin ?? false,
      stdinOnce: container.stdinOnce ?? false,
      resources: linuxResources(pod, container, this.options.memoryCapacity),
      security: containerSecurity(pod, container, image),
      labels: { ...podLabels(pod), [containerNameLabel]: container.name },
      annotations: containerAnnotations(pod, container),
      ...targetOf(container, runtime),
      ...(container.lifecycle?.stopSignal && { stopSignal: container.lifecycle.stopSignal }),
    };
  }

  private async messageMount(pod: KubeletPod, container: Container, attempt: number): Promise<Mount[]> {
    const file = await this.options.messages.prepare(pod, container, attempt);
    if (!file) return [];
    const containerPath = container.terminationMessagePath ?? '/dev/termination-log';
    return [
      {
        source: { kind: 'path', path: this.options.toEngine(file) },
        containerPath,
        readOnly: false,
        propagation: 'private',
      },
    ];
  }

  private async environment(container: Container, { pod, facts }: StartContext): Promise<Environment> {
    const namespace = pod.metadata.namespace ?? 'default';
    const services = linkedServices(await this.options.services(), namespace, pod.spec.enableServiceLinks ?? true);
    const environment = await containerEnvironment(pod, container, {
      configMap: (name) => this.options.configMap(namespace, name),
      secret: (name) => this.options.secret(namespace, name),
      serviceVariables: serviceVariables(services),
      facts,
    });
    for (const message of environment.skipped)
      this.event(pod, container, 'Warning', 'InvalidEnvironmentVariableNames', message);
    return environment;
  }

  private async run(
    container: Container,
    { pod, sandbox, facts }: StartContext,
    config: ContainerConfig,
  ): Promise<string> {
    const { runtime, clock } = this.options;
    const id = await runtime.createContainer(sandbox.id, config);
    this.event(pod, container, 'Normal', 'Created', 'Container created');
    await runtime.startContainer(id);
    this.event(pod, container, 'Normal', 'Started', 'Container started');
    const hook = container.lifecycle?.postStart;
    if (!hook) return id;
    try {
      await runHook(hook, { container, containerId: id, podIP: facts.podIPs[0] ?? facts.hostIP }, runtime, clock);
    } catch (error) {
      this.event(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
      this.event(pod, container, 'Normal', 'Killing', 'FailedPostStartHook');
      await runtime.stopContainer(id, pod.spec.terminationGracePeriodSeconds ?? 30);
      throw new StartError('PostStartHookError', (error as Error).message);
    }
    return id;
  }

  private event(pod: KubeletPod, container: Container, type: EventType, reason: string, message: string): void {
    this.options.events.eventAbout(containerReference(pod, container.name), type, reason, message);
  }
}

/** The running container that an ephemeral one is to look into. */
function targetOf(
  container: Container | EphemeralContainer,
  runtime: RuntimePod,
): Pick<ContainerConfig, 'targetContainerId'> {
  const name = 'targetContainerName' in container ? container.targetContainerName : undefined;
  const found = name
    ? runtime.containers.find((status) => status.name === name && status.state === 'running')
    : undefined;
  if (name && !found) throw new ConfigError(`unable to find target container ${name}`);
  return found ? { targetContainerId: found.id } : {};
}

function asStartError(error: unknown): StartError {
  if (error instanceof StartError) return error;
  if (error instanceof ConfigError) return new StartError('CreateContainerConfigError', error.message);
  if (error instanceof RuntimeError) return new StartError(error.reason, error.message);
  return new StartError('CreateContainerConfigError', (error as Error).message);
}
