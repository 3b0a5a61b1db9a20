import type { KubeObject } from '../../api/kinds';
import type { ResourceClient } from '../../client/client';
import type { Informer } from '../../client/client';
import type { TransportRequest } from '../../client/transport';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import { Loop } from './loop';
import type { Gate, LoopOptions } from './loop';
import type { Resource } from './resources';

export interface EventSink {
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Objects out of lists don't say what they are; events about them must. */
export function eventsOf(sink: EventSink, { apiVersion, kind }: { apiVersion: string; kind: string }): EventSink {
  return { event: (object, type, reason, message) => sink.event({ ...object, apiVersion, kind }, type, reason, message) };
}

export const POD = { apiVersion: 'v1', kind: 'Pod' };
export const NODE = { apiVersion: 'v1', kind: 'Node' };

/** Milliseconds; upstream's values unless told. */
export interface Timings {
  /** How long a node may be silent before its conditions become Unknown. */
  nodeMonitorGracePeriod: number;
  nodeStartupGracePeriod: number;
  nodeMonitorPeriod: number;
  /** How long a pod may refer to a node that doesn't exist before it is removed. */
  podGcQuarantine: number;
  podGcPeriod: number;
  /** How long an object must be gone from the garbage collector's graph before its absence is believed. */
  namespaceRetry: number;
  /** Between looks at what the pods of an autoscaler use. */
  autoscalerSync: number;
}

export const defaultTimings: Timings = {
  nodeMonitorGracePeriod: 50_000,
  nodeStartupGracePeriod: 60_000,
  nodeMonitorPeriod: 5_000,
  podGcQuarantine: 40_000,
  podGcPeriod: 20_000,
  namespaceRetry: 5_000,
  autoscalerSync: 15_000,
};

/** Requests are PEM; both throw for what is no proper request. */
export interface CertificateSigner {
  read(request: string): {
    commonName: string; organizations: readonly string[]; names: { dns: number; ip: number; email: number; uri: number };
  };
  /** The certificate as PEM. `lifetime` in milliseconds. */
  sign(request: string, options: { usages: readonly string[]; lifetime: number }): string;
}

export interface Options {
  readonly clusterCidr: string;
  /** Certificate authority that pods verify the API server with; no config maps are published without it. */
  readonly rootCaPem?: string;
  /** Signs certificate requests of the cluster's own signers; without it nobody does. */
  readonly certificates?: CertificateSigner;
  /** Terminated pods to keep before the oldest go; upstream's default is 12,500. */
  readonly terminatedPodThreshold?: number;
  /** Has a node remove the data of a volume that it holds; rejects while the node can't. */
  removeVolumeData?(node: string, volume: string): Promise<void>;
}

/** One informer a resource, shared. */
export interface InformerSource {
  for<T extends KubeObject>(resource: Resource): Informer<T>;
}

export interface ClusterClient {
  resource<T extends KubeObject>(resource: Resource): ResourceClient<T>;
  request<T>(request: TransportRequest): Promise<T>;
}

export interface Context {
  readonly client: ClusterClient;
  readonly informers: InformerSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings: Timings;
  readonly options: Options;
  readonly gate: Gate;
  events(component: string): EventSink;
}

export interface Controller {
  stop(): Promise<void>;
}

/** Starts watching and reconciling; resolves nothing itself: the loop begins when the informers are synced. */
export type StartController = (context: Context) => Controller;

export type LoopSetup = Omit<LoopOptions, 'clock' | 'logger' | 'gate'>;

/** The loop of a controller with its handlers attached; begins once all informers it reads are synced. */
export class ControllerBase implements Controller {
  private readonly loops: Loop[] = [];
  private readonly detach: (() => void)[] = [];
  private readonly awaited = new Set<Promise<void>>();
  private stopped = false;

  constructor(readonly context: Context) {}

  loop(setup: LoopSetup): Loop {
    const { clock, logger, gate } = this.context;
    const loop = new Loop({ clock, logger, gate, ...setup });
    this.loops.push(loop);
    return loop;
  }

  /** Read without handlers. */
  read<T extends KubeObject>(resource: Resource): Informer<T> {
    const informer = this.context.informers.for<T>(resource);
    this.awaited.add(informer.synced);
    return informer;
  }

  watch<T extends KubeObject>(resource: Resource, handlers: Parameters<Informer<T>['on']>[0]): Informer<T> {
    const informer = this.read<T>(resource);
    this.detach.push(informer.on(handlers));
    return informer;
  }

  /** Handlers that treat every change alike. */
  watchAll<T extends KubeObject>(resource: Resource, changed: (object: Parameters<NonNullable<Parameters<Informer<T>['on']>[0]['added']>>[0]) => void): Informer<T> {
    return this.watch<T>(resource, { added: changed, updated: (object) => changed(object), deleted: changed });
  }

  /** Runs every period once started, at most one at a time. */
  every(milliseconds: number, run: () => Promise<void> | void): void {
    let cancel = () => {};
    const tick = async () => {
      try {
        if (!this.context.gate.paused) await run();
      } catch (error) {
        if (!this.stopped) this.context.logger.warn({ error }, 'periodic work failed');
      }
      if (!this.stopped) cancel = this.context.clock.after(milliseconds, () => void tick());
    };
    this.onStart(() => void tick());
    this.detach.push(() => cancel());
  }

  onStart(run: () => void): void {
    void Promise.all(this.awaited).then(() => {
      if (!this.stopped) run();
    });
  }

  start(): this {
    this.onStart(() => this.loops.forEach((loop) => loop.start()));
    return this;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const detach of this.detach) detach();
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }
}

export const keyOf = ({ metadata }: KubeObject): string => (metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? ''));

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: undefined, name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** RFC 3339 in whole seconds, as `metav1.Time` is. */
export const timestamp = (clock: Clock): string => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
