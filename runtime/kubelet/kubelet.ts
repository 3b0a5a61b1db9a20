import type {
  ConfigMap,
  KubeObject,
  Lease,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
  ServiceAccount,
} from '../api/kinds';
import type { Informer, ResourceClient } from '../client/client';
import { EventRecorder } from '../client/events';
import { createInformer } from '../client/informer';
import type { EventSink } from './events';
import { collectGarbage } from './garbage-collector';
import { NodeReporter } from './node-status/node-reporter';
import { type Kubelet, type KubeletOptions, type KubeletTimings, upstreamTimings } from './options';
import { PodManager } from './pods/pod-manager';
import { ProbeManager } from './probes/probe-manager';
import { KubeletServer } from './server/kubelet-server';
import { ManifestSource } from './static-pods/manifest-source';
import { composeSync } from './sync/compose';
import { ReferencedObjects } from './volumes/referenced-objects';
import { TokenManager } from './volumes/token-manager';
import { VolumeManager } from './volumes/volume-manager';

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
  private readonly stopping = new AbortController();
  private readonly events: EventSink;
  private readonly recorder: EventRecorder | undefined;
  private readonly volumes: VolumeManager;
  private readonly probes: ProbeManager;
  private readonly configMaps: ReferencedObjects<ConfigMap>;
  private readonly secrets: ReferencedObjects<Secret>;
  private readonly pods: PodManager;
  private readonly server: KubeletServer;
  private readonly cancels = new Set<() => void>();
  private readonly informers: { stop(): void }[] = [];
  private services: Informer<Service> | undefined;
  private reporter: NodeReporter | undefined;
  private manifests: ManifestSource | undefined;

  constructor(private readonly options: KubeletOptions) {
    const { client, clock, logger, runtime, nodeName } = options;
    this.timings = { ...upstreamTimings, ...options.timings };
    this.recorder = options.events
      ? undefined
      : new EventRecorder({ client, component: 'kubelet', host: nodeName, clock, logger });
    this.events = options.events ?? (this.recorder as EventRecorder);
    const changed = (owners: ReadonlySet<string>): void => owners.forEach((uid) => this.pods.wake(uid));
    const references = { clock, logger, watch: !this.simulated, changed };
    this.configMaps = new ReferencedObjects(this.resource<ConfigMap>('configmaps'), references);
    this.secrets = new ReferencedObjects(this.resource<Secret>('secrets'), references);
    const tokens = new TokenManager(this.resource<ServiceAccount>('serviceaccounts'), clock);
    this.volumes = this.composeVolumes(tokens);
    this.probes = new ProbeManager({
      runtime,
      clock,
      logger,
      events: this.events,
      changed: (uid) => this.pods.wake(uid),
    });
    this.pods = this.composePods(tokens);
    this.server = new KubeletServer({
      ...options,
      pods: () => this.pods.list(),
      healthy: () => this.reporter?.isReady ?? false,
    });
  }

  get port(): number {
    return this.server.port;
  }

  async start(): Promise<void> {
    await this.server.listen(this.options.port, this.options.host);
    this.startReporter();
    void this.followRuntime();
    await this.startManifests();
    if (!this.simulated) this.services = this.follow<Service>(this.resource<Service>('services'));
    const pods = this.follow<Pod>(this.resource<Pod>('pods'), `spec.nodeName=${this.options.nodeName}`);
    pods.on({
      added: (pod) => this.pods.changed(pod),
      updated: (pod) => this.pods.changed(pod),
      deleted: (pod) => this.pods.deleted(pod),
    });
    void pods.synced.then(() => this.garbageLoop());
    this.every(this.timings.sync * 1000, () => this.pods.resync(!this.simulated));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const cancel of this.cancels) cancel();
    this.manifests?.stop();
    for (const informer of this.informers) informer.stop();
    this.pods.stop();
    this.probes.stop();
    this.reporter?.stop();
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
    const listOptions = fieldSelector ? { listOptions: { fieldSelector } } : {};
    const informer = createInformer(client, { clock, logger, ...listOptions });
    this.informers.push(informer);
    return informer;
  }

  private composeVolumes(tokens: TokenManager): VolumeManager {
    return new VolumeManager({
      host: this.options.volumeHost,
      configMaps: this.configMaps,
      secrets: this.secrets,
      tokens,
      clock: this.options.clock,
      claims: this.resource<PersistentVolumeClaim>('persistentvolumeclaims'),
      volumes: this.resource<PersistentVolume>('persistentvolumes', false),
    });
  }

  private composePods(tokens: TokenManager): PodManager {
    const { runtime, clock, logger, addresses, capacity, nodeName, staticPodPath } = this.options;
    const { events, volumes, configMaps, secrets, timings, probes } = this;
    const services = () => this.knownServices();
    return new PodManager({
      ...composeSync({ kubelet: this.options, timings, events, volumes, configMaps, secrets, services }),
      ...{ runtime, clock, logger, events, volumes, probes, nodeName, capacity },
      pods: this.resource<Pod>('pods'),
      hostIPs: addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
      node: () => this.reporter?.node,
      staticPods: staticPodPath !== undefined,
      nextTokenRenewal: (uid) => tokens.nextRenewal(uid),
    });
  }

  /** Pods are told of Services, so none starts before these are known. */
  private async knownServices(): Promise<readonly Service[]> {
    await this.services?.synced;
    return this.services?.list() ?? [];
  }

  private startReporter(): void {
    const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespaced: true };
    this.reporter = new NodeReporter({
      kubelet: this.options,
      timings: this.timings,
      events: this.events,
      port: this.port,
      leases: this.options.client.resource<Lease>(leases),
      nodes: this.resource<Node>('nodes', false),
    });
    void this.reporter.start().then(() => this.watchNode());
  }

  private async startManifests(): Promise<void> {
    const { staticPodPath: folder, nodeName, clock, logger } = this.options;
    if (!folder) return;
    const changed = (pods: Parameters<PodManager['setStaticPods']>[0]): void => this.pods.setStaticPods(pods);
    this.manifests = new ManifestSource({ folder, nodeName, clock, logger, changed });
    await this.manifests.start();
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
        for await (const { podUid } of runtime.events(signal)) this.pods.wake(podUid);
      } catch (error) {
        if (!signal.aborted) logger.warn({ error: (error as Error).message }, 'events of the runtime ended');
      }
      if (signal.aborted) return;
      await new Promise<void>((resolve) => this.after(reconnectMs, resolve));
      await this.reporter?.refresh();
      this.pods.wakeAll();
    }
  }

  private garbageLoop(): void {
    const { runtime, logger } = this.options;
    const isKnown = (uid: string): boolean => this.pods.has(uid);
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
