import type { RbacV1Subject } from '../../api/kinds';

const apiGroup = 'rbac.authorization.k8s.io';

export const user = (name: string): RbacV1Subject => ({ apiGroup, kind: 'User', name });
export const group = (name: string): RbacV1Subject => ({ apiGroup, kind: 'Group', name });
/** A service account in kube-system. */
export const account = (name: string): RbacV1Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });
