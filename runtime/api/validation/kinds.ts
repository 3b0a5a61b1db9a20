import { localReviewFindings, selfReviewFindings, subjectReviewFindings } from './access-reviews';
import {
  mutatingAdmissionPolicy, mutatingAdmissionPolicyBinding, validatingAdmissionPolicy, validatingAdmissionPolicyBinding,
} from './admission-policies';
import { ipAddress, serviceCidr } from './addresses';
import { apiService } from './api-service';
import { controllerRevision, daemonSet, deployment, replicaSet, replicationController, statefulSet } from './apps';
import { horizontalPodAutoscaler } from './autoscaling';
import { job } from './batch';
import { certificateSigningRequest, clusterTrustBundle, podCertificateRequest } from './certificates';
import { namespace, node, serviceAccount } from './cluster-objects';
import { configMap, secret } from './config';
import { cronJob } from './cron-job';
import { csiDriver, csiNode, csiStorageCapacity } from './csi';
import { customResourceDefinition } from './custom-resource-definition';
import { deviceClass, resourceClaim, resourceClaimTemplate } from './device-claims';
import { endpoints, endpointSlice } from './endpoints';
import { coreEvent, event } from './event';
import { flowSchema, priorityLevelConfiguration } from './flow-control';
import { leaseCandidate } from './lease-candidate';
import { podTemplate, storageVersionMigration } from './templates';
import { ingress, ingressClass, networkPolicy } from './networking';
import { persistentVolume } from './persistent-volume';
import { createClaim, updateClaim, updateClaimStatus } from './persistent-volume-claim';
import { pod } from './pod';
import { lease, podDisruptionBudget, priorityClass, runtimeClass } from './policies';
import { limitRange, resourceQuota } from './quota';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac';
import { deviceTaintRule, resourceSlice } from './resource-slice';
import type { KindRules } from './rules';
import { service } from './service';
import { storageClass, volumeAttributesClass } from './storage';
import { volumeAttachment } from './volume-attachment';
import { webhookConfiguration } from './webhooks';

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
  ['PodTemplate', podTemplate],
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
  ['SubjectAccessReview.authorization.k8s.io', { create: subjectReviewFindings }],
  ['LocalSubjectAccessReview.authorization.k8s.io', { create: localReviewFindings }],
  ['SelfSubjectAccessReview.authorization.k8s.io', { create: selfReviewFindings }],
  ['Role.rbac.authorization.k8s.io', role],
  ['ClusterRole.rbac.authorization.k8s.io', clusterRole],
  ['RoleBinding.rbac.authorization.k8s.io', roleBinding],
  ['ClusterRoleBinding.rbac.authorization.k8s.io', clusterRoleBinding],
  ['PriorityClass.scheduling.k8s.io', priorityClass],
  ['StorageClass.storage.k8s.io', storageClass],
  ['VolumeAttributesClass.storage.k8s.io', volumeAttributesClass],
  ['VolumeAttachment.storage.k8s.io', volumeAttachment],
  ['CSIDriver.storage.k8s.io', csiDriver],
  ['CSINode.storage.k8s.io', csiNode],
  ['CSIStorageCapacity.storage.k8s.io', csiStorageCapacity],
  ['StorageVersionMigration.storagemigration.k8s.io', storageVersionMigration],
  ['Lease.coordination.k8s.io', lease],
  ['LeaseCandidate.coordination.k8s.io', leaseCandidate],
  ['RuntimeClass.node.k8s.io', runtimeClass],
  ['CustomResourceDefinition.apiextensions.k8s.io', customResourceDefinition],
  ['ValidatingWebhookConfiguration.admissionregistration.k8s.io', webhookConfiguration],
  ['MutatingWebhookConfiguration.admissionregistration.k8s.io', webhookConfiguration],
  ['ValidatingAdmissionPolicy.admissionregistration.k8s.io', validatingAdmissionPolicy],
  ['ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io', validatingAdmissionPolicyBinding],
  ['MutatingAdmissionPolicy.admissionregistration.k8s.io', mutatingAdmissionPolicy],
  ['MutatingAdmissionPolicyBinding.admissionregistration.k8s.io', mutatingAdmissionPolicyBinding],
  ['CertificateSigningRequest.certificates.k8s.io', certificateSigningRequest],
  ['ClusterTrustBundle.certificates.k8s.io', clusterTrustBundle],
  ['PodCertificateRequest.certificates.k8s.io', podCertificateRequest],
  ['FlowSchema.flowcontrol.apiserver.k8s.io', flowSchema],
  ['PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io', priorityLevelConfiguration],
  ['IPAddress.networking.k8s.io', ipAddress],
  ['ServiceCIDR.networking.k8s.io', serviceCidr],
  ['APIService.apiregistration.k8s.io', apiService],
  ['ResourceClaim.resource.k8s.io', resourceClaim],
  ['ResourceClaimTemplate.resource.k8s.io', resourceClaimTemplate],
  ['DeviceClass.resource.k8s.io', deviceClass],
  ['ResourceSlice.resource.k8s.io', resourceSlice],
  ['DeviceTaintRule.resource.k8s.io', deviceTaintRule],
]);
