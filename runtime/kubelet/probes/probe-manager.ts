import type { Container, Probe } from '../../api/kinds';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import type { ContainerRuntime, RuntimePod } from '../container-runtime';
import { containerReference, type EventSink } from '../events';
import { type ProbeOutcome, type ProbeOutcomes, statusOf } from '../pods/pod-actions';
import { isRestartableInit, type KubeletPod } from '../pods/pod-spec';
import type { ProbeStates } from '../pods/pod-status';
import { debuggedUntil } from '../../api/debug-lease';
import { type ProbeKind, type ProbeResult, probeTitle } from './probe-result';
import { runProbe } from './prober';

export interface ProbeManagerOptions {
  runtime: ContainerRuntime;
  clock: Clock;
  logger: Logger;
  events: EventSink;
  /** A container's outcome changed. */
  changed(podUid: string): void;
}

const kinds: readonly ProbeKind[] = ['startup', 'readiness', 'liveness'];
const probeOf: Record<ProbeKind, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> = {
  startup: 'startupProbe',
  readiness: 'readinessProbe',
  liveness: 'livenessProbe',
};

/** Runs the probes of containers that run. One worker a container instance and kind; outcomes are by container id. */
export class ProbeManager {
  private readonly workers = new Map<string, Map<string, ProbeWorker>>();
  /** Pods that a debugger holds, until when. */
  private readonly leases = new Map<string, number>();

  constructor(private readonly options: ProbeManagerOptions) {}

  /** Starts workers for what runs now, and ends those of instances that don't. */
  update(pod: KubeletPod, runtime: RuntimePod, podIP: string): void {
    const workers = this.workers.get(pod.metadata.uid) ?? new Map<string, ProbeWorker>();
    this.leases.set(pod.metadata.uid, debuggedUntil(pod));
    const wanted = new Set<string>();
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isRestartableInit)];
    for (const container of containers) {
      const status = statusOf(runtime, container.name);
      if (status?.state !== 'running') continue;
      for (const kind of kinds) {
        const probe = container[probeOf[kind]];
        if (!probe) continue;
        const key = `${status.id}/${kind}`;
        wanted.add(key);
        const startup = () => workers.get(`${status.id}/startup`);
        const started = (): boolean => !container.startupProbe || startup()?.outcome === 'success';
        const subject = {
          pod,
          container,
          containerId: status.id,
          podIP,
          startedAt: status.startedAt ?? status.createdAt,
        };
        if (!workers.has(key)) workers.set(key, new ProbeWorker(kind, probe, subject, { started, debuggedUntil: () => this.leases.get(pod.metadata.uid) ?? 0 }, this.options));
      }
    }
    for (const [key, worker] of workers) {
      if (wanted.has(key)) continue;
      worker.stop();
      workers.delete(key);
    }
    if (workers.size > 0) this.workers.set(pod.metadata.uid, workers);
    else this.workers.delete(pod.metadata.uid);
  }

  /** A pod that is to end isn't restarted for its probes; readiness goes on being told until it has ended. */
  stopLivenessAndStartup(uid: string): void {
    for (const [key, worker] of this.workers.get(uid) ?? []) if (!key.endsWith('/readiness')) worker.stop();
  }

  remove(uid: string): void {
    for (const worker of this.workers.get(uid)?.values() ?? []) worker.stop();
    this.workers.delete(uid);
    this.leases.delete(uid);
  }

  /** Outcomes for deciding what to do; only of what has been tried often enough. */
  outcomes(uid: string): ProbeOutcomes {
    const of = (id: string, kind: ProbeKind): ProbeOutcome => this.workers.get(uid)?.get(`${id}/${kind}`)?.outcome;
    return {
      liveness: (id) => (of(id, 'liveness') === 'failure' ? 'failure' : undefined),
      startup: (id) => of(id, 'startup'),
    };
  }

  /** `started` and `ready` of a running container. Without a probe it is both at once. */
  states(pod: KubeletPod): ProbeStates {
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
    const answer = (name: string, id: string | undefined, kind: ProbeKind): boolean => {
      const container = containers.find((candidate) => candidate.name === name);
      if (!container?.[probeOf[kind]]) return true;
      return id !== undefined && this.workers.get(pod.metadata.uid)?.get(`${id}/${kind}`)?.outcome === 'success';
    };
    return { started: (name, id) => answer(name, id, 'startup'), ready: (name, id) => answer(name, id, 'readiness') };
  }

  stop(): void {
    for (const uid of [...this.workers.keys()]) this.remove(uid);
  }
}

interface WorkerSubject {
  pod: KubeletPod;
  container: Container;
  containerId: string;
  podIP: string;
  startedAt: number;
}

/** What a worker asks of the pod around it. */
interface WorkerSurroundings {
  /** The container's startup probe has succeeded, or there is none. */
  started(): boolean;
  /** Milliseconds since the epoch: until then nothing is judged, since a process at a breakpoint can't answer. */
  debuggedUntil(): number;
}

const readinessUntilReadyMs = 1000;

class ProbeWorker {
  outcome: ProbeOutcome;
  private successes = 0;
  private failures = 0;
  private cancel: () => void = () => {};
  private stopped = false;

  constructor(
    private readonly kind: ProbeKind,
    private readonly probe: Probe,
    private readonly subject: WorkerSubject,
    private readonly surroundings: WorkerSurroundings,
    private readonly options: ProbeManagerOptions,
  ) {
    const delayMs = (probe.initialDelaySeconds ?? 0) * 1000;
    this.schedule(Math.max(0, subject.startedAt + delayMs - options.clock.now()));
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private schedule(milliseconds: number): void {
    if (!this.stopped) this.cancel = this.options.clock.after(milliseconds, () => void this.tick());
  }

  private async tick(): Promise<void> {
    const periodMs = (this.probe.periodSeconds ?? 10) * 1000;
    if (this.options.clock.now() < this.surroundings.debuggedUntil()) {
      this.failures = 0;
      this.schedule(periodMs);
      return;
    }
    if (this.kind !== 'startup' && !this.surroundings.started()) {
      this.schedule(Math.min(periodMs, readinessUntilReadyMs));
      return;
    }
    const result = await this.attempt();
    if (this.stopped) return;
    this.count(result);
    // Nothing is left to find out: the container started, or what is simulated won't change by itself.
    const settled = this.outcome === 'success' && (this.kind === 'startup' || this.options.runtime.simulateProbe);
    if (!settled) this.schedule(periodMs);
  }

  private async attempt(): Promise<ProbeResult> {
    const { runtime, logger } = this.options;
    const { containerId } = this.subject;
    try {
      if (runtime.simulateProbe)
        return { result: runtime.simulateProbe(containerId, this.kind) ? 'success' : 'failure', output: 'simulated' };
      return await runProbe(this.probe, this.subject, runtime);
    } catch (error) {
      logger.debug({ container: containerId, error: (error as Error).message }, 'probe could not be run');
      this.event(
        'ProbeWarning',
        `${probeTitle[this.kind]} probe errored and resulted in unknown state: ${(error as Error).message}`,
      );
      return { result: 'unknown', output: '' };
    }
  }

  private count({ result, output }: ProbeResult): void {
    if (result === 'unknown') return;
    if (result === 'failure') this.event('Unhealthy', `${probeTitle[this.kind]} probe failed: ${output}`);
    this.successes = result === 'success' ? this.successes + 1 : 0;
    this.failures = result === 'failure' ? this.failures + 1 : 0;
    const before = this.outcome;
    if (this.successes >= (this.probe.successThreshold ?? 1)) this.outcome = 'success';
    if (this.failures >= (this.probe.failureThreshold ?? 3)) this.outcome = 'failure';
    if (this.outcome !== before) this.options.changed(this.subject.pod.metadata.uid);
  }

  private event(reason: string, message: string): void {
    this.options.events.eventAbout(
      containerReference(this.subject.pod, this.subject.container.name),
      'Warning',
      reason,
      message,
    );
  }
}
