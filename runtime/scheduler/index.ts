import type {
  KubeObject, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodDisruptionBudget, ReplicaSet, ReplicationController, Service,
  StatefulSet, StorageClass,
} from '../api/kinds';
import type { GroupVersionResource } from '../api/object';
import type { Informer, ResourceClient } from '../client/client';
import { EventRecorder } from '../client/events';
import { InformerFactory } from '../client/informer-factory';
import type { Clock } from '../clock';
import type { Logger } from '../log';
import type { Plugins } from './framework';
import type { Informers } from './informers';
import { interPodAffinity } from './plugins/inter-pod-affinity';
import { nodeAffinity, nodeName, nodeUnschedulable, schedulingGates, taintToleration } from './plugins/node-plugins';
import { podTopologySpread } from './plugins/pod-topology-spread';
import { balancedAllocation, imageLocality, nodePorts, nodeResourcesFit } from './plugins/resource-plugins';
import { VolumeBinding } from './plugins/volume-binding';
import type { VolumeBindingOptions } from './plugins/volume-binding';
import { Scheduler } from './scheduler';
import type { EventSink } from './scheduler';

export type { EventSink } from './scheduler';
export type * from './framework';

type Resource = GroupVersionResource & { namespaced: boolean };

export interface InformerSource {
  for<T extends KubeObject>(resource: Resource): Informer<T>;
}

export interface SchedulerOptions {
  readonly client: { resource<T extends KubeObject>(resource: Resource): ResourceClient<T> };
  /** Shared with other components of the process; its own unless told. */
  readonly informers?: InformerSource;
  /** Where events go; to the API server unless told. */
  readonly events?: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Pods that name another scheduler are left alone. */
  readonly schedulerName?: string;
  /** Replaces or extends the default plugins. */
  readonly plugins?: (defaults: Plugins) => Plugins;
  /** Decides between nodes of the same score; 0 ≤ x < 1. */
  readonly random?: () => number;
}

export interface RunningScheduler {
  stop(): Promise<void>;
  pause(): void;
  resume(): void;
  /** One decision while paused; false when no pod waits. */
  step(): boolean;
}

/** Upstream's default profile, in the order in which its filters run. */
export function defaultPlugins(volumes: VolumeBindingOptions): Plugins {
  const volumeBinding = new VolumeBinding(volumes);
  return {
    preEnqueue: [schedulingGates],
    filter: [
      nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit, volumeBinding, podTopologySpread, interPodAffinity,
    ],
    score: [taintToleration, nodeAffinity, podTopologySpread, interPodAffinity, nodeResourcesFit, balancedAllocation, imageLocality],
    preBind: [volumeBinding],
  };
}

const of = (group: string, resource: string, namespaced = true): Resource => ({ group, version: 'v1', resource, namespaced });

function informersFrom(source: InformerSource): Informers {
  return {
    pods: source.for<Pod>(of('', 'pods')),
    nodes: source.for<Node>(of('', 'nodes', false)),
    namespaces: source.for<Namespace>(of('', 'namespaces', false)),
    services: source.for<Service>(of('', 'services')),
    replicationControllers: source.for<ReplicationController>(of('', 'replicationcontrollers')),
    replicaSets: source.for<ReplicaSet>(of('apps', 'replicasets')),
    statefulSets: source.for<StatefulSet>(of('apps', 'statefulsets')),
    persistentVolumes: source.for<PersistentVolume>(of('', 'persistentvolumes', false)),
    persistentVolumeClaims: source.for<PersistentVolumeClaim>(of('', 'persistentvolumeclaims')),
    storageClasses: source.for<StorageClass>(of('storage.k8s.io', 'storageclasses', false)),
    podDisruptionBudgets: source.for<PodDisruptionBudget>(of('policy', 'poddisruptionbudgets')),
  };
}

/** Begins deciding once everything that it reads is in its caches. */
export function startScheduler(options: SchedulerOptions): RunningScheduler {
  const own = new InformerFactory(options.client, options);
  const informers = informersFrom(options.informers ?? own);
  const { client, clock, logger, schedulerName = 'default-scheduler', random } = options;
  const recorder = new EventRecorder({ client, component: schedulerName, clock, logger });
  const events = options.events ?? recorder;
  const pods = client.resource<Pod>(of('', 'pods'));
  const defaults = defaultPlugins({
    informers, clock, volumes: client.resource<PersistentVolume>(of('', 'persistentvolumes', false)),
    claims: client.resource<PersistentVolumeClaim>(of('', 'persistentvolumeclaims')),
  });
  const plugins = options.plugins?.(defaults) ?? defaults;
  const scheduler = new Scheduler({ pods, informers, plugins, events, clock, logger, schedulerName, ...(random && { random }) });
  scheduler.pause();
  void Promise.all(Object.values(informers).map((informer: Informer<KubeObject>) => informer.synced)).then(() => scheduler.resume());
  return {
    pause: () => scheduler.pause(),
    resume: () => scheduler.resume(),
    step: () => scheduler.step(),
    stop: async () => {
      await scheduler.stop();
      own.stop();
      await recorder.stop();
    },
  };
}
