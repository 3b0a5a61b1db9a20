import type { Gvk } from './ids';

/** A field that a transformer looks at. Parts that are left out match anything; `[]` says that a list is expected. */
export interface FieldSpec extends Partial<Gvk> {
  readonly path: string;
  readonly create?: boolean;
}

/** Fields that name an object of a kind. */
export interface NameReference extends Partial<Gvk> {
  readonly fieldSpecs: readonly FieldSpec[];
}

export interface TransformerConfig {
  namePrefix: FieldSpec[];
  nameSuffix: FieldSpec[];
  namespace: FieldSpec[];
  commonLabels: FieldSpec[];
  templateLabels: FieldSpec[];
  commonAnnotations: FieldSpec[];
  nameReference: NameReference[];
  varReference: FieldSpec[];
  images: FieldSpec[];
  replicas: FieldSpec[];
}

/** Where the pods of a kind are described. */
const podPaths: Record<string, string> = {
  Pod: '',
  PodTemplate: 'template/',
  Deployment: 'spec/template/',
  ReplicaSet: 'spec/template/',
  DaemonSet: 'spec/template/',
  StatefulSet: 'spec/template/',
  Job: 'spec/template/',
  CronJob: 'spec/jobTemplate/spec/template/',
  ReplicationController: 'spec/template/',
};
const allButControllers = 'Pod PodTemplate Deployment ReplicaSet DaemonSet StatefulSet Job CronJob'.split(' ');
const withoutSets = 'Pod StatefulSet Deployment ReplicationController CronJob Job DaemonSet'.split(' ');
const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';

const fields = (kind: string, ...paths: string[]): FieldSpec[] => paths.map((path) => ({ kind, path }));

function ofPods(kinds: readonly string[], ...paths: string[]): FieldSpec[] {
  return kinds.flatMap((kind) =>
    paths.map((path) => ({
      kind,
      path: `${podPaths[kind]}spec/${path}`,
      ...(kind === 'Pod' && kinds === allButControllers && { version: 'v1' }),
    })),
  );
}

const inContainers = (path: string): string[] => [`containers/${path}`, `initContainers/${path}`];

const annotation = (kind: string, ...names: string[]): FieldSpec[] =>
  names.map((name) => ({ kind, path: `metadata/annotations/${name.replaceAll('/', '\\/')}` }));

const configMapNames: FieldSpec[] = [
  ...ofPods(
    allButControllers,
    'volumes/configMap/name',
    ...inContainers('env/valueFrom/configMapKeyRef/name'),
    ...inContainers('envFrom/configMapRef/name'),
    'volumes/projected/sources/configMap/name',
  ),
  ...fields('Node', 'spec/configSource/configMap'),
  ...fields('Role', 'rules/resourceNames'),
  ...fields('ClusterRole', 'rules/resourceNames'),
  ...annotation('Ingress', 'nginx.ingress.kubernetes.io/fastcgi-params-configmap'),
];

const secretNames: FieldSpec[] = [
  ...ofPods(
    allButControllers,
    'volumes/secret/secretName',
    ...inContainers('env/valueFrom/secretKeyRef/name'),
    ...inContainers('envFrom/secretRef/name'),
    'imagePullSecrets/name',
    'volumes/projected/sources/secret/name',
  ),
  ...fields('Ingress', 'spec/tls/secretName'),
  ...annotation(
    'Ingress',
    'ingress.kubernetes.io/auth-secret',
    'nginx.ingress.kubernetes.io/auth-secret',
    'nginx.ingress.kubernetes.io/auth-tls-secret',
  ),
  ...fields('ServiceAccount', 'imagePullSecrets/name'),
  ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].flatMap((name) =>
    fields('StorageClass', `parameters/${name}`),
  ),
  ...fields('Role', 'rules/resourceNames'),
  ...fields('ClusterRole', 'rules/resourceNames'),
  {
    kind: 'Service',
    group: 'serving.knative.dev',
    version: 'v1',
    path: 'spec/template/spec/containers/env/valueFrom/secretKeyRef/name',
  },
  ...fields('PersistentVolume', 'spec/azureFile/secretName'),
];

const serviceNames: FieldSpec[] = [
  { kind: 'StatefulSet', group: 'apps', path: 'spec/serviceName' },
  ...fields(
    'Ingress',
    'spec/rules/http/paths/backend/serviceName',
    'spec/backend/serviceName',
    'spec/rules/http/paths/backend/service/name',
    'spec/defaultBackend/service/name',
  ),
  { kind: 'APIService', group: 'apiregistration.k8s.io', path: 'spec/service/name' },
  { kind: 'ValidatingWebhookConfiguration', group: admission, path: 'webhooks/clientConfig/service' },
  { kind: 'MutatingWebhookConfiguration', group: admission, path: 'webhooks/clientConfig/service' },
];

const nameReference: NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    fieldSpecs: fields('HorizontalPodAutoscaler', 'spec/scaleTargetRef/name'),
  })),
  { kind: 'ConfigMap', version: 'v1', fieldSpecs: configMapNames },
  { kind: 'Secret', version: 'v1', fieldSpecs: secretNames },
  { kind: 'Service', version: 'v1', fieldSpecs: serviceNames },
  { kind: 'Role', group: rbac, fieldSpecs: [{ kind: 'RoleBinding', group: rbac, path: 'roleRef/name' }] },
  {
    kind: 'ClusterRole',
    group: rbac,
    fieldSpecs: ['RoleBinding', 'ClusterRoleBinding'].map((kind) => ({ kind, group: rbac, path: 'roleRef/name' })),
  },
  {
    kind: 'ServiceAccount',
    version: 'v1',
    fieldSpecs: [
      ...['RoleBinding', 'ClusterRoleBinding'].map((kind) => ({ kind, group: rbac, path: 'subjects' })),
      ...ofPods(withoutSets, 'serviceAccountName'),
    ],
  },
  {
    kind: 'PersistentVolumeClaim',
    version: 'v1',
    fieldSpecs: ofPods(withoutSets, 'volumes/persistentVolumeClaim/claimName'),
  },
  {
    kind: 'PersistentVolume',
    version: 'v1',
    fieldSpecs: [
      ...fields('PersistentVolumeClaim', 'spec/volumeName'),
      ...fields('ClusterRole', 'rules/resourceNames'),
    ],
  },
  {
    kind: 'StorageClass',
    version: 'v1',
    group: 'storage.k8s.io',
    fieldSpecs: [
      ...fields('PersistentVolume', 'spec/storageClassName'),
      ...fields('PersistentVolumeClaim', 'spec/storageClassName'),
      ...fields('StatefulSet', 'spec/volumeClaimTemplates/spec/storageClassName'),
    ],
  },
  {
    kind: 'PriorityClass',
    version: 'v1',
    group: 'scheduling.k8s.io',
    fieldSpecs: ofPods(withoutSets, 'priorityClassName'),
  },
  // Upstream's table has the version in the group, so that it matches nothing.
  {
    kind: 'IngressClass',
    version: 'v1',
    group: 'networking.k8s.io/v1',
    fieldSpecs: fields('Ingress', 'spec/ingressClassName'),
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: admission,
    fieldSpecs: [{ kind: 'ValidatingAdmissionPolicyBinding', group: admission, path: 'spec/policyName' }],
  },
];

/** `metadata/labels` or `metadata/annotations`, of objects and of the templates in them. */
function templateMetadata(field: 'labels' | 'annotations'): FieldSpec[] {
  const path = `spec/template/metadata/${field}`;
  const labels = field === 'labels';
  return [
    { path: `metadata/${field}`, create: true },
    { kind: 'ReplicationController', version: 'v1', path, create: true },
    ...['Deployment', 'ReplicaSet', 'DaemonSet'].map((kind) => ({ kind, path, create: true })),
    { kind: 'StatefulSet', ...(labels && { group: 'apps' }), path, create: true },
    ...(labels
      ? [{ kind: 'StatefulSet', group: 'apps', path: 'spec/volumeClaimTemplates[]/metadata/labels', create: true }]
      : []),
    { kind: 'Job', group: 'batch', path, create: true },
    { kind: 'CronJob', group: 'batch', path: `spec/jobTemplate/metadata/${field}`, create: true },
    { kind: 'CronJob', group: 'batch', path: `spec/jobTemplate/spec/template/metadata/${field}`, create: true },
  ];
}

const spreadSelectors = ['podAffinity', 'podAntiAffinity']
  .flatMap((term) => [
    `affinity/${term}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
    `affinity/${term}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
  ])
  .concat('topologySpreadConstraints/labelSelector/matchLabels')
  .map((path) => `spec/template/spec/${path}`);

const spread = (kind: string): FieldSpec[] => spreadSelectors.map((path) => ({ kind, group: 'apps', path }));
const matchLabels = 'spec/selector/matchLabels';

const selectorLabels: FieldSpec[] = [
  { kind: 'Service', version: 'v1', path: 'spec/selector', create: true },
  { kind: 'ReplicationController', version: 'v1', path: 'spec/selector', create: true },
  { kind: 'Deployment', path: matchLabels, create: true },
  ...spread('Deployment'),
  { kind: 'ReplicaSet', path: matchLabels, create: true },
  { kind: 'DaemonSet', path: matchLabels, create: true },
  { kind: 'StatefulSet', group: 'apps', path: matchLabels, create: true },
  ...spread('StatefulSet'),
  { kind: 'Job', group: 'batch', path: matchLabels },
  { kind: 'CronJob', group: 'batch', path: `spec/jobTemplate/${matchLabels}` },
  { kind: 'PodDisruptionBudget', group: 'policy', path: matchLabels },
  ...['spec', 'spec/ingress/from', 'spec/egress/to'].map((path) => ({
    kind: 'NetworkPolicy',
    group: 'networking.k8s.io',
    path: `${path}/podSelector/matchLabels`,
  })),
];

const expandedInContainers = ['args', 'command', 'env/value', 'volumeMounts/mountPath'].flatMap(inContainers);

const varReference: FieldSpec[] = [
  ...ofPods(['CronJob'], ...expandedInContainers),
  ...ofPods(
    ['DaemonSet', 'Deployment', 'Job', 'Pod', 'ReplicaSet', 'StatefulSet'],
    ...expandedInContainers,
    'volumes/nfs/server',
  ),
  // One step is missing, as in kustomize.
  ...fields('CronJob', 'spec/jobTemplate/spec/template/volumes/nfs/server'),
  ...fields('Deployment', 'spec/template/metadata/annotations'),
  ...fields('Ingress', 'spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'),
  ...fields('Service', 'spec/ports/port', 'spec/ports/targetPort'),
  ...fields('StatefulSet', 'spec/volumeClaimTemplates/spec/nfs/server'),
  ...fields('PersistentVolume', 'spec/nfs/server'),
  { path: 'metadata/labels' },
  { path: 'metadata/annotations' },
];

/** What kustomize does without any `configurations`. */
export const defaultConfig: TransformerConfig = {
  namePrefix: [{ path: 'metadata/name' }],
  nameSuffix: [{ path: 'metadata/name' }],
  namespace: [
    { kind: 'Namespace', path: 'metadata/name', create: true },
    { kind: 'APIService', group: 'apiregistration.k8s.io', path: 'spec/service/namespace', create: true },
    {
      kind: 'CustomResourceDefinition',
      group: 'apiextensions.k8s.io',
      path: 'spec/conversion/webhook/clientConfig/service/namespace',
    },
  ],
  commonLabels: [...selectorLabels, ...templateMetadata('labels')],
  templateLabels: templateMetadata('labels'),
  commonAnnotations: templateMetadata('annotations'),
  nameReference,
  varReference,
  images: ['', 'template/spec/'].flatMap((at) =>
    ['containers', 'initContainers'].map((list) => ({ path: `spec/${at}${list}[]/image`, create: true })),
  ),
  replicas: ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    path: 'spec/replicas',
    create: true,
  })),
};
