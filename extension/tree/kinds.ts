import type { Resource } from '../../runtime/client/resource-client';
import { t } from '../words';

/** A kind as the tree shows it. */
export interface ShownKind {
  kind: string;
  resource: Resource;
  /** Of the group of all objects: `Deployments`. */
  plural: string;
  /** Codicon. */
  icon: string;
  /** Columns of `kubectl get` that describe an object in a line. */
  columns: readonly string[];
}

/** A heading with the kinds below it. */
export interface Category {
  id: string;
  label: () => string;
  icon: string;
  kinds: readonly ShownKind[];
}

interface More {
  namespaced?: boolean;
  version?: string;
}

function shown(
  kind: string,
  group: string,
  resource: string,
  plural: string,
  icon: string,
  columns: readonly string[],
  { namespaced = true, version = 'v1' }: More = {},
): ShownKind {
  return { kind, resource: { group, version, resource, namespaced }, plural, icon, columns };
}

export const podKind = shown('Pod', '', 'pods', 'Pods', 'circle-filled', ['Status', 'Ready']);
export const nodeKind = shown('Node', '', 'nodes', 'Nodes', 'server', ['Status'], { namespaced: false });
export const namespaceKind = shown('Namespace', '', 'namespaces', 'Namespaces', 'symbol-namespace', ['Status'], {
  namespaced: false,
});
export const replicaSetKind = shown('ReplicaSet', 'apps', 'replicasets', 'Replica Sets', 'versions', ['Ready/Desired']);
export const jobKind = shown('Job', 'batch', 'jobs', 'Jobs', 'checklist', ['Status', 'Completions']);
export const endpointSliceKind = shown(
  'EndpointSlice',
  'discovery.k8s.io',
  'endpointslices',
  'Endpoint Slices',
  'plug',
  ['Ports', 'Endpoints'],
);
export const crdKind = shown(
  'CustomResourceDefinition',
  'apiextensions.k8s.io',
  'customresourcedefinitions',
  'Definitions',
  'symbol-class',
  [],
  { namespaced: false },
);
export const eventKind = shown('Event', '', 'events', 'Events', 'info', ['Object', 'Message']);

const clusterWide: More = { namespaced: false };

/** The headings below a namespace, and those of the whole cluster. */
export const categories: readonly Category[] = [
  {
    id: 'workloads',
    label: () => t`Workloads`,
    icon: 'layers',
    kinds: [
      shown('Deployment', 'apps', 'deployments', 'Deployments', 'layers', ['Ready']),
      shown('StatefulSet', 'apps', 'statefulsets', 'Stateful Sets', 'list-ordered', ['Ready']),
      shown('DaemonSet', 'apps', 'daemonsets', 'Daemon Sets', 'server-process', ['Ready/Desired']),
      jobKind,
      shown('CronJob', 'batch', 'cronjobs', 'Cron Jobs', 'history', ['Schedule', 'Last Schedule']),
      replicaSetKind,
      podKind,
    ],
  },
  {
    id: 'network',
    label: () => t`Services`,
    icon: 'radio-tower',
    kinds: [
      shown('Service', '', 'services', 'Services', 'radio-tower', ['Type', 'Cluster-IP', 'Port(s)']),
      shown('Ingress', 'networking.k8s.io', 'ingresses', 'Ingresses', 'globe', ['Hosts', 'Address']),
      shown('NetworkPolicy', 'networking.k8s.io', 'networkpolicies', 'Network Policies', 'shield', ['Pod-Selector']),
      endpointSliceKind,
    ],
  },
  {
    id: 'config',
    label: () => t`Config`,
    icon: 'settings',
    kinds: [
      shown('ConfigMap', '', 'configmaps', 'Config Maps', 'symbol-key', ['Data']),
      shown('Secret', '', 'secrets', 'Secrets', 'key', ['Type', 'Data']),
      shown('HorizontalPodAutoscaler', 'autoscaling', 'horizontalpodautoscalers', 'Autoscalers', 'graph-line', [
        'Reference',
        'Targets',
        'Replicas',
      ], { version: 'v2' }),
      shown('PodDisruptionBudget', 'policy', 'poddisruptionbudgets', 'Disruption Budgets', 'umbrella', [
        'Allowed Disruptions',
      ]),
      shown('ResourceQuota', '', 'resourcequotas', 'Quotas', 'dashboard', ['Request']),
      shown('LimitRange', '', 'limitranges', 'Limit Ranges', 'symbol-ruler', []),
    ],
  },
  {
    id: 'storage',
    label: () => t`Storage`,
    icon: 'database',
    kinds: [
      shown('PersistentVolumeClaim', '', 'persistentvolumeclaims', 'Claims', 'archive', [
        'Status',
        'Capacity',
        'StorageClass',
      ]),
      shown('PersistentVolume', '', 'persistentvolumes', 'Volumes', 'database', ['Status', 'Capacity', 'Claim'], clusterWide),
      shown('StorageClass', 'storage.k8s.io', 'storageclasses', 'Storage Classes', 'library', ['Provisioner'], clusterWide),
    ],
  },
  {
    id: 'access',
    label: () => t`Access`,
    icon: 'law',
    kinds: [
      shown('ServiceAccount', '', 'serviceaccounts', 'Service Accounts', 'account', []),
      shown('Role', 'rbac.authorization.k8s.io', 'roles', 'Roles', 'law', []),
      shown('RoleBinding', 'rbac.authorization.k8s.io', 'rolebindings', 'Role Bindings', 'link', ['Role']),
      shown('ClusterRole', 'rbac.authorization.k8s.io', 'clusterroles', 'Cluster Roles', 'law', [], clusterWide),
      shown('ClusterRoleBinding', 'rbac.authorization.k8s.io', 'clusterrolebindings', 'Cluster Role Bindings', 'link', [
        'Role',
      ], clusterWide),
    ],
  },
];
