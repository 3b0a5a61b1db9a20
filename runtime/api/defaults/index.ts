import type { GroupVersionKind, KubeObject } from '../object';
import { defaultAutoscalerV1, defaultAutoscalerV2 } from './autoscaling';
import * as cluster from './cluster';
import * as core from './core';
import { defaultResourceClaim, defaultResourceClaimTemplate } from './devices';
import { defaultPod } from './pod';
import { defaultPersistentVolume, defaultPersistentVolumeClaim } from './volumes';
import * as workloads from './workloads';

export { applySchemaDefaults } from './schema';
export { defaultPullPolicy, imageTag } from './image';

type Defaulter = (object: KubeObject) => void;

/** The table below pairs each function with the kind that it is for; decoding has checked that the object is one. */
const of =
  <T extends KubeObject>(apply: (object: T) => void): Defaulter =>
  (object) =>
    apply(object as T);

const rbac = of(cluster.defaultRoleBinding);
const defaulters: Record<string, Defaulter> = {
  '/v1/Endpoints': of(core.defaultEndpoints),
  '/v1/LimitRange': of(core.defaultLimitRange),
  '/v1/Namespace': of(core.defaultNamespace),
  '/v1/Node': of(core.defaultNode),
  '/v1/PersistentVolume': of(defaultPersistentVolume),
  '/v1/PersistentVolumeClaim': of(defaultPersistentVolumeClaim),
  '/v1/Pod': of(defaultPod),
  '/v1/PodTemplate': of(core.defaultPodTemplate),
  '/v1/ReplicationController': of(core.defaultReplicationController),
  '/v1/Secret': of(core.defaultSecret),
  '/v1/Service': of(core.defaultService),
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': of(cluster.defaultAdmissionPolicy),
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': of(cluster.defaultPolicyBinding),
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': of(cluster.defaultMutatingWebhooks),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': of(cluster.defaultAdmissionPolicy),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': of(cluster.defaultPolicyBinding),
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': of(cluster.defaultValidatingWebhooks),
  'apiextensions.k8s.io/v1/CustomResourceDefinition': of(cluster.defaultCustomResourceDefinition),
  'apiregistration.k8s.io/v1/APIService': of(cluster.defaultAPIService),
  'apps/v1/DaemonSet': of(workloads.defaultDaemonSet),
  'apps/v1/Deployment': of(workloads.defaultDeployment),
  'apps/v1/ReplicaSet': of(workloads.defaultReplicaSet),
  'apps/v1/StatefulSet': of(workloads.defaultStatefulSet),
  'authentication.k8s.io/v1/TokenRequest': of(cluster.defaultTokenRequest),
  'autoscaling/v1/HorizontalPodAutoscaler': of(defaultAutoscalerV1),
  'autoscaling/v2/HorizontalPodAutoscaler': of(defaultAutoscalerV2),
  'batch/v1/CronJob': of(workloads.defaultCronJob),
  'batch/v1/Job': of(workloads.defaultJob),
  'discovery.k8s.io/v1/EndpointSlice': of(core.defaultEndpointSlice),
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema': of(cluster.defaultFlowSchema),
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration': of(cluster.defaultPriorityLevel),
  'networking.k8s.io/v1/IngressClass': of(cluster.defaultIngressClass),
  'networking.k8s.io/v1/NetworkPolicy': of(cluster.defaultNetworkPolicy),
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': rbac,
  'rbac.authorization.k8s.io/v1/RoleBinding': rbac,
  'resource.k8s.io/v1/ResourceClaim': of(defaultResourceClaim),
  'resource.k8s.io/v1/ResourceClaimTemplate': of(defaultResourceClaimTemplate),
  'scheduling.k8s.io/v1/PriorityClass': of(cluster.defaultPriorityClass),
  'storage.k8s.io/v1/CSIDriver': of(cluster.defaultCSIDriver),
  'storage.k8s.io/v1/StorageClass': of(cluster.defaultStorageClass),
};

/**
 * Fills in what upstream's defaulting fills in for the kind (`SetDefaults_*`), in place. The object must come out of
 * `decodeObject`. What the registry decides (cluster IPs, IP families, node ports, finalizers, names) is not set here.
 */
export function applyDefaults(object: KubeObject, kind: GroupVersionKind): void {
  defaulters[`${kind.group}/${kind.version}/${kind.kind}`]?.(object);
}
