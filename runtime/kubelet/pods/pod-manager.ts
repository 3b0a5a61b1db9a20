import type { Live, Node, Pod, PodStatus } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { ResourceClient } from '../../client/client';
import type { PodFacts } from '../env/field-ref';
import { MirrorPods } from '../static-pods/mirror-pods';
import { admitPod, resizeRefusal } from './admission';
import { isMirrorPod, isStaticPod, isTerminalPhase, type KubeletPod, podKey } from './pod-spec';
import { PodWorker, type PodWorkerOptions } from './pod-worker';
import { StatusManager } from './status-manager';

type Parts = Omit<PodWorkerOptions, 'facts' | 'admit' | 'refuseResize' | 'status' | 'report' | 'terminated'>;

export interface PodManagerOptions extends Parts {
  pods: ResourceClient<Pod>;
  nodeName: string;
  capacity: Record<string, string>;
  node(): Live<Node> | undefined;
  /** Static pods are looked after; else mirrors of earlier ones are left alone. */
  staticPods: boolean;
}

const deleteRetryMs = 2000;

/** The pods of the node, from the API server and from manifests: a worker each, and a status that is reported. */
export class PodManager {
  private readonly workers = new Map<string, PodWorker>();
  private readonly statuses: StatusManager;
  private readonly mirrors: MirrorPods;
  private readonly workerOptions: PodWorkerOptions;
  private stopped = false;

  constructor(private readonly options: PodManagerOptions) {
    const { pods, clock, logger } = options;
    this.statuses = new StatusManager({ pods, clock, logger, onWritten: (uid) => this.deleteIfDone(uid) });
    this.mirrors = new MirrorPods(pods, () => options.node(), logger);
    this.workerOptions = {
      ...options,
      facts: (pod) => this.facts(pod),
      admit: (pod) => admitPod(pod, this.admitted(), options.node(), this.allocatable()),
      refuseResize: (pod) => resizeRefusal(pod, this.admitted(), this.allocatable()),
      status: (uid) => this.statuses.get(uid),
      report: (pod, status) => this.report(pod, status),
      terminated: (pod) => this.terminated(pod),
    };
  }

  /** With the resources that others have put on the node. */
  private allocatable(): Record<string, string> {
    return { ...this.options.node()?.status?.allocatable, ...this.options.capacity };
  }

  /** Pods with the status that was last said of them. */
  list(): KubeletPod[] {
    return [...this.workers.values()].map(({ pod }) => this.withStatus(pod));
  }

  has(uid: string): boolean {
    return this.workers.has(uid);
  }

  wake(uid: string): void {
    this.workers.get(uid)?.wake();
  }

  wakeAll(): void {
    for (const worker of this.workers.values()) worker.wake();
  }

  /** The regular look at each pod, for what no event tells of; mirrors are looked at as well. */
  resync(wake: boolean): void {
    for (const worker of this.workers.values()) {
      if (isStaticPod(worker.pod)) this.ensureMirror(worker);
      if (wake && !isTerminalPhase(this.withStatus(worker.pod).status?.phase)) worker.wake();
    }
  }

  changed(pod: Live<Pod>): void {
    if (!pod.spec) return;
    if (isMirrorPod(pod)) {
      this.mirrorChanged(pod);
      return;
    }
    this.worker(pod as KubeletPod).update(pod as KubeletPod);
    this.statuses.observe(pod.metadata.uid, pod);
    this.deleteIfDone(pod.metadata.uid);
  }

  deleted(pod: Live<Pod>): void {
    if (isMirrorPod(pod)) {
      this.mirrors.deleted(pod);
      const worker = this.staticWorker(pod);
      if (worker) this.ensureMirror(worker);
      return;
    }
    this.statuses.forget(pod.metadata.uid);
    this.workers.get(pod.metadata.uid)?.remove();
  }

  /** All the static pods that there are now. */
  setStaticPods(pods: readonly KubeletPod[]): void {
    const wanted = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const worker of [...this.workers.values()]) {
      if (!isStaticPod(worker.pod) || wanted.has(worker.uid)) continue;
      const mirror = this.mirrors.get(worker.pod);
      worker.remove();
      this.statuses.forget(worker.uid);
      if (mirror && !pods.some((pod) => podKey(pod) === podKey(worker.pod))) this.removeMirror(mirror);
    }
    for (const pod of pods) {
      if (this.workers.has(pod.metadata.uid)) continue;
      const worker = this.worker(pod);
      worker.update(pod);
      this.ensureMirror(worker);
    }
  }

  stop(): void {
    this.stopped = true;
    for (const worker of this.workers.values()) worker.stop();
    this.statuses.stop();
  }

  private worker(pod: KubeletPod): PodWorker {
    const known = this.workers.get(pod.metadata.uid);
    if (known) return known;
    const worker = new PodWorker(pod, this.workerOptions);
    this.workers.set(pod.metadata.uid, worker);
    return worker;
  }

  private facts(pod: KubeletPod): PodFacts {
    const { hostIPs, nodeName, capacity } = this.options;
    const status = this.statuses.get(pod.metadata.uid) ?? pod.status;
    const podIPs = (status?.podIPs ?? []).map(({ ip }) => ip);
    return { podIPs, hostIP: hostIPs[0] ?? '', hostIPs, nodeName, allocatable: capacity };
  }

  private admitted(): Pod[] {
    return [...this.workers.values()].filter(({ isAdmitted }) => isAdmitted).map(({ pod }) => this.withStatus(pod));
  }

  private withStatus(pod: KubeletPod): KubeletPod {
    const status = this.statuses.get(pod.metadata.uid);
    return status ? { ...pod, status } : pod;
  }

  private report(pod: KubeletPod, status: PodStatus): void {
    this.statuses.set(pod.metadata.uid, isStaticPod(pod) ? this.mirrors.get(pod) : pod, status);
  }

  private reportAgain(pod: KubeletPod): void {
    const status = this.statuses.get(pod.metadata.uid);
    if (status) this.report(pod, status);
  }

  private terminated(pod: KubeletPod): void {
    const uid = pod.metadata.uid;
    if (this.workers.get(uid)?.isGone) {
      this.workers.delete(uid);
      this.statuses.forget(uid);
    } else this.deleteIfDone(uid);
  }

  /** The last of a deleted pod: once nothing of it runs and its status is written, the object goes. */
  private deleteIfDone(uid: string): void {
    const worker = this.workers.get(uid);
    if (this.stopped || !worker?.isTerminated || !worker.pod.metadata.deletionTimestamp) return;
    if (!this.statuses.isWritten(uid)) return;
    const { name, namespace } = worker.pod.metadata;
    const { pods, clock, logger } = this.options;
    pods.delete(name, namespace, { gracePeriodSeconds: 0, preconditions: { uid } }).catch((error: unknown) => {
      if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) return;
      logger.warn({ pod: podKey(worker.pod), error: (error as Error).message }, 'pod not deleted');
      clock.after(deleteRetryMs, () => this.deleteIfDone(uid));
    });
  }

  private staticWorker(mirror: Pod): PodWorker | undefined {
    return [...this.workers.values()].find(
      ({ pod, isOrphaned }) => !isOrphaned && isStaticPod(pod) && podKey(pod) === podKey(mirror),
    );
  }

  private mirrorChanged(mirror: Live<Pod>): void {
    this.mirrors.observe(mirror);
    const worker = this.staticWorker(mirror);
    if (worker) this.ensureMirror(worker);
    else if (this.options.staticPods) this.removeMirror(mirror);
  }

  private ensureMirror({ pod }: PodWorker): void {
    if (this.stopped) return;
    void this.mirrors.ensure(pod).then(() => this.reportAgain(pod));
  }

  private removeMirror(mirror: Live<Pod>): void {
    this.mirrors
      .remove(mirror)
      .catch((error: Error) => this.options.logger.warn({ error: error.message }, 'mirror pod not removed'));
  }
}
