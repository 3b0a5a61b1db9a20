import type { UserInfo } from '../request';

const component = (name: string): UserInfo => ({ name, groups: ['system:authenticated'] });
const masters = (name: string): UserInfo => ({ name, groups: ['system:masters', 'system:authenticated'] });

/** The components of the control plane as users. */
export const componentUsers = {
  apiServer: masters('system:apiserver'),
  scheduler: component('system:kube-scheduler'),
  /** Its controllers share one client; upstream gives each a service account with the role `system:controller:NAME`. */
  controllerManager: masters('system:kube-controller-manager'),
} as const satisfies Record<string, UserInfo>;

/** A controller as the service account that its role is bound to: `deployment-controller`. */
export function controllerUser(name: string): UserInfo {
  return {
    name: `system:serviceaccount:kube-system:${name}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  };
}

/** A node's agent; the node authorizer knows it by both. */
export function nodeUser(name: string): UserInfo {
  return { name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] };
}
