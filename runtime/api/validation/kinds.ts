import { controllerRevision, daemonSet, deployment, replicaSet, replicationController, statefulSet } from './apps';
import { horizontalPodAutoscaler } from './autoscaling';
import { job } from './batch';
import { namespace, node, serviceAccount } from './cluster-objects';
import { configMap, secret } from './config';
import { cronJob } from './cron-job';
import { endpoints, endpointSlice } from './endpoints';
import { coreEvent, event } from './event';
import { certificateSigningRequest, customResourceDefinition, webhookConfiguration } from './extensions';
import { ingress, ingressClass, networkPolicy } from './networking';
import { persistentVolume } from './persistent-volume';
import { createClaim, updateClaim, updateClaimStatus } from './persistent-volume-claim';
import { pod } from './pod';
import { lease, podDisruptionBudget, priorityClass, runtimeClass, storageClass } from './policies';
import { limitRange, resourceQuota } from './quota';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac';
import type { KindRules } from './rules';
import { service } from './service';

/** The rules of the built-in kinds by `Kind` (core) or `Kind.group`; the versions of a kind share them. */
export const BUILT_IN: ReadonlyMap<string, KindRules> = new Map<string, KindRules>([
  ['Pod', pod],
  ['Service', service],
  ['ReplicationController', replicationController],
  ['ConfigMap', configMap],
  ['Secret', secret],
  ['Namespace', namespace],
  ['Node', node],
  ['ServiceAccount', serviceAccount],
  ['Endpoints', endpoints],
  ['Event', coreEvent],
  ['ResourceQuota', resourceQuota],
  ['LimitRange', limitRange],
  ['PersistentVolume', persistentVolume],
  ['PersistentVolumeClaim', { create: createClaim, update: updateClaim, updateStatus: updateClaimStatus }],
  ['ReplicaSet.apps', replicaSet],
  ['Deployment.apps', deployment],
  ['DaemonSet.apps', daemonSet],
  ['StatefulSet.apps', statefulSet],
  ['ControllerRevision.apps', controllerRevision],
  ['Job.batch', job],
  ['CronJob.batch', cronJob],
  ['HorizontalPodAutoscaler.autoscaling', horizontalPodAutoscaler],
  ['EndpointSlice.discovery.k8s.io', endpointSlice],
  ['Event.events.k8s.io', event],
  ['Ingress.networking.k8s.io', ingress],
  ['IngressClass.networking.k8s.io', ingressClass],
  ['NetworkPolicy.networking.k8s.io', networkPolicy],
  ['PodDisruptionBudget.policy', podDisruptionBudget],
  ['Role.rbac.authorization.k8s.io', role],
  ['ClusterRole.rbac.authorization.k8s.io', clusterRole],
  ['RoleBinding.rbac.authorization.k8s.io', roleBinding],
  ['ClusterRoleBinding.rbac.authorization.k8s.io', clusterRoleBinding],
  ['PriorityClass.scheduling.k8s.io', priorityClass],
  ['StorageClass.storage.k8s.io', storageClass],
  ['Lease.coordination.k8s.io', lease],
  ['RuntimeClass.node.k8s.io', runtimeClass],
  ['CustomResourceDefinition.apiextensions.k8s.io', customResourceDefinition],
  ['ValidatingWebhookConfiguration.admissionregistration.k8s.io', webhookConfiguration],
  ['MutatingWebhookConfiguration.admissionregistration.k8s.io', webhookConfiguration],
  ['CertificateSigningRequest.certificates.k8s.io', certificateSigningRequest],
]);
