/**
 * Fields whose Go type has a name of its own, as errors print it. Those that are not here are `string`, `int32` and so on.
 * `Kind.field`, for all versions of the kind.
 */
const named: Record<string, string> = {
  'ContainerPort.protocol': 'v1.Protocol', 'ServicePort.protocol': 'v1.Protocol', 'EndpointPort.protocol': 'v1.Protocol',
  'NetworkPolicyPort.protocol': 'v1.Protocol', 'PortStatus.protocol': 'v1.Protocol',
  'Container.imagePullPolicy': 'v1.PullPolicy', 'EphemeralContainer.imagePullPolicy': 'v1.PullPolicy',
  'Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy', 'Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'EphemeralContainer.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'PodSpec.restartPolicy': 'v1.RestartPolicy', 'PodSpec.dnsPolicy': 'v1.DNSPolicy', 'PodSpec.preemptionPolicy': 'v1.PreemptionPolicy',
  'PodSpec.overhead': 'v1.ResourceList', 'ResourceRequirements.limits': 'v1.ResourceList', 'ResourceRequirements.requests': 'v1.ResourceList',
  'VolumeResourceRequirements.limits': 'v1.ResourceList', 'VolumeResourceRequirements.requests': 'v1.ResourceList',
  'ResourceQuotaSpec.hard': 'v1.ResourceList', 'PersistentVolumeSpec.capacity': 'v1.ResourceList', 'NodeStatus.capacity': 'v1.ResourceList',
  'NodeStatus.allocatable': 'v1.ResourceList', 'LimitRangeItem.max': 'v1.ResourceList', 'LimitRangeItem.min': 'v1.ResourceList',
  'LimitRangeItem.default': 'v1.ResourceList', 'LimitRangeItem.defaultRequest': 'v1.ResourceList', 'LimitRangeItem.type': 'v1.LimitType',
  'HTTPGetAction.scheme': 'v1.URIScheme', 'EmptyDirVolumeSource.medium': 'v1.StorageMedium', 'HostPathVolumeSource.type': 'v1.HostPathType',
  'Taint.effect': 'v1.TaintEffect', 'Toleration.effect': 'v1.TaintEffect', 'Toleration.operator': 'v1.TolerationOperator',
  'NodeSelectorRequirement.operator': 'v1.NodeSelectorOperator', 'LabelSelectorRequirement.operator': 'v1.LabelSelectorOperator',
  'TopologySpreadConstraint.whenUnsatisfiable': 'v1.UnsatisfiableConstraintAction', 'SeccompProfile.type': 'v1.SeccompProfileType',
  'SecurityContext.procMount': 'v1.ProcMountType', 'VolumeMount.mountPropagation': 'v1.MountPropagationMode',
  'ServiceSpec.type': 'v1.ServiceType', 'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'ServiceSpec.externalTrafficPolicy': 'v1.ServiceExternalTrafficPolicy', 'ServiceSpec.internalTrafficPolicy': 'v1.ServiceInternalTrafficPolicy',
  'ServiceSpec.ipFamilyPolicy': 'v1.IPFamilyPolicy', 'ServiceSpec.ipFamilies': 'v1.IPFamily', 'Secret.type': 'v1.SecretType',
  'PersistentVolumeClaimSpec.accessModes': 'v1.PersistentVolumeAccessMode', 'PersistentVolumeSpec.accessModes': 'v1.PersistentVolumeAccessMode',
  'PersistentVolumeClaimSpec.volumeMode': 'v1.PersistentVolumeMode', 'PersistentVolumeSpec.volumeMode': 'v1.PersistentVolumeMode',
  'PersistentVolumeSpec.persistentVolumeReclaimPolicy': 'v1.PersistentVolumeReclaimPolicy', 'NamespaceSpec.finalizers': 'v1.FinalizerName',
  'PodStatus.phase': 'v1.PodPhase', 'PodCondition.type': 'v1.PodConditionType', 'PodCondition.status': 'v1.ConditionStatus',
  'NodeCondition.type': 'v1.NodeConditionType', 'NodeCondition.status': 'v1.ConditionStatus', 'NodeAddress.type': 'v1.NodeAddressType',
  'DeploymentStrategy.type': 'v1.DeploymentStrategyType', 'StatefulSetUpdateStrategy.type': 'v1.StatefulSetUpdateStrategyType',
  'DaemonSetUpdateStrategy.type': 'v1.DaemonSetUpdateStrategyType', 'StatefulSetSpec.podManagementPolicy': 'v1.PodManagementPolicyType',
  'CronJobSpec.concurrencyPolicy': 'v1.ConcurrencyPolicy', 'JobSpec.completionMode': 'v1.CompletionMode',
  'NetworkPolicySpec.policyTypes': 'v1.PolicyType', 'HTTPIngressPath.pathType': 'v1.PathType', 'ObjectMeta.uid': 'types.UID',
  'OwnerReference.uid': 'types.UID', 'ObjectReference.uid': 'types.UID', 'DeleteOptions.propagationPolicy': 'v1.DeletionPropagation',
  'MetricSpec.type': 'v2.MetricSourceType', 'MetricTarget.type': 'v2.MetricTargetType',
};

export const namedGoType = (kind: string, field: string): string | undefined => named[`${kind}.${field}`];

/** `v1.Container` for `io.k8s.api.core.v1.Container`; what is not versioned has its package's name. */
export function goTypeOfDefinition(name: string): string {
  return name.split('.').slice(-2).join('.');
}
