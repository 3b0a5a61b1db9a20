import { EventRecorder } from '../client/events';
import { InformerFactory } from '../client/informer-factory';
import type { Clock } from '../clock';
import type { Logger } from '../log';
import { startGarbageCollector } from './cluster/garbage-collector';
import { startNamespaces } from './cluster/namespaces';
import { startServiceAccountTokens } from './cluster/service-account-tokens';
import { startRootCaPublisher, startServiceAccounts } from './cluster/service-accounts';
import { defaultTimings } from './kit/context';
import type { ClusterClient, Context, EventSink, InformerSource, Options, StartController, Timings } from './kit/context';
import { Gate } from './kit/loop';
import { startResourceQuotas } from './cluster/resource-quota';
import { startRoleAggregation } from './cluster/role-aggregation';
import { startEndpointSlices } from './network/endpoint-slices';
import { startEndpoints } from './network/endpoints';
import { startServiceCidrs } from './network/service-cidrs';
import { startSliceMirroring } from './network/slice-mirroring';
import { startNodeIpam } from './nodes/node-ipam';
import { startNodeLifecycle } from './nodes/node-lifecycle';
import { startPodGc } from './nodes/pod-gc';
import { startTaintEviction } from './nodes/taint-eviction';
import { startEphemeralVolumes } from './storage/ephemeral-volume';
import { startVolumeExpander } from './storage/expander';
import { startHostPathProvisioner } from './storage/provisioner';
import { startVolumeBinder } from './storage/volume-binder';
import { startAttributesClassProtection, startClaimProtection, startVolumeProtection } from './storage/volume-protection';
import { startCertificateSigning } from './cluster/certificate-signing';
import { startCronJobs } from './workloads/cron-job';
import { startDaemonSets } from './workloads/daemon-set';
import { startDeployments } from './workloads/deployment';
import { startDisruption } from './workloads/disruption';
import { startHorizontalPodAutoscalers } from './workloads/horizontal-pod-autoscaler/controller';
import { startJobs } from './workloads/job';
import { startReplicaSets, startReplicationControllers } from './workloads/replica-set';
import { startStatefulSets } from './workloads/stateful-set';

export type { ClusterClient, EventSink, InformerSource, Options as ControllerOptions, Timings } from './kit/context';

/** Every controller by the name that kube-controller-manager gives it. */
export const controllers = {
  'replicationcontroller-controller': startReplicationControllers,
  'replicaset-controller': startReplicaSets,
  'deployment-controller': startDeployments,
  'endpoints-controller': startEndpoints,
  'endpointslice-controller': startEndpointSlices,
  'endpointslice-mirroring-controller': startSliceMirroring,
  'service-cidr-controller': startServiceCidrs,
  'node-lifecycle-controller': startNodeLifecycle,
  'taint-eviction-controller': startTaintEviction,
  'node-ipam-controller': startNodeIpam,
  'pod-garbage-collector-controller': startPodGc,
  'namespace-controller': startNamespaces,
  'garbage-collector-controller': startGarbageCollector,
  'serviceaccount-controller': startServiceAccounts,
  'serviceaccount-token-controller': startServiceAccountTokens,
  'root-ca-certificate-publisher-controller': startRootCaPublisher,
  'clusterrole-aggregation-controller': startRoleAggregation,
  'resourcequota-controller': startResourceQuotas,
  'persistentvolume-binder-controller': startVolumeBinder,
  'hostpath-provisioner-controller': startHostPathProvisioner,
  'persistentvolume-expander-controller': startVolumeExpander,
  'ephemeral-volume-controller': startEphemeralVolumes,
  'persistentvolumeclaim-protection-controller': startClaimProtection,
  'persistentvolume-protection-controller': startVolumeProtection,
  'volumeattributesclass-protection-controller': startAttributesClassProtection,
  'horizontal-pod-autoscaler-controller': startHorizontalPodAutoscalers,
  'certificatesigningrequest-signing-controller': startCertificateSigning,
  'disruption-controller': startDisruption,
  'daemonset-controller': startDaemonSets,
  'statefulset-controller': startStatefulSets,
  'job-controller': startJobs,
  'cronjob-controller': startCronJobs,
} as const satisfies Record<string, StartController>;

export type ControllerName = keyof typeof controllers;

export interface ControllersOptions {
  readonly client: ClusterClient;
  /** Shared with other components of the process; its own unless told. */
  readonly informers?: InformerSource;
  /** Where a component's events go; to the API server unless told. */
  readonly events?: (component: string) => EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<Timings>;
  readonly options: Options;
  /** All unless told. */
  readonly enabled?: readonly ControllerName[];
}

export interface Controllers {
  /** Ends every loop, after the reconciles that run. */
  stop(): Promise<void>;
  /** Nothing is reconciled until `resume`; what happens meanwhile waits. */
  pause(): void;
  resume(): void;
  /** While paused: one reconcile (of that controller), and what it was; undefined when none waits. */
  step(controller?: string): Promise<{ controller: string; key: string } | undefined>;
  /** Reconciles that wait or run. */
  readonly pending: number;
}

export function startControllers(setup: ControllersOptions): Controllers {
  const gate = new Gate();
  const { client, clock, logger } = setup;
  const own = new InformerFactory(client, { clock, logger });
  const informers: InformerSource = setup.informers ?? own;
  const recorders: EventRecorder[] = [];
  const record = (component: string): EventSink => {
    const recorder = new EventRecorder({ client, component, clock, logger });
    recorders.push(recorder);
    return recorder;
  };
  const events = setup.events ?? record;
  const context: Context = { ...setup, informers, events, gate, timings: { ...defaultTimings, ...setup.timings } };
  const names = setup.enabled ?? (Object.keys(controllers) as ControllerName[]);
  const running = names.map((name) => controllers[name]({ ...context, logger: setup.logger.child({ controller: name }) }));
  return {
    stop: async () => {
      await Promise.all(running.map((controller) => controller.stop()));
      own.stop();
      await Promise.all(recorders.map((recorder) => recorder.stop()));
    },
    pause: () => gate.pause(),
    resume: () => gate.resume(),
    step: (controller) => gate.step(controller),
    get pending() {
      return gate.pending;
    },
  };
}
