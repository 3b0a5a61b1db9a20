import type { PolicyRule, RbacV1Subject } from '../../api/kinds';
import { allow, events, read } from './rule';
import { account, user } from './subjects';

export interface NamespaceRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

export interface NamespaceBinding {
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly RbacV1Subject[];
}

const system = 'kube-system';

const leaderLocking = (component: string): PolicyRule[] => [
  allow('watch', 'core', 'configmaps'),
  allow('get update', 'core', 'configmaps', component),
];

export const namespaceRoles: readonly NamespaceRole[] = [
  {
    namespace: system,
    name: 'extension-apiserver-authentication-reader',
    rules: [allow(read, 'core', 'configmaps', 'extension-apiserver-authentication')],
  },
  { namespace: system, name: 'system:controller:bootstrap-signer', rules: [allow(read, 'core', 'secrets')] },
  {
    namespace: system,
    name: 'system:controller:cloud-provider',
    rules: [allow(`${read} create`, 'core', 'configmaps')],
  },
  {
    namespace: system,
    name: 'system:controller:token-cleaner',
    rules: [allow(`${read} delete`, 'core', 'secrets'), events],
  },
  {
    namespace: system,
    name: 'system::leader-locking-kube-controller-manager',
    rules: leaderLocking('kube-controller-manager'),
  },
  { namespace: system, name: 'system::leader-locking-kube-scheduler', rules: leaderLocking('kube-scheduler') },
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [allow(read, 'core', 'configmaps'), allow('update', 'core', 'configmaps', 'cluster-info'), events],
  },
];

const same = (namespace: string, name: string, ...subjects: RbacV1Subject[]): NamespaceBinding => ({
  namespace,
  name,
  role: name,
  subjects,
});

export const namespaceBindings: readonly NamespaceBinding[] = [
  {
    namespace: system,
    name: 'system::extension-apiserver-authentication-reader',
    role: 'extension-apiserver-authentication-reader',
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  },
  same(
    system,
    'system::leader-locking-kube-controller-manager',
    user('system:kube-controller-manager'),
    account('kube-controller-manager'),
  ),
  same(system, 'system::leader-locking-kube-scheduler', user('system:kube-scheduler'), account('kube-scheduler')),
  same(system, 'system:controller:bootstrap-signer', account('bootstrap-signer')),
  same(system, 'system:controller:cloud-provider', account('cloud-provider')),
  same(system, 'system:controller:token-cleaner', account('token-cleaner')),
  same('kube-public', 'system:controller:bootstrap-signer', account('bootstrap-signer')),
];
