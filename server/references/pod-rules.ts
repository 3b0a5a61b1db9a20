import { named, type ReferenceRule, selects } from './rule';

const pod = ['pod'] as const;
const containers = 'spec.{containers,initContainers,ephemeralContainers}[]';
const terms = '{requiredDuringSchedulingIgnoredDuringExecution[],preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm}';
const handlers = '{livenessProbe,readinessProbe,startupProbe,lifecycle.postStart,lifecycle.preStop}';

/** What the pods of every workload refer to. */
export const podRules: readonly ReferenceRule[] = [
  named(pod, `${containers}.env[].valueFrom.configMapKeyRef`, ['ConfigMap'], { name: 'name', keys: ['key'] }),
  named(pod, `${containers}.env[].valueFrom.secretKeyRef`, ['Secret'], { name: 'name', keys: ['key'] }),
  named(pod, `${containers}.envFrom[].configMapRef`, ['ConfigMap'], { name: 'name' }),
  named(pod, `${containers}.envFrom[].secretRef`, ['Secret'], { name: 'name' }),
  named(pod, 'spec.volumes[].configMap', ['ConfigMap'], { name: 'name', keys: ['items[].key'] }),
  named(pod, 'spec.volumes[].secret', ['Secret'], { name: 'secretName', keys: ['items[].key'] }),
  named(pod, 'spec.volumes[].projected.sources[].configMap', ['ConfigMap'], { name: 'name', keys: ['items[].key'] }),
  named(pod, 'spec.volumes[].projected.sources[].secret', ['Secret'], { name: 'name', keys: ['items[].key'] }),
  named(pod, 'spec.volumes[].projected.sources[].clusterTrustBundle', ['ClusterTrustBundle'], { name: 'name' }),
  named(pod, 'spec.volumes[].persistentVolumeClaim.claimName', ['PersistentVolumeClaim']),
  named(pod, 'spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName', ['StorageClass']),
  named(pod, 'spec.volumes[].ephemeral.volumeClaimTemplate.spec.volumeAttributesClassName', ['VolumeAttributesClass']),
  named(pod, 'spec.volumes[].{cephfs,cinder,flexVolume,iscsi,rbd,scaleIO,storageos}.secretRef', ['Secret'], {
    name: 'name',
  }),
  named(pod, 'spec.volumes[].csi.nodePublishSecretRef', ['Secret'], { name: 'name' }),
  named(pod, 'spec.volumes[].azureFile.secretName', ['Secret']),
  named(pod, 'spec.volumes[].glusterfs.endpoints', ['Endpoints']),
  named(pod, 'spec.imagePullSecrets[]', ['Secret'], { name: 'name' }),
  named(pod, 'spec.{serviceAccountName,serviceAccount}', ['ServiceAccount']),
  named(pod, 'spec.priorityClassName', ['PriorityClass']),
  named(pod, 'spec.runtimeClassName', ['RuntimeClass']),
  named(pod, 'spec.nodeName', ['Node']),
  named(pod, 'spec.subdomain', ['Service']),
  named(pod, 'spec.schedulingGroup.podGroupName', ['PodGroup']),
  named(pod, 'spec.resourceClaims[].resourceClaimName', ['ResourceClaim']),
  named(pod, 'spec.resourceClaims[].resourceClaimTemplateName', ['ResourceClaimTemplate']),
  selects(pod, `spec.affinity.{podAffinity,podAntiAffinity}.${terms}.labelSelector`, 'pods', { peer: true }),
  selects(pod, 'spec.topologySpreadConstraints[].labelSelector', 'pods'),
  selects(pod, 'spec.nodeSelector', ['Node'], { form: 'map', peer: true }),
  { type: 'local', from: pod, at: `${containers}.{volumeMounts,volumeDevices}[].name`, to: 'volume' },
  { type: 'local', from: pod, at: `${containers}.env[].valueFrom.fileKeyRef.volumeName`, to: 'volume' },
  { type: 'local', from: pod, at: `${containers}.resources.claims[].name`, to: 'resourceClaim' },
  { type: 'local', from: pod, at: `${containers}.env[].valueFrom.resourceFieldRef.containerName`, to: 'container' },
  { type: 'local', from: pod, at: 'spec.volumes[].downwardAPI.items[].resourceFieldRef.containerName', to: 'container' },
  {
    type: 'local',
    from: pod,
    at: 'spec.volumes[].projected.sources[].downwardAPI.items[].resourceFieldRef.containerName',
    to: 'container',
  },
  { type: 'local', from: pod, at: 'spec.ephemeralContainers[].targetContainerName', to: 'container' },
  { type: 'local', from: pod, at: 'metadata.annotations[kubectl.kubernetes.io/default-container]', to: 'container' },
  { type: 'containerPort', from: pod, at: `${containers}.${handlers}.{httpGet,tcpSocket,grpc}.port` },
];
