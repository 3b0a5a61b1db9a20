import { parseApiVersion } from './object';
import type { GroupVersionKind } from './object';
import type { Schema, TypeResolver } from './schema';

/**
 * When versions of kinds came, were deprecated and went, as minors of 1.x: facts of the deprecation guide and of the
 * prerelease lifecycle of the API types. Kinds that are not listed have been there for as long as anybody remembers.
 */
export interface ApiLifecycle {
  readonly apiVersion: string;
  readonly kind: string;
  /** 0 where it is older than 1.9. */
  readonly since: number;
  readonly deprecated?: number;
  readonly removed?: number;
  /** The `apiVersion` to use instead, for the same kind unless it says another. */
  readonly replacement?: { readonly apiVersion: string; readonly kind: string };
}

/** The minor of the version whose API this is. */
export const API_MINOR = 36;

type Row = readonly [
  apiVersion: string, kinds: string, since: number, deprecated?: number, removed?: number, replacement?: string,
];

const ROWS: readonly Row[] = [
  ['v1', 'ComponentStatus', 0, 19],
  ['v1', 'Endpoints', 0, 33, undefined, 'discovery.k8s.io/v1 EndpointSlice'],
  ['extensions/v1beta1', 'DaemonSet Deployment ReplicaSet', 0, 8, 16, 'apps/v1'],
  ['extensions/v1beta1', 'NetworkPolicy', 0, 9, 16, 'networking.k8s.io/v1'],
  ['extensions/v1beta1', 'PodSecurityPolicy', 0, 11, 16, 'policy/v1beta1'],
  ['extensions/v1beta1', 'Ingress', 0, 14, 22, 'networking.k8s.io/v1'],
  ['apps/v1alpha1', 'PetSet', 0, 5, 6, 'apps/v1 StatefulSet'],
  ['apps/v1beta1', 'ControllerRevision Deployment StatefulSet', 0, 9, 16, 'apps/v1'],
  ['apps/v1beta2', 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet', 0, 9, 16, 'apps/v1'],
  ['apps/v1', 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet', 9],
  ['admissionregistration.k8s.io/v1alpha1', 'InitializerConfiguration', 0, 13, 14],
  ['admissionregistration.k8s.io/v1beta1', 'MutatingWebhookConfiguration ValidatingWebhookConfiguration', 9, 16, 22,
    'admissionregistration.k8s.io/v1'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration ValidatingWebhookConfiguration', 16],
  ['admissionregistration.k8s.io/v1alpha1', 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding', 26, 29, 32,
    'admissionregistration.k8s.io/v1'],
  ['admissionregistration.k8s.io/v1beta1', 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding', 28, 31, 34,
    'admissionregistration.k8s.io/v1'],
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding', 30],
  ['admissionregistration.k8s.io/v1alpha1', 'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding', 32],
  ['admissionregistration.k8s.io/v1beta1', 'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding', 34],
  ['admissionregistration.k8s.io/v1', 'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding', 36],
  ['apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition', 0, 16, 22, 'apiextensions.k8s.io/v1'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 16],
  ['apiregistration.k8s.io/v1beta1', 'APIService', 0, 19, 22, 'apiregistration.k8s.io/v1'],
  ['apiregistration.k8s.io/v1', 'APIService', 10],
  ['auditregistration.k8s.io/v1alpha1', 'AuditSink', 13, 18, 19],
  ['authentication.k8s.io/v1beta1', 'TokenReview', 0, 19, 22, 'authentication.k8s.io/v1'],
  ['authentication.k8s.io/v1alpha1', 'SelfSubjectReview', 26, 27, 32, 'authentication.k8s.io/v1'],
  ['authentication.k8s.io/v1beta1', 'SelfSubjectReview', 27, 30, 33, 'authentication.k8s.io/v1'],
  ['authentication.k8s.io/v1', 'SelfSubjectReview', 28],
  ['authorization.k8s.io/v1beta1',
    'LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview', 0, 19, 22,
    'authorization.k8s.io/v1'],
  ['autoscaling/v2beta1', 'HorizontalPodAutoscaler', 0, 22, 25, 'autoscaling/v2'],
  ['autoscaling/v2beta2', 'HorizontalPodAutoscaler', 12, 23, 26, 'autoscaling/v2'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler', 23],
  ['batch/v2alpha1', 'CronJob', 0, 8, 21, 'batch/v1'],
  ['batch/v2alpha1', 'ScheduledJob', 0, 5, 8, 'batch/v1 CronJob'],
  ['batch/v1beta1', 'CronJob', 0, 21, 25, 'batch/v1'],
  ['batch/v1', 'CronJob', 21],
  ['certificates.k8s.io/v1beta1', 'CertificateSigningRequest', 0, 19, 22, 'certificates.k8s.io/v1'],
  ['certificates.k8s.io/v1', 'CertificateSigningRequest', 19],
  ['certificates.k8s.io/v1alpha1', 'ClusterTrustBundle', 26],
  ['certificates.k8s.io/v1beta1', 'ClusterTrustBundle', 33],
  ['certificates.k8s.io/v1alpha1', 'PodCertificateRequest', 34, 35, 36, 'certificates.k8s.io/v1beta1'],
  ['certificates.k8s.io/v1beta1', 'PodCertificateRequest', 35],
  ['coordination.k8s.io/v1beta1', 'Lease', 12, 19, 22, 'coordination.k8s.io/v1'],
  ['coordination.k8s.io/v1', 'Lease', 14],
  ['coordination.k8s.io/v1alpha1', 'LeaseCandidate', 31, 32, 32, 'coordination.k8s.io/v1alpha2'],
  ['coordination.k8s.io/v1alpha2', 'LeaseCandidate', 32],
  ['coordination.k8s.io/v1beta1', 'LeaseCandidate', 33],
  ['discovery.k8s.io/v1alpha1', 'EndpointSlice', 16, 17, 20, 'discovery.k8s.io/v1'],
  ['discovery.k8s.io/v1beta1', 'EndpointSlice', 17, 21, 25, 'discovery.k8s.io/v1'],
  ['discovery.k8s.io/v1', 'EndpointSlice', 21],
  ['events.k8s.io/v1beta1', 'Event', 0, 22, 25, 'events.k8s.io/v1'],
  ['events.k8s.io/v1', 'Event', 19],
  ['flowcontrol.apiserver.k8s.io/v1alpha1', 'FlowSchema PriorityLevelConfiguration', 17, 20, 24,
    'flowcontrol.apiserver.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1beta1', 'FlowSchema PriorityLevelConfiguration', 20, 23, 26,
    'flowcontrol.apiserver.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1beta2', 'FlowSchema PriorityLevelConfiguration', 23, 26, 29,
    'flowcontrol.apiserver.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1beta3', 'FlowSchema PriorityLevelConfiguration', 26, 29, 32,
    'flowcontrol.apiserver.k8s.io/v1'],
  ['flowcontrol.apiserver.k8s.io/v1', 'FlowSchema PriorityLevelConfiguration', 29],
  ['networking.k8s.io/v1beta1', 'Ingress', 14, 19, 22, 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1beta1', 'IngressClass', 18, 19, 22, 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1', 'Ingress IngressClass', 19],
  ['networking.k8s.io/v1alpha1', 'ClusterCIDR', 25, 28, 29],
  ['networking.k8s.io/v1alpha1', 'IPAddress', 27, 30, 34, 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1alpha1', 'ServiceCIDR', 27, 30, 34, 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1beta1', 'IPAddress ServiceCIDR', 31, 34, 37, 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1', 'IPAddress ServiceCIDR', 33],
  ['node.k8s.io/v1alpha1', 'RuntimeClass', 14, 20, 24, 'node.k8s.io/v1'],
  ['node.k8s.io/v1beta1', 'RuntimeClass', 14, 20, 25, 'node.k8s.io/v1'],
  ['node.k8s.io/v1', 'RuntimeClass', 20],
  ['policy/v1beta1', 'PodDisruptionBudget', 0, 21, 25, 'policy/v1'],
  ['policy/v1beta1', 'PodSecurityPolicy', 10, 21, 25],
  ['policy/v1beta1', 'Eviction', 0, 22, 25, 'policy/v1'],
  ['policy/v1', 'PodDisruptionBudget', 21],
  ['policy/v1', 'Eviction', 22],
  ['rbac.authorization.k8s.io/v1alpha1', 'ClusterRole ClusterRoleBinding Role RoleBinding', 0, 17, 23,
    'rbac.authorization.k8s.io/v1'],
  ['rbac.authorization.k8s.io/v1beta1', 'ClusterRole ClusterRoleBinding Role RoleBinding', 0, 17, 22,
    'rbac.authorization.k8s.io/v1'],
  ['resource.k8s.io/v1alpha1', 'PodScheduling ResourceClaim ResourceClaimTemplate ResourceClass', 26, 27, 27],
  ['resource.k8s.io/v1alpha2',
    'PodSchedulingContext ResourceClaim ResourceClaimParameters ResourceClaimTemplate ResourceClass ' +
    'ResourceClassParameters ResourceSlice', 27, 30, 31],
  ['resource.k8s.io/v1alpha3', 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice', 31, 32, 34,
    'resource.k8s.io/v1'],
  ['resource.k8s.io/v1alpha3', 'PodSchedulingContext', 31, 32, 32],
  ['resource.k8s.io/v1beta1', 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice', 32, 35, 38,
    'resource.k8s.io/v1'],
  ['resource.k8s.io/v1beta2', 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice', 33, 36, 39,
    'resource.k8s.io/v1'],
  ['resource.k8s.io/v1', 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice', 34],
  ['resource.k8s.io/v1alpha3', 'DeviceTaintRule', 33],
  ['resource.k8s.io/v1beta2', 'DeviceTaintRule', 36],
  ['scheduling.k8s.io/v1alpha1', 'PriorityClass', 0, 14, 22, 'scheduling.k8s.io/v1'],
  ['scheduling.k8s.io/v1beta1', 'PriorityClass', 11, 14, 22, 'scheduling.k8s.io/v1'],
  ['scheduling.k8s.io/v1', 'PriorityClass', 14],
  ['scheduling.k8s.io/v1alpha1', 'Workload', 35, 36, 36, 'scheduling.k8s.io/v1alpha2'],
  ['scheduling.k8s.io/v1alpha2', 'PodGroup Workload', 36],
  ['settings.k8s.io/v1alpha1', 'PodPreset', 0, 19, 20],
  ['storage.k8s.io/v1alpha1', 'VolumeAttachment', 9, 21, 24, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1alpha1', 'CSIStorageCapacity', 19, 21, 24, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'StorageClass', 0, 19, 22, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'VolumeAttachment', 10, 19, 22, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSIDriver CSINode', 14, 19, 22, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSIStorageCapacity', 21, 24, 27, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1', 'VolumeAttachment', 13],
  ['storage.k8s.io/v1', 'CSINode', 17],
  ['storage.k8s.io/v1', 'CSIDriver', 18],
  ['storage.k8s.io/v1', 'CSIStorageCapacity', 24],
  ['storage.k8s.io/v1alpha1', 'VolumeAttributesClass', 29, 32, 35, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'VolumeAttributesClass', 31, 34, 37, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1', 'VolumeAttributesClass', 34],
  ['storagemigration.k8s.io/v1alpha1', 'StorageVersionMigration', 30, 33, 35, 'storagemigration.k8s.io/v1beta1'],
  ['storagemigration.k8s.io/v1beta1', 'StorageVersionMigration', 35],
];

function lifecycles(): Map<string, ApiLifecycle> {
  const found = new Map<string, ApiLifecycle>();
  for (const [apiVersion, kinds, since, deprecated, removed, text] of ROWS) {
    for (const kind of kinds.split(' ')) {
      const [version = '', other = kind] = text?.split(' ') ?? [];
      found.set(`${apiVersion} ${kind}`, {
        apiVersion, kind, since, ...(deprecated !== undefined && { deprecated }), ...(removed !== undefined && { removed }),
        ...(version && { replacement: { apiVersion: version, kind: other } }),
      });
    }
  }
  return found;
}

let table: ReadonlyMap<string, ApiLifecycle> | undefined;

const all = (): ReadonlyMap<string, ApiLifecycle> => (table ??= lifecycles());

/** Undefined for a version of a kind that has always been there, and for one that never was. */
export function lifecycleOf(apiVersion: string, kind: string): ApiLifecycle | undefined {
  return all().get(`${apiVersion} ${kind}`);
}

/** What took the place of a version of a kind, `extensions/v1beta1 Ingress`, that is deprecated or gone. */
export function successorOf(apiVersion: string, kind: string): GroupVersionKind | undefined {
  const { replacement } = lifecycleOf(apiVersion, kind) ?? {};
  return replacement && { ...parseApiVersion(replacement.apiVersion), kind: replacement.kind };
}

/** Whether a group was Kubernetes' own in some version. */
export function wasBuiltInGroup(group: string): boolean {
  for (const { apiVersion } of all().values()) if (apiVersion.startsWith(`${group}/`)) return true;
  return false;
}

/** As the API server warns: `batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob`. */
export function deprecationText({ apiVersion, kind, deprecated = 0, removed, replacement }: ApiLifecycle): string {
  const gone = removed === undefined ? '' : `, unavailable in v1.${removed}+`;
  const instead = replacement ? `; use ${replacement.apiVersion} ${replacement.kind}` : '';
  return `${apiVersion} ${kind} is deprecated in v1.${deprecated}+${gone}${instead}`;
}

/** The warning that a version's API server gives; undefined if the kind isn't deprecated yet. */
export function deprecationWarning(apiVersion: string, kind: string, minor: number): string | undefined {
  const lifecycle = lifecycleOf(apiVersion, kind);
  return lifecycle?.deprecated !== undefined && lifecycle.deprecated <= minor ? deprecationText(lifecycle) : undefined;
}

/** Fields that came after 1.9, by the last word of their type's name. */
export const FIELDS_SINCE: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  PodSpec: {
    shareProcessNamespace: 10, readinessGates: 11, runtimeClassName: 12, enableServiceLinks: 13, preemptionPolicy: 15,
    ephemeralContainers: 16, topologySpreadConstraints: 16, overhead: 16, setHostnameAsFQDN: 19, os: 23, hostUsers: 25,
    schedulingGates: 26, resourceClaims: 26, resources: 32, hostnameOverride: 34, schedulingGroup: 36,
  },
  Container: { startupProbe: 16, resizePolicy: 27, restartPolicy: 28, restartPolicyRules: 34 },
  Probe: { terminationGracePeriodSeconds: 21, grpc: 23 },
  LifecycleHandler: { sleep: 29 },
  Lifecycle: { stopSignal: 33 },
  SecurityContext: { procMount: 12, windowsOptions: 14, seccompProfile: 19, appArmorProfile: 30 },
  PodSecurityContext: {
    runAsGroup: 10, sysctls: 11, windowsOptions: 14, fsGroupChangePolicy: 18, seccompProfile: 19, appArmorProfile: 30,
    supplementalGroupsPolicy: 31, seLinuxChangePolicy: 32,
  },
  WindowsSecurityContextOptions: { hostProcess: 22 },
  ResourceRequirements: { claims: 26 },
  PodResourceClaim: { resourceClaimName: 31, resourceClaimTemplateName: 31 },
  TopologySpreadConstraint: { minDomains: 24, nodeAffinityPolicy: 25, nodeTaintsPolicy: 25, matchLabelKeys: 25 },
  PodAffinityTerm: { namespaceSelector: 21, matchLabelKeys: 29, mismatchLabelKeys: 29 },
  Volume: { csi: 15, ephemeral: 19, image: 31 },
  VolumeProjection: { serviceAccountToken: 10, clusterTrustBundle: 29, podCertificate: 34 },
  VolumeMount: { subPathExpr: 14, recursiveReadOnly: 30 },
  EnvVarSource: { fileKeyRef: 34 },
  ConfigMap: { binaryData: 10, immutable: 18 },
  Secret: { immutable: 18 },
  ServiceSpec: {
    ipFamilies: 20, ipFamilyPolicy: 20, clusterIPs: 20, allocateLoadBalancerNodePorts: 20, internalTrafficPolicy: 21,
    loadBalancerClass: 21, trafficDistribution: 30,
  },
  ServicePort: { appProtocol: 18 },
  PersistentVolumeClaimSpec: { dataSource: 12, dataSourceRef: 22, volumeAttributesClassName: 29 },
  PersistentVolumeSpec: { nodeAffinity: 10, volumeAttributesClassName: 29 },
  StatefulSetSpec: { minReadySeconds: 22, persistentVolumeClaimRetentionPolicy: 23, ordinals: 26 },
  RollingUpdateStatefulSetStrategy: { maxUnavailable: 24 },
  RollingUpdateDaemonSet: { maxSurge: 21 },
  JobSpec: {
    ttlSecondsAfterFinished: 12, completionMode: 21, suspend: 21, podFailurePolicy: 25, podReplacementPolicy: 28,
    backoffLimitPerIndex: 28, maxFailedIndexes: 28, managedBy: 30, successPolicy: 30,
  },
  CronJobSpec: { timeZone: 24 },
  MetricSpec: { containerResource: 20 },
  HPAScalingRules: { tolerance: 33 },
  PodDisruptionBudgetSpec: { unhealthyPodEvictionPolicy: 26 },
  IngressClassParametersReference: { scope: 21, namespace: 21 },
  NetworkPolicyPort: { endPort: 21 },
  CSIDriverSpec: {
    volumeLifecycleModes: 16, storageCapacity: 19, fsGroupPolicy: 19, tokenRequests: 20, requiresRepublish: 20,
    seLinuxMount: 25, nodeAllocatableUpdatePeriodSeconds: 33, serviceAccountTokenInSecrets: 35,
  },
  ValidatingWebhook: { matchConditions: 27 },
  MutatingWebhook: { matchConditions: 27 },
  CustomResourceDefinitionVersion: { deprecated: 19, deprecationWarning: 19, selectableFields: 30 },
  JSONSchemaProps: { 'x-kubernetes-map-type': 17, 'x-kubernetes-validations': 23 },
  ValidationRule: { messageExpression: 26, reason: 28, fieldPath: 28, optionalOldSelf: 29 },
  CertificateSigningRequestSpec: { expirationSeconds: 22 },
  LeaseSpec: { strategy: 31, preferredHolder: 31 },
  PriorityClass: { preemptionPolicy: 15 },
  RuntimeClass: { overhead: 16, scheduling: 16 },
  Endpoint: { deprecatedTopology: 20, zone: 20, nodeName: 20, hints: 21 },
  EndpointConditions: { serving: 20, terminating: 20 },
};

export interface NewerField {
  /** As a decoder's unknown fields are told: `spec.containers[0].resizePolicy`. */
  readonly path: string;
  readonly since: number;
}

/** The fields of an object that a version doesn't know yet. */
export function fieldsNewerThan(
  minor: number, value: unknown, schema: Schema, resolver: TypeResolver, path = '',
): NewerField[] {
  if (typeof value !== 'object' || value === null) return [];
  const resolved = resolver.resolve(schema);
  if (Array.isArray(value)) {
    const { items } = resolved;
    return items ? value.flatMap((item, i) => fieldsNewerThan(minor, item, items, resolver, `${path}[${i}]`)) : [];
  }
  const own = FIELDS_SINCE[schema.$ref?.split('.').at(-1) ?? ''] ?? {};
  const extra = typeof resolved.additionalProperties === 'object' ? resolved.additionalProperties : undefined;
  return Object.entries(value).flatMap(([name, item]) => {
    const at = path ? `${path}.${name}` : name;
    const since = Object.hasOwn(own, name) ? (own[name] ?? 0) : 0;
    if (since > minor) return [{ path: at, since }];
    const known = resolved.properties && Object.hasOwn(resolved.properties, name) ? resolved.properties[name] : extra;
    return known ? fieldsNewerThan(minor, item, known, resolver, at) : [];
  });
}

/** The minor of `1.31`, `v1.31.2`, `1.31+`; undefined for anything else. */
export function minorOf(version: string): number | undefined {
  const match = /^v?1\.(\d+)(?:[.+-].*)?$/.exec(version.trim());
  return match ? Number(match[1]) : undefined;
}
