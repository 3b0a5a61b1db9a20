import type { RbacV1Subject } from '../../api/kinds';
import { controllerRoles } from './controller-roles';
import { account, group, user } from './subjects';

/** Who has the default cluster roles, by role; the bindings have the roles' names. */
export const clusterBindings: Readonly<Record<string, readonly RbacV1Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:monitoring': [group('system:monitoring')],
  'system:discovery': [group('system:authenticated')],
  'system:basic-user': [group('system:authenticated')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
  // For nobody: nodes have their own authorizer, which knows which objects are a node's.
  'system:node': [],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  ...Object.fromEntries(Object.keys(controllerRoles).map((name) => [`system:controller:${name}`, [account(name)]])),
};
