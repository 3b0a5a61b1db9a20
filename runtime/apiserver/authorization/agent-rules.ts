import type { PolicyRule } from '../../api/kinds';

/**
 * What a node's agent needs beyond a kubelet: it is the service proxy, the cluster's DNS and the router of the pod
 * network too, and all of them act as the node.
 */
export const agentRules: readonly PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['services', 'endpoints', 'namespaces', 'nodes', 'pods'],
    verbs: ['get', 'list', 'watch'],
  },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies', 'servicecidrs'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'update', 'patch'] },
];
