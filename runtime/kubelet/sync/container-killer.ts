import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import type { ContainerRuntime, ContainerStatus, RuntimePod } from '../container-runtime';
import { containerReference, type EventSink } from '../events';
import { type ContainerToKill } from '../pods/pod-actions';
import { findContainer, formatPod, isRestartableInit, type KubeletPod } from '../pods/pod-spec';
import { runHook } from './hooks';

const shortestGraceSeconds = 2;

/** Stops containers: preStop, stop signal, kill; all within the grace period (kuberuntime's killContainer). */
export class ContainerKiller {
  constructor(
    private readonly options: { runtime: ContainerRuntime; events: EventSink; clock: Clock; logger: Logger },
  ) {}

  /** One container that failed a probe or is to be replaced. */
  async kill(pod: KubeletPod, { status, message, reason }: ContainerToKill): Promise<void> {
    const container = findContainer(pod, status.name)?.container;
    const probe =
      reason === 'LivenessProbe'
        ? container?.livenessProbe
        : reason === 'StartupProbe'
          ? container?.startupProbe
          : undefined;
    const grace = probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    await this.stop(pod, status, grace, message);
  }

  /** All containers of a pod: the regular ones at once, then the sidecars, last first. */
  async killAll(pod: KubeletPod, runtime: RuntimePod, graceSeconds: number): Promise<void> {
    const running = runtime.containers.filter(({ state }) => state === 'running' || state === 'unknown');
    const sidecars = (pod.spec.initContainers ?? [])
      .filter(isRestartableInit)
      .map(({ name }) => name)
      .reverse();
    const endsAt = this.options.clock.now() + graceSeconds * 1000;
    await Promise.all(
      running.filter(({ name }) => !sidecars.includes(name)).map((status) => this.stop(pod, status, graceSeconds)),
    );
    for (const name of sidecars) {
      const left = Math.max(0, Math.ceil((endsAt - this.options.clock.now()) / 1000));
      await Promise.all(running.filter((status) => status.name === name).map((status) => this.stop(pod, status, left)));
    }
  }

  private async stop(
    pod: KubeletPod,
    status: ContainerStatus,
    graceSeconds: number,
    message = `Stopping container ${status.name}`,
  ): Promise<void> {
    const { events, runtime, clock } = this.options;
    events.eventAbout(containerReference(pod, status.name), 'Normal', 'Killing', message);
    const startedAt = clock.now();
    if (graceSeconds > 0) await this.preStop(pod, status, graceSeconds);
    const spent = Math.floor((clock.now() - startedAt) / 1000);
    const left = graceSeconds === 0 ? 0 : Math.max(shortestGraceSeconds, graceSeconds - spent);
    await runtime.stopContainer(status.id, left);
  }

  /** Waits for the hook no longer than the grace period. */
  private async preStop(pod: KubeletPod, status: ContainerStatus, graceSeconds: number): Promise<void> {
    const { runtime, clock, events, logger } = this.options;
    const container = findContainer(pod, status.name)?.container;
    const hook = container?.lifecycle?.preStop;
    if (!container || !hook || status.state !== 'running') return;
    let cancel = (): void => {};
    const timeout = new Promise<void>((resolve) => (cancel = clock.after(graceSeconds * 1000, resolve)));
    const podIP = pod.status?.podIP ?? '';
    const run = runHook(hook, { container, containerId: status.id, podIP }, runtime, clock).catch((error: unknown) => {
      logger.debug({ pod: formatPod(pod), error: (error as Error).message }, 'preStop failed');
      events.eventAbout(containerReference(pod, container.name), 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
    });
    await Promise.race([run, timeout]);
    cancel();
  }
}
