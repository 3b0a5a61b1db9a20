import type { GroupVersionResource } from '../../api/kinds';

export type Resource = GroupVersionResource & { namespaced: boolean };

const of = (group: string, resource: string, namespaced = true, version = 'v1'): Resource => ({ group, version, resource, namespaced });

/** The resources that controllers work with. */
export const resources = {
  pods: of('', 'pods'),
  nodes: of('', 'nodes', false),
  namespaces: of('', 'namespaces', false),
  services: of('', 'services'),
  endpoints: of('', 'endpoints'),
  configMaps: of('', 'configmaps'),
  secrets: of('', 'secrets'),
  serviceAccounts: of('', 'serviceaccounts'),
  resourceQuotas: of('', 'resourcequotas'),
  persistentVolumes: of('', 'persistentvolumes', false),
  persistentVolumeClaims: of('', 'persistentvolumeclaims'),
  replicationControllers: of('', 'replicationcontrollers'),
  replicaSets: of('apps', 'replicasets'),
  deployments: of('apps', 'deployments'),
  daemonSets: of('apps', 'daemonsets'),
  statefulSets: of('apps', 'statefulsets'),
  controllerRevisions: of('apps', 'controllerrevisions'),
  jobs: of('batch', 'jobs'),
  cronJobs: of('batch', 'cronjobs'),
  horizontalPodAutoscalers: of('autoscaling', 'horizontalpodautoscalers', true, 'v2'),
  ipAddresses: of('networking.k8s.io', 'ipaddresses', false),
  serviceCidrs: of('networking.k8s.io', 'servicecidrs', false),
  endpointSlices: of('discovery.k8s.io', 'endpointslices'),
  certificateSigningRequests: of('certificates.k8s.io', 'certificatesigningrequests', false),
  leases: of('coordination.k8s.io', 'leases'),
  podDisruptionBudgets: of('policy', 'poddisruptionbudgets'),
  clusterRoles: of('rbac.authorization.k8s.io', 'clusterroles', false),
  storageClasses: of('storage.k8s.io', 'storageclasses', false),
} as const;
