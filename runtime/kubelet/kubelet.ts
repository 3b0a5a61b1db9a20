import { readFileSync } from 'node:fs';
import type { ConfigMap, Lease, Live, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodStatus, Secret, Service, ServiceAccount } from '../api/kinds';
import type { KubeObject } from '../api/kinds';
import { isStatusError } from '../api/status';
import type { Informer, ResourceClient } from '../client/client';
import { EventRecorder } from '../client/events';
import { createInformer } from '../client/informer';
import type { PodFacts } from './env/field-ref';
import type { EventSink } from './events';
import { collectGarbage } from './garbage-collector';
import { ImageManager } from './images/image-manager';
import { NodeReporter } from './node-status/node-reporter';
import { type Kubelet, type KubeletOptions, type KubeletTimings, upstreamTimings } from './options';
import { admitPod } from './pods/admission';
import { parseResolvConf } from './pods/dns';
import { isMirrorPod, isStaticPod, isTerminalPhase, type KubeletPod, podKey } from './pods/pod-spec';
import { PodWorker, type PodWorkerOptions } from './pods/pod-worker';
import { StatusManager } from './pods/status-manager';
import { ProbeManager } from './probes/probe-manager';
import { KubeletServer } from './server/kubelet-server';
import { ManifestSource } from './static-pods/manifest-source';
import { MirrorPods } from './static-pods/mirror-pods';
import { ContainerKiller } from './sync/container-killer';
import { ContainerStarter } from './sync/container-starter';
import { bytesOf, PodSyncer } from './sync/pod-syncer';
import { TerminationMessages } from './sync/termination-messages';
import { ReferencedObjects } from './volumes/referenced-objects';
import { TokenManager } from './volumes/token-manager';
import { VolumeManager } from './volumes/volume-manager';

const deleteRetryMs = 2000;
const garbageMs = 60_000;
const reconnectMs = 1000;

/** Starts a kubelet: registers the node, then runs the pods that are bound to it. Resolves when its server listens. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const kubelet = new RunningKubelet(options);
  await kubelet.start();
  return kubelet;
}

class RunningKubelet implements Kubelet {
  private readonly timings: KubeletTimings;
  private readonly workers = new Map<string, PodWorker>();
  private readonly stopping = new AbortController();
  private readonly events: EventSink;
  private readonly recorder: EventRecorder | undefined;
  private readonly statuses: StatusManager;
  private readonly mirrors: MirrorPods;
  private readonly volumes: VolumeManager;
  private readonly probes: ProbeManager;
  private readonly configMaps: ReferencedObjects<ConfigMap>;
  private readonly secrets: ReferencedObjects<Secret>;
  private readonly pods: ResourceClient<Pod>;
  private readonly workerOptions: PodWorkerOptions;
  private readonly server: KubeletServer;
  private readonly cancels = new Set<() => void>();
  private readonly informers: { stop(): void }[] = [];
  private podInformer: Informer<Pod> | undefined;
  private services: Informer<Service> | undefined;
  private reporter: NodeReporter | undefined;
  private manifests: ManifestSource | undefined;

  constructor(private readonly options: KubeletOptions) {
    const { clock, logger, runtime, nodeName } = options;
    this.timings = { ...upstreamTimings, ...options.timings };
    this.recorder = options.events ? undefined : new EventRecorder({ client: options.client, component: 'kubelet', host: nodeName, clock, logger });
    this.events = options.events ?? (this.recorder as EventRecorder);
    this.pods = this.resource<Pod>('pods');
    this.statuses = new StatusManager({ pods: this.pods, clock, logger, onWritten: (uid) => this.deleteIfDone(uid) });
    this.mirrors = new MirrorPods(this.pods, () => this.reporter?.node, logger);
    const references = { clock, logger, watch: !this.simulated, changed: (owners: ReadonlySet<string>) => owners.forEach((uid) => this.workers.get(uid)?.wake()) };
    this.configMaps = new ReferencedObjects(this.resource<ConfigMap>('configmaps'), references);
    this.secrets = new ReferencedObjects(this.resource<Secret>('secrets'), references);
    const tokens = new TokenManager(this.resource<ServiceAccount>('serviceaccounts'), clock);
    this.volumes = new VolumeManager({
      host: options.volumeHost, configMaps: this.configMaps, secrets: this.secrets, tokens, clock,
      claims: this.resource<PersistentVolumeClaim>('persistentvolumeclaims'),
      volumes: this.resource<PersistentVolume>('persistentvolumes', false),
    });
    this.probes = new ProbeManager({ runtime, clock, logger, events: this.events, changed: (uid) => this.workers.get(uid)?.wake() });
    this.workerOptions = this.composeWorkers(tokens);
    this.server = new KubeletServer({ ...options, pods: () => [...this.workers.values()].map(({ pod }) => this.withStatus(pod)), healthy: () => this.reporter?.isReady ?? false });
  }

  get port(): number {
    return this.server.port;
  }

  async start(): Promise<void> {
    const { client, nodeName, clock, logger } = this.options;
    await this.server.listen(this.options.port, this.options.host);
    this.reporter = new NodeReporter({
      kubelet: this.options, timings: this.timings, events: this.events, port: this.port,
      leases: client.resource<Lease>({ group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespaced: true }),
      nodes: this.resource<Node>('nodes', false),
    });
    void this.reporter.start().then(() => this.watchNode());
    void this.followRuntime();
    if (this.options.staticPodPath) {
      this.manifests = new ManifestSource({ folder: this.options.staticPodPath, nodeName, clock, logger, changed: (pods) => this.staticPods(pods) });
      await this.manifests.start();
    }
    if (!this.simulated) this.services = this.follow<Service>(this.resource<Service>('services'));
    this.podInformer = this.follow<Pod>(this.pods, `spec.nodeName=${nodeName}`);
    this.podInformer.on({ added: (pod) => this.podChanged(pod), updated: (pod) => this.podChanged(pod), deleted: (pod) => this.podDeleted(pod) });
    void this.podInformer.synced.then(() => this.garbageLoop());
    this.every(this.timings.sync * 1000, () => this.resync());
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const cancel of this.cancels) cancel();
    this.manifests?.stop();
    for (const informer of this.informers) informer.stop();
    for (const worker of this.workers.values()) worker.stop();
    this.probes.stop();
    this.reporter?.stop();
    this.statuses.stop();
    this.configMaps.stop();
    this.secrets.stop();
    await this.recorder?.stop();
    await this.server.close();
  }

  private get simulated(): boolean {
    return this.options.runtime.simulateProbe !== undefined;
  }

  private resource<T extends KubeObject>(resource: string, namespaced = true): ResourceClient<T> {
    return this.options.client.resource<T>({ group: '', version: 'v1', resource, namespaced });
  }

  private follow<T extends KubeObject>(client: ResourceClient<T>, fieldSelector?: string): Informer<T> {
    const { clock, logger } = this.options;
    const informer = createInformer(client, { clock, logger, ...(fieldSelector && { listOptions: { fieldSelector } }) });
    this.informers.push(informer);
    return informer;
  }

  private composeWorkers(tokens: TokenManager): PodWorkerOptions {
    const { runtime, clock, logger, addresses, capacity, clusterDns, clusterDomain } = this.options;
    const { events, volumes } = this;
    const hostIPs = addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
    const podFolder = (uid: string): string | undefined => volumes.podFolder(uid);
    const toEngine = (local: string): string => volumes.toEngine(local);
    const messages = new TerminationMessages(runtime, podFolder);
    const secret = (namespace: string, name: string) => this.secrets.get(namespace, name);
    const images = new ImageManager({ runtime, events, clock, backoff: this.timings.imageBackoff, secret });
    const starter = new ContainerStarter({
      runtime, events, clock, images, messages, toEngine, secret,
      backoff: this.timings.crashBackoff,
      memoryCapacity: bytesOf(capacity.memory),
      configMap: (namespace, name) => this.configMaps.get(namespace, name),
      services: () => this.knownServices(),
    });
    const killer = new ContainerKiller({ runtime, events, clock, logger });
    const host = hostResolver(clusterDns);
    const syncer = new PodSyncer({
      runtime, events, clock, logger, starter, killer, podFolder, toEngine,
      dns: { servers: clusterDns, domain: clusterDomain, host },
      nodeHosts: readOr('/etc/hosts', '127.0.0.1\tlocalhost'),
    });
    return {
      runtime, events, clock, logger, syncer, killer, messages, hostIPs, volumes, probes: this.probes,
      facts: (pod) => this.facts(pod, hostIPs),
      admit: (pod) => admitPod(pod, this.admittedPods(), this.reporter?.node, capacity),
      status: (uid) => this.statuses.get(uid),
      report: (pod, status) => this.report(pod, status),
      terminated: (pod) => this.podTerminated(pod),
      nextTokenRenewal: (uid) => tokens.nextRenewal(uid),
    };
  }

  private facts(pod: KubeletPod, hostIPs: string[]): PodFacts {
    const status = this.statuses.get(pod.metadata.uid) ?? pod.status;
    return {
      podIPs: (status?.podIPs ?? []).map(({ ip }) => ip),
      hostIP: hostIPs[0] ?? '',
      hostIPs,
      nodeName: this.options.nodeName,
      allocatable: this.options.capacity,
    };
  }

  /** Pods are told of Services, so none starts before these are known. */
  private async knownServices(): Promise<readonly Service[]> {
    await this.services?.synced;
    return this.services?.list() ?? [];
  }

  private admittedPods(): Pod[] {
    return [...this.workers.values()].filter(({ isAdmitted }) => isAdmitted).map(({ pod }) => this.withStatus(pod));
  }

  private withStatus(pod: KubeletPod): KubeletPod {
    const status = this.statuses.get(pod.metadata.uid);
    return status ? { ...pod, status } : pod;
  }

  private podChanged(pod: Live<Pod>): void {
    if (!pod.spec) return;
    if (isMirrorPod(pod)) {
      this.mirrorChanged(pod);
      return;
    }
    this.worker(pod as KubeletPod).update(pod as KubeletPod);
    this.statuses.observe(pod.metadata.uid, pod);
    this.deleteIfDone(pod.metadata.uid);
  }

  private podDeleted(pod: Live<Pod>): void {
    if (isMirrorPod(pod)) {
      this.mirrors.deleted(pod);
      const worker = this.staticWorker(pod);
      if (worker) void this.mirrors.ensure(worker.pod).then(() => this.reportAgain(worker.pod));
      return;
    }
    this.statuses.forget(pod.metadata.uid);
    this.workers.get(pod.metadata.uid)?.remove();
  }

  private worker(pod: KubeletPod): PodWorker {
    const known = this.workers.get(pod.metadata.uid);
    if (known) return known;
    const worker = new PodWorker(pod, this.workerOptions);
    this.workers.set(pod.metadata.uid, worker);
    return worker;
  }

  private report(pod: KubeletPod, status: PodStatus): void {
    this.statuses.set(pod.metadata.uid, isStaticPod(pod) ? this.mirrors.get(pod) : pod, status);
  }

  private podTerminated(pod: KubeletPod): void {
    const uid = pod.metadata.uid;
    if (this.workers.get(uid)?.isGone) {
      this.workers.delete(uid);
      this.statuses.forget(uid);
    } else this.deleteIfDone(uid);
  }

  /** The last of a deleted pod: once nothing of it runs and its status is written, the object goes. */
  private deleteIfDone(uid: string): void {
    const worker = this.workers.get(uid);
    if (!worker?.isTerminated || !worker.pod.metadata.deletionTimestamp || !this.statuses.isWritten(uid)) return;
    const { name, namespace } = worker.pod.metadata;
    this.pods.delete(name, namespace, { gracePeriodSeconds: 0, preconditions: { uid } }).catch((error: unknown) => {
      if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) return;
      this.options.logger.warn({ pod: podKey(worker.pod), error: (error as Error).message }, 'pod not deleted');
      this.after(deleteRetryMs, () => this.deleteIfDone(uid));
    });
  }

  private staticWorker(mirror: Pod): PodWorker | undefined {
    return [...this.workers.values()].find(({ pod, isOrphaned }) => !isOrphaned && isStaticPod(pod) && podKey(pod) === podKey(mirror));
  }

  private mirrorChanged(mirror: Live<Pod>): void {
    this.mirrors.observe(mirror);
    const worker = this.staticWorker(mirror);
    if (worker) void this.mirrors.ensure(worker.pod).then(() => this.reportAgain(worker.pod));
    else if (this.manifests) void this.mirrors.remove(mirror).catch((error: Error) => this.options.logger.warn({ error: error.message }, 'mirror pod not removed'));
  }

  private reportAgain(pod: KubeletPod): void {
    const status = this.statuses.get(pod.metadata.uid);
    if (status) this.report(pod, status);
  }

  private staticPods(pods: KubeletPod[]): void {
    const wanted = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const worker of [...this.workers.values()]) {
      if (!isStaticPod(worker.pod) || wanted.has(worker.uid)) continue;
      const mirror = this.mirrors.get(worker.pod);
      worker.remove();
      this.statuses.forget(worker.uid);
      if (mirror && !pods.some((pod) => podKey(pod) === podKey(worker.pod))) void this.mirrors.remove(mirror).catch(() => undefined);
    }
    for (const pod of pods) {
      if (this.workers.has(pod.metadata.uid)) continue;
      this.worker(pod).update(pod);
      void this.mirrors.ensure(pod).then(() => this.reportAgain(pod));
    }
  }

  private watchNode(): void {
    if (this.stopping.signal.aborted) return;
    const nodes = this.follow<Node>(this.resource<Node>('nodes', false), `metadata.name=${this.options.nodeName}`);
    nodes.on({
      added: (node) => this.reporter?.observe(node),
      updated: (node) => this.reporter?.observe(node),
      deleted: () => this.reporter?.observe(undefined),
    });
  }

  /** Wakes a pod when something happens to its containers. After a gap everything is looked at again. */
  private async followRuntime(): Promise<void> {
    const { runtime, logger } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        for await (const { podUid } of runtime.events(signal)) this.workers.get(podUid)?.wake();
      } catch (error) {
        if (!signal.aborted) logger.warn({ error: (error as Error).message }, 'events of the runtime ended');
      }
      if (signal.aborted) return;
      await new Promise<void>((resolve) => this.after(reconnectMs, resolve));
      await this.reporter?.refresh();
      this.wakeAll();
    }
  }

  private wakeAll(): void {
    for (const worker of this.workers.values()) worker.wake();
  }

  private resync(): void {
    for (const worker of this.workers.values()) {
      if (isStaticPod(worker.pod)) void this.mirrors.ensure(worker.pod).then(() => this.reportAgain(worker.pod));
      if (!this.simulated && !isTerminalPhase(this.withStatus(worker.pod).status?.phase)) worker.wake();
    }
  }

  private garbageLoop(): void {
    const { runtime, logger } = this.options;
    const isKnown = (uid: string): boolean => this.workers.has(uid);
    collectGarbage({ runtime, volumes: this.volumes, isKnown })
      .catch((error: Error) => logger.warn({ error: error.message }, 'garbage collection failed'))
      .finally(() => this.after(garbageMs, () => this.garbageLoop()));
  }

  private after(milliseconds: number, run: () => void): void {
    if (this.stopping.signal.aborted) return;
    const cancel = this.options.clock.after(milliseconds, () => {
      this.cancels.delete(cancel);
      run();
    });
    this.cancels.add(cancel);
  }

  private every(milliseconds: number, run: () => void): void {
    this.after(milliseconds, () => {
      run();
      this.every(milliseconds, run);
    });
  }
}

/** The node's resolvers, for pods of dnsPolicy Default. One on the node's loopback is of no use in a pod. */
function hostResolver(clusterDns: string[]): ReturnType<typeof parseResolvConf> {
  const host = parseResolvConf(readOr('/etc/resolv.conf', ''));
  const servers = host.servers.filter((server) => !server.startsWith('127.') && server !== '::1');
  return { ...host, servers: servers.length > 0 ? servers : clusterDns };
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
