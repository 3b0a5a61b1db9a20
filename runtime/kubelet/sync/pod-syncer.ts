import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container } from '../../api/kinds';
import { parseQuantity } from '../../api/quantity';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { type ContainerRuntime, type Mount, RuntimeError, type RuntimePod, type Sandbox } from '../container-runtime';
import type { PodFacts } from '../env/field-ref';
import { type EventSink, podReference } from '../events';
import type { WaitingReason } from '../pods/container-statuses';
import { type ClusterDns, formatHosts, formatResolvConf, podDns, podHostname } from '../pods/dns';
import { computePodActions, type PodActions, type ProbeOutcomes } from '../pods/pod-actions';
import { formatPod, isHostNetwork, type KubeletPod } from '../pods/pod-spec';
import type { MountedVolume } from '../volumes/volume-manager';
import type { ContainerKiller } from './container-killer';
import type { ContainerStarter, StartContext } from './container-starter';
import { podLabels, sandboxAnnotations } from './labels';
import { StartError } from './start-error';

export interface PodSyncerOptions {
  runtime: ContainerRuntime;
  events: EventSink;
  clock: Clock;
  logger: Logger;
  starter: ContainerStarter;
  killer: ContainerKiller;
  dns: ClusterDns;
  nodeHosts: string;
  podFolder(uid: string): string | undefined;
  toEngine(local: string): string;
}

export interface SyncInput {
  pod: KubeletPod;
  runtime: RuntimePod;
  probes: ProbeOutcomes;
  facts: PodFacts;
  volumes: ReadonlyMap<string, MountedVolume>;
  /** Aborted when the pod is to end: no further container is started. */
  signal: AbortSignal;
}

export interface SyncResult {
  /** Something was done: the runtime's state is to be looked at again. */
  changed: boolean;
  /** When to try again what can't be done yet. */
  retryAt?: number;
  failed: boolean;
}

/** Carries out what `computePodActions` decided, in upstream's order (kuberuntime's SyncPod). */
export class PodSyncer {
  private readonly reasons = new Map<string, Map<string, WaitingReason>>();

  constructor(private readonly options: PodSyncerOptions) {}

  waiting(uid: string, container: string): WaitingReason | undefined {
    return this.reasons.get(uid)?.get(container);
  }

  forget(uid: string): void {
    this.reasons.delete(uid);
    this.options.starter.forget(uid);
  }

  async sync(input: SyncInput): Promise<SyncResult> {
    const { pod, runtime, probes } = input;
    const actions = computePodActions(pod, runtime, probes);
    const result: SyncResult = { changed: false, failed: false };
    if (actions.killPod) await this.killPod(pod, runtime, actions, result);
    else {
      await Promise.all(actions.kill.map((kill) => this.options.killer.kill(pod, kill)));
      result.changed = actions.kill.length > 0;
    }
    if (actions.killPod && !actions.createSandbox) return result;
    const sandbox = actions.createSandbox ? await this.createSandbox(input, actions.attempt, result) : actions.sandbox;
    if (!sandbox) return result;
    await this.startContainers(input, actions, sandbox, result);
    return result;
  }

  /** The sandboxes of a pod that has ended. Containers stay for their logs. */
  async stopSandboxes(runtime: RuntimePod): Promise<void> {
    await Promise.all(
      runtime.sandboxes.filter(({ state }) => state === 'ready').map(({ id }) => this.options.runtime.stopSandbox(id)),
    );
  }

  private async killPod(pod: KubeletPod, runtime: RuntimePod, actions: PodActions, result: SyncResult): Promise<void> {
    if (actions.sandbox && actions.createSandbox) {
      this.options.events.eventAbout(
        podReference(pod),
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      );
    }
    const hadRunning =
      runtime.containers.some(({ state }) => state === 'running') ||
      runtime.sandboxes.some(({ state }) => state === 'ready');
    await this.options.killer.killAll(pod, runtime, pod.spec.terminationGracePeriodSeconds ?? 30);
    await this.stopSandboxes(runtime);
    result.changed ||= hadRunning;
  }

  private async createSandbox(
    { pod, volumes }: SyncInput,
    attempt: number,
    result: SyncResult,
  ): Promise<Sandbox | undefined> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    const { spec } = pod;
    try {
      const sandbox = await this.options.runtime.runSandbox({
        name,
        namespace,
        uid,
        attempt,
        hostname: podHostname(pod, this.options.dns.domain).hostname,
        hostNetwork: isHostNetwork(pod),
        hostPID: spec.hostPID ?? false,
        shareProcessNamespace: spec.shareProcessNamespace ?? false,
        mounts: [...volumes.values()].flatMap((volume) =>
          volume.kind === 'tmpfs'
            ? [
                {
                  source: volume,
                  containerPath: `/volumes/${volume.name}`,
                  readOnly: false,
                  propagation: 'private' as const,
                },
              ]
            : [],
        ),
        labels: podLabels(pod),
        annotations: sandboxAnnotations(pod),
        sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map((sysctl) => [sysctl.name, sysctl.value])),
        portMappings: [],
      });
      result.changed = true;
      return sandbox;
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      this.options.events.eventAbout(
        podReference(pod),
        'Warning',
        'FailedCreatePodSandBox',
        `Failed to create pod sandbox: ${error.message}`,
      );
      result.failed = true;
      return undefined;
    }
  }

  private async startContainers(
    input: SyncInput,
    actions: PodActions,
    sandbox: Sandbox,
    result: SyncResult,
  ): Promise<void> {
    const { pod, runtime, volumes } = input;
    const { spec } = pod;
    const all = [
      ...actions.startEphemeral.map((index) => spec.ephemeralContainers?.[index]),
      ...actions.startInit.map((index) => spec.initContainers?.[index]),
      ...actions.start.map((index) => spec.containers[index]),
    ].filter((container) => container !== undefined);
    if (all.length === 0) return;
    const facts = { ...input.facts, podIPs: isHostNetwork(pod) ? input.facts.hostIPs : sandbox.ip ? [sandbox.ip] : [] };
    const context: StartContext = {
      pod,
      runtime,
      sandbox,
      facts,
      volumes,
      files: await this.networkFiles(pod, facts.podIPs),
    };
    for (const container of all) {
      if (input.signal.aborted) return;
      await this.startOne(container, context, result);
    }
  }

  private async startOne(container: Container, context: StartContext, result: SyncResult): Promise<void> {
    const uid = context.pod.metadata.uid;
    const reasons = this.reasons.get(uid) ?? new Map<string, WaitingReason>();
    this.reasons.set(uid, reasons);
    try {
      await this.options.starter.start(container, context);
      reasons.delete(container.name);
      result.changed = true;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.options.logger.debug(
        { pod: formatPod(context.pod), container: container.name, reason: error.reason, message: error.message },
        'container not started',
      );
      reasons.set(container.name, { reason: error.reason, message: error.message });
      if (error.retryAt === undefined) result.failed = true;
      else result.retryAt = Math.min(error.retryAt, result.retryAt ?? Infinity);
    }
  }

  private async networkFiles(pod: KubeletPod, podIPs: string[]): Promise<Mount[]> {
    const folder = this.options.podFolder(pod.metadata.uid);
    if (!folder) return [];
    await mkdir(folder, { recursive: true });
    const hosts = formatHosts(pod, podIPs, podHostname(pod, this.options.dns.domain), this.options.nodeHosts);
    const resolv = formatResolvConf(podDns(pod, this.options.dns));
    await Promise.all([writeFile(join(folder, 'etc-hosts'), hosts), writeFile(join(folder, 'resolv.conf'), resolv)]);
    const mount = (file: string, containerPath: string): Mount => ({
      source: { kind: 'path', path: this.options.toEngine(join(folder, file)) },
      containerPath,
      readOnly: false,
      propagation: 'private',
    });
    return [mount('etc-hosts', '/etc/hosts'), mount('resolv.conf', '/etc/resolv.conf')];
  }
}

/** Bytes of a capacity, for scores that are shares of it. */
export const bytesOf = (quantity: string): bigint => parseQuantity(quantity).value();
