/**
 * Go types that have a name of their own, as errors print it, with the `Kind.field`s that are of them, or lists of them; `*` is
 * the kind's own version. Fields that are not here are `string`, `int32` and so on.
 */
const fieldsOf: Record<string, string> = {
  '*.AddressType': 'EndpointSlice.addressType',
  '*.AllocationConfigSource': 'DeviceAllocationConfiguration.source',
  '*.ConcurrencyPolicy': 'CronJobSpec.concurrencyPolicy',
  '*.ConditionStatus': 'FlowSchemaCondition.status PriorityLevelConfigurationCondition.status',
  '*.DaemonSetConditionType': 'DaemonSetCondition.type',
  '*.DaemonSetUpdateStrategyType': 'DaemonSetUpdateStrategy.type',
  '*.DeploymentConditionType': 'DeploymentCondition.type',
  '*.DeploymentStrategyType': 'DeploymentStrategy.type',
  '*.DeviceAllocationMode': 'DeviceSubRequest.allocationMode ExactDeviceRequest.allocationMode',
  '*.DeviceTaintEffect': 'DeviceTaint.effect DeviceToleration.effect',
  '*.DeviceTolerationOperator': 'DeviceToleration.operator',
  '*.FSGroupPolicy': 'CSIDriverSpec.fsGroupPolicy',
  '*.FailurePolicyType':
    'MutatingAdmissionPolicySpec.failurePolicy MutatingWebhook.failurePolicy ' +
    'ValidatingAdmissionPolicySpec.failurePolicy ValidatingWebhook.failurePolicy',
  '*.FlowDistinguisherMethodType': 'FlowDistinguisherMethod.type',
  '*.FlowSchemaConditionType': 'FlowSchemaCondition.type',
  '*.FullyQualifiedName': 'DeviceConstraint.distinctAttribute DeviceConstraint.matchAttribute',
  '*.KeyUsage': 'CertificateSigningRequestSpec.usages',
  '*.LimitResponseType': 'LimitResponse.type',
  '*.MatchPolicyType': 'MatchResources.matchPolicy MutatingWebhook.matchPolicy ValidatingWebhook.matchPolicy',
  '*.ParameterNotFoundActionType': 'ParamRef.parameterNotFoundAction',
  '*.PatchType': 'Mutation.patchType',
  '*.PathType': 'HTTPIngressPath.pathType',
  '*.PersistentVolumeClaimRetentionPolicyType':
    'StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted ' +
    'StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled',
  '*.PodManagementPolicyType': 'StatefulSetSpec.podManagementPolicy',
  '*.PolicyType': 'NetworkPolicySpec.policyTypes',
  '*.PriorityLevelConfigurationConditionType': 'PriorityLevelConfigurationCondition.type',
  '*.PriorityLevelEnablement': 'PriorityLevelConfigurationSpec.type',
  '*.QualifiedName': 'NodeAllocatableResourceMapping.capacityKey',
  '*.ReplicaSetConditionType': 'ReplicaSetCondition.type',
  '*.RequestConditionType': 'CertificateSigningRequestCondition.type',
  '*.SideEffectClass': 'MutatingWebhook.sideEffects ValidatingWebhook.sideEffects',
  '*.StatefulSetConditionType': 'StatefulSetCondition.type',
  '*.StatefulSetUpdateStrategyType': 'StatefulSetUpdateStrategy.type',
  '*.UnhealthyPodEvictionPolicyType': 'PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy',
  '*.ValidationAction': 'ValidatingAdmissionPolicyBindingSpec.validationActions',
  '*.VolumeBindingMode': 'StorageClass.volumeBindingMode',
  '*.VolumeLifecycleMode': 'CSIDriverSpec.volumeLifecycleModes',
  'types.NodeName': 'PodCertificateRequestSpec.nodeName',
  'types.UID':
    'BoundObjectReference.uid ConfigMapNodeConfigSource.uid ConversionRequest.uid ConversionResponse.uid ' +
    'DeviceRequestAllocationResult.shareID ObjectMeta.uid ObjectReference.uid OwnerReference.uid ' +
    'PodCertificateRequestSpec.nodeUID PodCertificateRequestSpec.podUID ' +
    'PodCertificateRequestSpec.serviceAccountUID Preconditions.uid ResourceClaimConsumerReference.uid ' +
    'StatusDetails.uid UncountedTerminatedPods.failed UncountedTerminatedPods.succeeded',
  'v1.AppArmorProfileType': 'AppArmorProfile.type',
  'v1.AzureDataDiskCachingMode': 'AzureDiskVolumeSource.cachingMode',
  'v1.AzureDataDiskKind': 'AzureDiskVolumeSource.kind',
  'v1.Capability': 'Capabilities.add Capabilities.drop',
  'v1.CauseType': 'StatusCause.reason',
  'v1.CompletionMode': 'JobSpec.completionMode',
  'v1.ComponentConditionType': 'ComponentCondition.type',
  'v1.ConditionStatus':
    'CertificateSigningRequestCondition.status ComponentCondition.status Condition.status ' +
    'CustomResourceDefinitionCondition.status DaemonSetCondition.status DeploymentCondition.status ' +
    'HorizontalPodAutoscalerCondition.status JobCondition.status NamespaceCondition.status NodeCondition.status ' +
    'PersistentVolumeClaimCondition.status PodCondition.status PodFailurePolicyOnPodConditionsPattern.status ' +
    'ReplicaSetCondition.status ReplicationControllerCondition.status StatefulSetCondition.status',
  'v1.ContainerRestartPolicy':
    'Container.restartPolicy EphemeralContainer.restartPolicy EphemeralContainerCommon.restartPolicy',
  'v1.ContainerRestartRuleAction': 'ContainerRestartRule.action',
  'v1.ContainerRestartRuleOnExitCodesOperator': 'ContainerRestartRuleOnExitCodes.operator',
  'v1.ConversionStrategyType': 'CustomResourceConversion.strategy',
  'v1.CoordinatedLeaseStrategy': 'LeaseCandidateSpec.strategy LeaseSpec.strategy',
  'v1.CustomResourceDefinitionConditionType': 'CustomResourceDefinitionCondition.type',
  'v1.DNSPolicy': 'PodSpec.dnsPolicy',
  'v1.DeletionPropagation': 'DeleteOptions.propagationPolicy',
  'v1.FieldSelectorOperator': 'FieldSelectorRequirement.operator',
  'v1.FieldValueErrorReason': 'ValidationRule.reason',
  'v1.FinalizerName': 'NamespaceSpec.finalizers',
  'v1.HostPathType': 'HostPathVolumeSource.type',
  'v1.IPFamily': 'ServiceSpec.ipFamilies',
  'v1.IPFamilyPolicy': 'ServiceSpec.ipFamilyPolicy',
  'v1.JSONSchemaURL': 'JSONSchemaProps.$schema',
  'v1.JobConditionType': 'JobCondition.type',
  'v1.LabelSelectorOperator': 'LabelSelectorRequirement.operator',
  'v1.LimitType': 'LimitRangeItem.type',
  'v1.LoadBalancerIPMode': 'LoadBalancerIngress.ipMode',
  'v1.ManagedFieldsOperationType': 'ManagedFieldsEntry.operation',
  'v1.MountPropagationMode': 'VolumeMount.mountPropagation',
  'v1.NamespaceConditionType': 'NamespaceCondition.type',
  'v1.NamespacePhase': 'NamespaceStatus.phase',
  'v1.NodeAddressType': 'NodeAddress.type',
  'v1.NodeConditionType': 'NodeCondition.type',
  'v1.NodeInclusionPolicy': 'TopologySpreadConstraint.nodeAffinityPolicy TopologySpreadConstraint.nodeTaintsPolicy',
  'v1.NodePhase': 'NodeStatus.phase',
  'v1.NodeSelectorOperator': 'NodeSelectorRequirement.operator',
  'v1.OSName': 'PodOS.name',
  'v1.OperationType': 'NamedRuleWithOperations.operations RuleWithOperations.operations',
  'v1.PersistentVolumeAccessMode':
    'PersistentVolumeClaimSpec.accessModes PersistentVolumeClaimStatus.accessModes ' +
    'PersistentVolumeSpec.accessModes',
  'v1.PersistentVolumeClaimConditionType': 'PersistentVolumeClaimCondition.type',
  'v1.PersistentVolumeClaimModifyVolumeStatus': 'ModifyVolumeStatus.status',
  'v1.PersistentVolumeClaimPhase': 'PersistentVolumeClaimStatus.phase',
  'v1.PersistentVolumeMode': 'PersistentVolumeClaimSpec.volumeMode PersistentVolumeSpec.volumeMode',
  'v1.PersistentVolumePhase': 'PersistentVolumeStatus.phase',
  'v1.PersistentVolumeReclaimPolicy':
    'PersistentVolumeSpec.persistentVolumeReclaimPolicy StorageClass.reclaimPolicy',
  'v1.PodConditionType':
    'PodCondition.type PodFailurePolicyOnPodConditionsPattern.type PodReadinessGate.conditionType',
  'v1.PodFSGroupChangePolicy': 'PodSecurityContext.fsGroupChangePolicy',
  'v1.PodFailurePolicyAction': 'PodFailurePolicyRule.action',
  'v1.PodFailurePolicyOnExitCodesOperator': 'PodFailurePolicyOnExitCodesRequirement.operator',
  'v1.PodPhase': 'PodStatus.phase',
  'v1.PodQOSClass': 'PodStatus.qosClass',
  'v1.PodReplacementPolicy': 'JobSpec.podReplacementPolicy',
  'v1.PodResizeStatus': 'PodStatus.resize',
  'v1.PodSELinuxChangePolicy': 'PodSecurityContext.seLinuxChangePolicy',
  'v1.PreemptionPolicy': 'PodSpec.preemptionPolicy PriorityClass.preemptionPolicy',
  'v1.ProcMountType': 'SecurityContext.procMount',
  'v1.Protocol':
    'ContainerPort.protocol EndpointPort.protocol IngressPortStatus.protocol NetworkPolicyPort.protocol ' +
    'PortStatus.protocol ServicePort.protocol',
  'v1.PullPolicy':
    'Container.imagePullPolicy EphemeralContainer.imagePullPolicy EphemeralContainerCommon.imagePullPolicy ' +
    'ImageVolumeSource.pullPolicy',
  'v1.RecursiveReadOnlyMode': 'VolumeMount.recursiveReadOnly VolumeMountStatus.recursiveReadOnly',
  'v1.ReinvocationPolicyType': 'MutatingAdmissionPolicySpec.reinvocationPolicy MutatingWebhook.reinvocationPolicy',
  'v1.ReplicationControllerConditionType': 'ReplicationControllerCondition.type',
  'v1.ResourceHealthStatus': 'ResourceHealth.health',
  'v1.ResourceID': 'ResourceHealth.resourceID',
  'v1.ResourceList':
    'ContainerStatus.allocatedResources LimitRangeItem.default LimitRangeItem.defaultRequest LimitRangeItem.max ' +
    'LimitRangeItem.maxLimitRequestRatio LimitRangeItem.min NodeStatus.allocatable NodeStatus.capacity ' +
    'Overhead.podFixed PersistentVolumeClaimStatus.allocatedResources PersistentVolumeClaimStatus.capacity ' +
    'PersistentVolumeSpec.capacity PodSpec.overhead PodStatus.allocatedResources ResourceQuotaSpec.hard ' +
    'ResourceQuotaStatus.hard ResourceQuotaStatus.used ResourceRequirements.limits ResourceRequirements.requests ' +
    'VolumeResourceRequirements.limits VolumeResourceRequirements.requests',
  'v1.ResourceName':
    'ContainerResizePolicy.resourceName ContainerResourceMetricSource.name ContainerResourceMetricStatus.name ' +
    'ResourceMetricSource.name ResourceMetricStatus.name ResourceStatus.name',
  'v1.ResourceQuotaScope': 'ResourceQuotaSpec.scopes ScopedResourceSelectorRequirement.scopeName',
  'v1.ResourceResizeRestartPolicy': 'ContainerResizePolicy.restartPolicy',
  'v1.ResourceScope': 'CustomResourceDefinitionSpec.scope',
  'v1.ResourceVersionMatch': 'ListOptions.resourceVersionMatch',
  'v1.RestartPolicy': 'PodSpec.restartPolicy',
  'v1.ScopeSelectorOperator': 'ScopedResourceSelectorRequirement.operator',
  'v1.ScopeType': 'NamedRuleWithOperations.scope Rule.scope RuleWithOperations.scope',
  'v1.SeccompProfileType': 'SeccompProfile.type',
  'v1.SecretType': 'Secret.type',
  'v1.ServiceAffinity': 'ServiceSpec.sessionAffinity',
  'v1.ServiceExternalTrafficPolicy': 'ServiceSpec.externalTrafficPolicy',
  'v1.ServiceInternalTrafficPolicy': 'ServiceSpec.internalTrafficPolicy',
  'v1.ServiceType': 'ServiceSpec.type',
  'v1.Signal': 'ContainerStatus.stopSignal Lifecycle.stopSignal',
  'v1.StatusReason': 'Status.reason Validation.reason',
  'v1.StorageMedium': 'EmptyDirVolumeSource.medium',
  'v1.SupplementalGroupsPolicy': 'PodSecurityContext.supplementalGroupsPolicy',
  'v1.TaintEffect': 'Taint.effect Toleration.effect',
  'v1.TerminationMessagePolicy':
    'Container.terminationMessagePolicy EphemeralContainer.terminationMessagePolicy ' +
    'EphemeralContainerCommon.terminationMessagePolicy',
  'v1.TolerationOperator': 'Toleration.operator',
  'v1.URIScheme': 'HTTPGetAction.scheme',
  'v1.UniqueVolumeName': 'AttachedVolume.name NodeStatus.volumesInUse',
  'v1.UnsatisfiableConstraintAction': 'TopologySpreadConstraint.whenUnsatisfiable',
  'v1.Verbs': 'APIResource.verbs',
  'v1alpha1.ConditionStatus': 'StorageVersionCondition.status',
  'v1alpha1.StorageVersionConditionType': 'StorageVersionCondition.type',
  'v1alpha2.DisruptionMode': 'PodGroupSpec.disruptionMode PodGroupTemplate.disruptionMode',
  'v1beta1.DeviceAllocationMode': 'DeviceRequest.allocationMode',
  'v2.HPAScalingPolicyType': 'HPAScalingPolicy.type',
  'v2.HorizontalPodAutoscalerConditionType': 'HorizontalPodAutoscalerCondition.type',
  'v2.MetricSourceType': 'MetricSpec.type MetricStatus.type',
  'v2.MetricTargetType': 'MetricTarget.type',
  'v2.ScalingPolicySelect': 'HPAScalingRules.selectPolicy',
};

const named = new Map(
  Object.entries(fieldsOf).flatMap(([type, fields]) => fields.split(' ').map((field) => [field, type] as const)),
);

/** `v1.Protocol` for the protocol of a ContainerPort; undefined for a type without name. */
export const namedGoType = (kind: string, field: string, version: string): string | undefined =>
  named.get(`${kind}.${field}`)?.replace('*', version);

/** `v1.Container` for `io.k8s.api.core.v1.Container`; what is not versioned has its package's name. */
export function goTypeOfDefinition(name: string): string {
  return name.split('.').slice(-2).join('.');
}
