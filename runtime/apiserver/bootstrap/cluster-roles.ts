import type { PolicyRule } from '../../api/kinds';
import { nodeRules } from './node-rules';
import { allow, allowUrls, events, read, readWrite, write } from './rule';

/**
 * A role of the cluster; `aggregate` and `into` are the ends of aggregation: `view` gathers what says it goes into
 * `view`.
 */
export interface DefaultRole {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  readonly into?: string;
  readonly aggregate?: string;
}

const health = '/healthz /livez /readyz';
const canReview = [
  allow('create', 'authentication.k8s.io', 'tokenreviews'),
  allow('create', 'authorization.k8s.io', 'subjectaccessreviews'),
];

const leader = (name: string, verbs: string): PolicyRule[] => [
  allow('create', 'coordination.k8s.io', 'leases'),
  allow(verbs, 'coordination.k8s.io', 'leases', name),
];

const approver = (name: string, signer: string): DefaultRole => ({
  name: `system:certificates.k8s.io:${name}`,
  rules: [allow('approve', 'certificates.k8s.io', 'signers', `kubernetes.io/${signer}`)],
});

const requests = (name: string): DefaultRole => ({
  name: `system:certificates.k8s.io:certificatesigningrequests:${name}`,
  rules: [allow('create', 'certificates.k8s.io', `certificatesigningrequests/${name}`)],
});

/** Roles for people, inside of a namespace when bound there. */
const userFacing: readonly DefaultRole[] = [
  { name: 'cluster-admin', rules: [allow('*', '*', '*'), allowUrls('*', '*')] },
  { name: 'admin', rules: [], aggregate: 'admin' },
  { name: 'edit', rules: [], into: 'admin', aggregate: 'edit' },
  { name: 'view', rules: [], into: 'edit', aggregate: 'view' },
  {
    name: 'system:aggregate-to-admin',
    into: 'admin',
    rules: [
      allow('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
      allow(readWrite, 'rbac.authorization.k8s.io', 'roles rolebindings'),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    into: 'edit',
    rules: [
      allow(read, 'core', 'pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy'),
      allow('impersonate', 'core', 'serviceaccounts'),
      allow(write, 'core', 'pods pods/attach pods/proxy pods/exec pods/portforward'),
      allow('create', 'core', 'pods/eviction'),
      allow(
        write,
        'core',
        'replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy ' +
          'persistentvolumeclaims configmaps secrets events',
      ),
      allow('create', 'core', 'serviceaccounts/token'),
      allow(
        write,
        'apps',
        'statefulsets statefulsets/scale daemonsets deployments deployments/scale ' +
          'deployments/rollback replicasets replicasets/scale',
      ),
      allow(write, 'autoscaling', 'horizontalpodautoscalers'),
      allow(write, 'batch', 'jobs cronjobs'),
      allow(
        write,
        'extensions',
        'daemonsets deployments deployments/scale deployments/rollback ingresses replicasets replicasets/scale ' +
          'replicationcontrollers/scale networkpolicies',
      ),
      allow(write, 'policy', 'poddisruptionbudgets'),
      allow(write, 'networking.k8s.io', 'networkpolicies ingresses'),
      allow(readWrite, 'coordination.k8s.io', 'leases'),
      allow(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    into: 'view',
    rules: [
      allow(
        read,
        'core',
        'pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status endpoints ' +
          'persistentvolumeclaims persistentvolumeclaims/status configmaps',
      ),
      allow(
        read,
        'core',
        'limitranges resourcequotas bindings events pods/status resourcequotas/status namespaces/status ' +
          'replicationcontrollers/status pods/log',
      ),
      allow(read, 'core', 'namespaces'),
      allow(read, 'discovery.k8s.io', 'endpointslices'),
      allow(
        read,
        'apps',
        'controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status ' +
          'deployments deployments/status deployments/scale replicasets replicasets/status replicasets/scale',
      ),
      allow(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      allow(read, 'batch', 'jobs cronjobs cronjobs/status jobs/status'),
      allow(
        read,
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status ' +
          'replicasets replicasets/scale replicasets/status replicationcontrollers/scale networkpolicies',
      ),
      allow(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      allow(read, 'networking.k8s.io', 'networkpolicies ingresses ingresses/status'),
      allow(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
    ],
  },
];

/** What everybody, or everybody with a name, may see. */
const discovery: readonly DefaultRole[] = [
  {
    name: 'system:discovery',
    rules: [allowUrls('get', `${health} /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*`)],
  },
  {
    name: 'system:monitoring',
    rules: [allowUrls('get', '/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*')],
  },
  {
    name: 'system:basic-user',
    rules: [
      allow('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
      allow('create', 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  { name: 'system:public-info-viewer', rules: [allowUrls('get', `${health} /version /version/`)] },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      allowUrls(
        'get',
        '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
      ),
    ],
  },
];

const components: readonly DefaultRole[] = [
  {
    name: 'system:heapster',
    rules: [allow(read, 'core', 'events pods nodes namespaces'), allow(read, 'extensions', 'deployments')],
  },
  { name: 'system:node', rules: nodeRules },
  {
    name: 'system:node-problem-detector',
    rules: [allow('get', 'core', 'nodes'), allow('patch', 'core', 'nodes/status'), events],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      allow(read, 'core', 'nodes'),
      allow('proxy', 'core', 'nodes'),
      allow('*', 'core', 'nodes/proxy nodes/metrics nodes/stats nodes/log'),
      allow('*', 'core', 'nodes/pods nodes/healthz nodes/configz'),
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: [allow(`create ${read}`, 'certificates.k8s.io', 'certificatesigningrequests')],
  },
  { name: 'system:auth-delegator', rules: canReview },
  { name: 'system:kube-aggregator', rules: [allow(read, 'core', 'services endpoints')] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      events,
      ...leader('kube-controller-manager', 'get update'),
      allow('create', 'core', 'secrets serviceaccounts'),
      allow('delete', 'core', 'secrets'),
      allow('get', 'core', 'namespaces secrets serviceaccounts configmaps'),
      allow('update', 'core', 'secrets serviceaccounts'),
      ...canReview,
      allow('list watch', '*', '*'),
      allow('create', 'core', 'serviceaccounts/token'),
    ],
  },
  { name: 'system:kube-dns', rules: [allow('list watch', 'core', 'endpoints services')] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      allow(`${read} create delete`, 'core', 'persistentvolumes'),
      allow(`${read} update`, 'core', 'persistentvolumeclaims'),
      allow(read, 'storage.k8s.io', 'storageclasses'),
      allow('watch', 'core', 'events'),
      events,
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      allow(`${read} update patch`, 'core', 'persistentvolumes'),
      allow(read, 'storage.k8s.io', 'storageclasses'),
      allow(`${read} update patch`, 'core', 'persistentvolumeclaims'),
    ],
  },
  {
    name: 'system:node-proxier',
    rules: [
      allow('list watch', 'core', 'services endpoints'),
      allow(read, 'core', 'nodes'),
      events,
      allow('list watch', 'networking.k8s.io', 'servicecidrs'),
      allow('list watch', 'discovery.k8s.io', 'endpointslices'),
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      events,
      ...leader('kube-scheduler', `${read} update`),
      allow(readWrite, 'coordination.k8s.io', 'leasecandidates'),
      allow(read, 'core', 'nodes'),
      allow(`${read} delete`, 'core', 'pods'),
      allow('create', 'core', 'pods/binding bindings'),
      allow('patch update', 'core', 'pods/status'),
      allow(read, 'core', 'services replicationcontrollers'),
      allow(read, 'apps extensions', 'replicasets'),
      allow(read, 'apps', 'statefulsets'),
      allow(read, 'policy', 'poddisruptionbudgets'),
      allow(read, 'core', 'persistentvolumeclaims persistentvolumes'),
      ...canReview,
      allow(read, 'storage.k8s.io', 'csinodes'),
      allow(read, 'storage.k8s.io', 'volumeattachments'),
      allow(read, 'core', 'namespaces'),
      allow(read, 'storage.k8s.io', 'csidrivers'),
      allow(read, 'storage.k8s.io', 'csistoragecapacities'),
      allow(read, 'resource.k8s.io', 'deviceclasses'),
      allow(`${read} patch update`, 'resource.k8s.io', 'resourceclaims'),
      allow(`${read} patch update`, 'resource.k8s.io', 'resourceclaims/status'),
      allow('patch update', 'resource.k8s.io', 'resourceclaims/binding'),
      allow(`${read} patch update`, 'core', 'pods/finalizers'),
      allow(read, 'resource.k8s.io', 'resourceslices'),
    ],
  },
];

const certificates: readonly DefaultRole[] = [
  requests('nodeclient'),
  requests('selfnodeclient'),
  approver('legacy-unknown-approver', 'legacy-unknown'),
  approver('kubelet-serving-approver', 'kubelet-serving'),
  approver('kube-apiserver-client-approver', 'kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet-approver', 'kube-apiserver-client-kubelet'),
];

/** The cluster roles that every cluster begins with, but those of the controllers. */
export const clusterRoles: readonly DefaultRole[] = [...userFacing, ...discovery, ...components, ...certificates];
