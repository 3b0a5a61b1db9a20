import { named, type ReferenceRule, selects } from './rule';

const byName = { name: 'name' } as const;
const byNameAndNamespace = { name: 'name', namespace: 'namespace' } as const;
const kinded = { name: 'name', kind: 'kind', group: 'apiGroup' } as const;
const versioned = { name: 'name', kind: 'kind', group: 'apiVersion' } as const;
const service = { name: 'name', namespace: 'namespace', ports: ['port'] } as const;
const workloads = ['ReplicaSet', 'Deployment', 'DaemonSet', 'StatefulSet', 'Job'] as const;
const webhooks = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
const policies = ['ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy'] as const;
const policyBindings = ['ValidatingAdmissionPolicyBinding', 'MutatingAdmissionPolicyBinding'] as const;
const bindings = ['RoleBinding', 'ClusterRoleBinding'] as const;

const common: readonly ReferenceRule[] = [
  named(['*'], 'metadata.namespace', ['Namespace']),
  named(['*'], 'metadata.ownerReferences[]', [], versioned),
];

const workload: readonly ReferenceRule[] = [
  selects(workloads, 'spec.selector', 'pods'),
  selects(['ReplicationController'], 'spec.selector', 'pods', { form: 'map' }),
  named(['StatefulSet'], 'spec.serviceName', ['Service']),
  named(['StatefulSet'], 'spec.volumeClaimTemplates[].spec.storageClassName', ['StorageClass']),
  named(['StatefulSet'], 'spec.volumeClaimTemplates[].spec.volumeAttributesClassName', ['VolumeAttributesClass']),
  named(['HorizontalPodAutoscaler'], 'spec.scaleTargetRef', ['Deployment'], versioned),
  named(['HorizontalPodAutoscaler'], 'spec.metrics[].object.describedObject', [], versioned),
  selects(['PodDisruptionBudget'], 'spec.selector', 'pods'),
  named(['PodGroup'], 'spec.podGroupTemplateRef.workload.workloadName', ['Workload']),
  named(['PodGroup'], 'spec.priorityClassName', ['PriorityClass']),
  named(['PodGroup'], 'spec.resourceClaims[].resourceClaimName', ['ResourceClaim']),
  named(['PodGroup'], 'spec.resourceClaims[].resourceClaimTemplateName', ['ResourceClaimTemplate']),
  named(['Workload'], 'spec.controllerRef', [], kinded),
  named(['Workload'], 'spec.podGroupTemplates[].priorityClassName', ['PriorityClass']),
  named(['Workload'], 'spec.podGroupTemplates[].resourceClaims[].resourceClaimName', ['ResourceClaim']),
  named(['Workload'], 'spec.podGroupTemplates[].resourceClaims[].resourceClaimTemplateName', ['ResourceClaimTemplate']),
];

const network: readonly ReferenceRule[] = [
  selects(['Service'], 'spec.selector', 'pods', { form: 'map', ports: ['spec.ports[].targetPort'] }),
  named(['EndpointSlice'], 'metadata.labels[kubernetes.io/service-name]', ['Service']),
  named(['EndpointSlice'], 'endpoints[].nodeName', ['Node']),
  named(['EndpointSlice'], 'endpoints[].targetRef', ['Pod'], { ...byNameAndNamespace, kind: 'kind' }),
  named(['Endpoints'], 'subsets[].{addresses,notReadyAddresses}[].nodeName', ['Node']),
  named(['Endpoints'], 'subsets[].{addresses,notReadyAddresses}[].targetRef', ['Pod'], {
    ...byNameAndNamespace,
    kind: 'kind',
  }),
  named(['Ingress'], 'spec.ingressClassName', ['IngressClass']),
  named(['Ingress'], 'metadata.annotations[kubernetes.io/ingress.class]', ['IngressClass']),
  named(['Ingress'], 'spec.tls[].secretName', ['Secret']),
  named(['Ingress'], 'spec.{defaultBackend,rules[].http.paths[].backend}.service', ['Service'], {
    name: 'name',
    ports: ['port.name', 'port.number'],
  }),
  named(['Ingress'], 'spec.{defaultBackend,rules[].http.paths[].backend}.resource', [], kinded),
  // As extensions/v1beta1 had them.
  named(['Ingress'], 'spec.{backend,rules[].http.paths[].backend}', ['Service'], {
    name: 'serviceName',
    ports: ['servicePort'],
  }),
  named(['IngressClass'], 'spec.parameters', [], { ...kinded, namespace: 'namespace' }),
  named(['IPAddress'], 'spec.parentRef', ['Service'], { ...byNameAndNamespace }),
  selects(['NetworkPolicy'], 'spec.podSelector', 'pods', { ports: ['spec.ingress[].ports[].port'] }),
  selects(['NetworkPolicy'], 'spec.{ingress[].from[],egress[].to[]}.podSelector', 'pods', { peer: true }),
  selects(['NetworkPolicy'], 'spec.{ingress[].from[],egress[].to[]}.namespaceSelector', ['Namespace'], { peer: true }),
];

const secretFields = '{cephfs,cinder,flexVolume,iscsi,rbd,scaleIO,storageos}.secretRef';
const csiSecrets =
  'csi.{controllerExpandSecretRef,controllerPublishSecretRef,nodeExpandSecretRef,nodePublishSecretRef,nodeStageSecretRef}';

const storage: readonly ReferenceRule[] = [
  named(['PersistentVolumeClaim', 'PersistentVolume'], 'spec.storageClassName', ['StorageClass']),
  named(['PersistentVolumeClaim', 'PersistentVolume'], 'spec.volumeAttributesClassName', ['VolumeAttributesClass']),
  named(['PersistentVolumeClaim'], 'spec.volumeName', ['PersistentVolume']),
  named(['PersistentVolumeClaim'], 'spec.{dataSource,dataSourceRef}', ['PersistentVolumeClaim'], {
    ...kinded,
    namespace: 'namespace',
  }),
  named(['PersistentVolume'], 'spec.claimRef', ['PersistentVolumeClaim'], byNameAndNamespace),
  named(['PersistentVolume'], `spec.{${secretFields},${csiSecrets}}`, ['Secret'], byNameAndNamespace),
  named(['PersistentVolume'], 'spec.azureFile', ['Secret'], { name: 'secretName', namespace: 'secretNamespace' }),
  named(['VolumeAttachment'], 'spec.nodeName', ['Node']),
  named(['VolumeAttachment'], 'spec.source.persistentVolumeName', ['PersistentVolume']),
  named(['CSIStorageCapacity'], 'storageClassName', ['StorageClass']),
  named(['ResourceClaim'], 'spec.devices.requests[].{deviceClassName,exactly.deviceClassName}', ['DeviceClass']),
  named(['ResourceClaim'], 'spec.devices.requests[].firstAvailable[].deviceClassName', ['DeviceClass']),
  named(['ResourceClaimTemplate'], 'spec.spec.devices.requests[].{deviceClassName,exactly.deviceClassName}', [
    'DeviceClass',
  ]),
  named(['ResourceClaimTemplate'], 'spec.spec.devices.requests[].firstAvailable[].deviceClassName', ['DeviceClass']),
  named(['ResourceSlice'], 'spec.{nodeName,devices[].nodeName}', ['Node']),
];

const access: readonly ReferenceRule[] = [
  named(['ServiceAccount'], '{secrets,imagePullSecrets}[]', ['Secret'], byName),
  named(['Secret'], 'metadata.annotations[kubernetes.io/service-account.name]', ['ServiceAccount']),
  named(bindings, 'roleRef', ['Role', 'ClusterRole'], kinded),
  named(bindings, 'subjects[]', ['ServiceAccount'], { ...byNameAndNamespace, kind: 'kind' }),
  named(['FlowSchema'], 'spec.priorityLevelConfiguration', ['PriorityLevelConfiguration'], byName),
  named(['FlowSchema'], 'spec.rules[].subjects[].serviceAccount', ['ServiceAccount'], byNameAndNamespace),
  named(['PodCertificateRequest'], 'spec.podName', ['Pod']),
  named(['PodCertificateRequest'], 'spec.serviceAccountName', ['ServiceAccount']),
  named(['PodCertificateRequest'], 'spec.nodeName', ['Node']),
];

const extension: readonly ReferenceRule[] = [
  named(webhooks, 'webhooks[].clientConfig.service', ['Service'], service),
  selects(webhooks, 'webhooks[].namespaceSelector', ['Namespace'], { peer: true }),
  selects(policies, 'spec.matchConstraints.namespaceSelector', ['Namespace'], { peer: true }),
  selects(policyBindings, 'spec.matchResources.namespaceSelector', ['Namespace'], { peer: true }),
  named(['ValidatingAdmissionPolicyBinding'], 'spec.policyName', ['ValidatingAdmissionPolicy']),
  named(['MutatingAdmissionPolicyBinding'], 'spec.policyName', ['MutatingAdmissionPolicy']),
  named(['APIService'], 'spec.service', ['Service'], service),
  named(['CustomResourceDefinition'], 'spec.conversion.webhook.clientConfig.service', ['Service'], service),
  named(['Event'], '{involvedObject,regarding,related}', [], { ...versioned, namespace: 'namespace' }),
];

/** What the built-in kinds refer to, beside what their pods do. */
export const kindRules: readonly ReferenceRule[] = [
  ...common,
  ...workload,
  ...network,
  ...storage,
  ...access,
  ...extension,
];
