import { describe, expect, it } from 'vitest';
import type { PolicyRule } from '../../api/kinds';
import type { UserInfo } from '../request';
import { DecisionCache } from './decision-cache';
import { createAuthorizer } from './index';
import { binding, FakeLister, request, role } from './testing/fake-lister';

const readPods: PolicyRule[] = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];
const rbac = 'rbac.authorization.k8s.io';
const userSubject = (name: string) => ({ apiGroup: rbac, kind: 'User', name });
const groupSubject = (name: string) => ({ apiGroup: rbac, kind: 'Group', name });
const ann: UserInfo = { name: 'ann', groups: ['dev', 'system:authenticated'] };

const decide = (lister: FakeLister, user: UserInfo, asked: string) =>
  createAuthorizer({ lister }).authorize(user, request(asked));

describe('RBAC', () => {
  it('lets superusers do everything and others nothing when there are no roles', () => {
    expect(decide(new FakeLister(), { name: 'x', groups: ['system:masters'] }, 'delete nodes')).toMatchObject({
      allowed: true,
    });
    expect(decide(new FakeLister(), ann, 'get pods in a')).toEqual({ allowed: false, reason: '' });
  });

  it('grants a cluster role everywhere through a cluster binding and says by what', () => {
    const lister = new FakeLister()
      .put('clusterroles', role('readers', readPods))
      .put('clusterrolebindings', binding('r', 'ClusterRole/readers', [groupSubject('ops'), groupSubject('dev')]));
    const allowed = {
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "r" of ClusterRole "readers" to Group "dev"',
    };
    expect(decide(lister, ann, 'get pods in a')).toEqual(allowed);
    expect(decide(lister, ann, 'list pods')).toEqual(allowed);
  });

  it('grants a cluster role inside of a namespace alone through a role binding', () => {
    const lister = new FakeLister()
      .put('clusterroles', role('readers', readPods))
      .put('rolebindings', binding('r', 'ClusterRole/readers', [userSubject('ann')], 'a'));
    expect(decide(lister, ann, 'get pods in a')).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "r/a" of ClusterRole "readers" to User "ann"',
    });
    expect(decide(lister, ann, 'get pods in b').allowed).toBe(false);
    expect(decide(lister, ann, 'list pods').allowed).toBe(false);
  });

  it('takes a service account without a namespace to be of the namespace of its role binding', () => {
    const account = { kind: 'ServiceAccount', name: 'robot' };
    const lister = new FakeLister()
      .put('roles', role('readers', readPods, 'a'))
      .put('rolebindings', binding('r', 'Role/readers', [account], 'a'));
    const robot = (namespace: string) => ({ name: `system:serviceaccount:${namespace}:robot`, groups: [] });
    expect(decide(lister, robot('a'), 'get pods in a').reason).toBe(
      'RBAC: allowed by RoleBinding "r/a" of Role "readers" to ServiceAccount "robot/a"',
    );
    expect(decide(lister, robot('b'), 'get pods in a').allowed).toBe(false);
  });

  it('tells of roles that are missing, each once, and decides by the others', () => {
    const lister = new FakeLister()
      .put(
        'clusterrolebindings',
        binding('1', 'ClusterRole/gone', [groupSubject('dev')]),
        binding('2', 'ClusterRole/gone', [userSubject('ann')]),
      )
      .put(
        'rolebindings',
        binding('3', 'Role/lost', [userSubject('ann')], 'a'),
        binding('4', 'Role/readers', [userSubject('ann')], 'a'),
      )
      .put('roles', role('readers', readPods, 'a'));
    expect(decide(lister, ann, 'list nodes').reason).toBe(
      'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    );
    expect(decide(lister, ann, 'delete pods in a').reason).toBe(
      'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "lost" not found]',
    );
    expect(decide(lister, ann, 'get pods in a').allowed).toBe(true);
  });

  it('forgets its decisions when a role or a binding changes', () => {
    const lister = new FakeLister();
    const authorizer = createAuthorizer({ lister });
    const ask = () => authorizer.authorize(ann, request('get pods in a')).allowed;
    expect(ask()).toBe(false);
    lister.put('clusterrolebindings', binding('r', 'ClusterRole/readers', [userSubject('ann')]));
    expect(ask()).toBe(false);
    lister.put('clusterroles', role('readers', readPods));
    expect(ask()).toBe(true);
    lister.put('clusterroles', role('readers', []));
    expect(ask()).toBe(false);
  });

  it('keeps the decisions of users apart, also of those with the same name', () => {
    const lister = new FakeLister()
      .put('clusterroles', role('readers', readPods))
      .put('clusterrolebindings', binding('r', 'ClusterRole/readers', [groupSubject('dev')]));
    const authorizer = createAuthorizer({ lister });
    const may = (groups: string[]) => authorizer.authorize({ name: 'ann', groups }, request('get pods in a')).allowed;
    expect([may(['dev']), may([]), may(['dev']), may(['d', 'ev'])]).toEqual([true, false, true, false]);
  });

  it('forgets the decisions of a user when there are too many, and of all users when there are too many users', () => {
    const cache = new DecisionCache({ users: 2, decisions: 2 });
    const denied = { allowed: false };
    const of = (name: string): UserInfo => ({ name, groups: [] });
    for (const name of ['a', 'b']) cache.set(of('ann'), request(`get pods of ${name}`), denied);
    expect(cache.get(of('ann'), request('get pods of a'))).toBe(denied);
    cache.set(of('ann'), request('get pods of c'), denied);
    expect(['a', 'b', 'c'].map((name) => cache.get(of('ann'), request(`get pods of ${name}`)))).toEqual([
      undefined,
      undefined,
      denied,
    ]);
    for (const name of ['bob', 'cid']) cache.set(of(name), request('list pods'), denied);
    expect(cache.get(of('cid'), request('list pods'))).toBe(denied);
    expect(cache.get(of('ann'), request('get pods of c'))).toBeUndefined();
  });

  it('lists the rules of a user for a namespace', () => {
    const lister = new FakeLister()
      .put('clusterroles', role('health', [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }]))
      .put('roles', role('readers', readPods, 'a'))
      .put(
        'clusterrolebindings',
        binding('h', 'ClusterRole/health', [groupSubject('dev')]),
        binding('x', 'ClusterRole/gone', [groupSubject('dev')]),
      )
      .put('rolebindings', binding('r', 'Role/readers', [userSubject('ann')], 'a'));
    expect(createAuthorizer({ lister }).rulesFor(ann, 'a')).toEqual({
      resourceRules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
      nonResourceRules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }],
      incomplete: false,
      evaluationError: 'clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
  });
});

const worker: UserInfo = { name: 'system:node:worker', groups: ['system:nodes', 'system:authenticated'] };

const pod = (name: string, nodeName: string, spec: object, annotations?: Record<string, string>) => ({
  metadata: { name, namespace: 'a', ...(annotations && { annotations }) },
  spec: { nodeName, containers: [], ...spec },
});

const cluster = () =>
  new FakeLister()
    .put(
      'pods',
      pod('web', 'worker', {
        serviceAccountName: 'robot',
        imagePullSecrets: [{ name: 'pull' }],
        containers: [
          {
            name: 'c',
            env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }],
            envFrom: [{ configMapRef: { name: 'from' } }],
          },
        ],
        initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'init' } }] }],
        volumes: [
          { name: 's', secret: { secretName: 'mounted' } },
          { name: 'p', projected: { sources: [{ configMap: { name: 'projected' } }] } },
          { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
          { name: 'scratch', ephemeral: {} },
        ],
      }),
      pod('far', 'other', { volumes: [{ name: 's', secret: { secretName: 'far' } }], serviceAccountName: 'stranger' }),
      pod(
        'static',
        'worker',
        { volumes: [{ name: 's', secret: { secretName: 'forged' } }] },
        { 'kubernetes.io/config.mirror': 'x' },
      ),
    )
    .put(
      'persistentvolumes',
      {
        metadata: { name: 'disk' },
        spec: {
          claimRef: { namespace: 'a', name: 'data' },
          csi: { nodeStageSecretRef: { name: 'key', namespace: 'storage' } },
        },
      } as never,
      { metadata: { name: 'foreign' }, spec: { claimRef: { namespace: 'a', name: 'other' } } } as never,
    )
    .put(
      'volumeattachments',
      { metadata: { name: 'mine' }, spec: { nodeName: 'worker' } } as never,
      { metadata: { name: 'theirs' }, spec: { nodeName: 'other' } } as never,
    );

const unrelated = "no relationship found between node 'worker' and this object";

describe('a node', () => {
  it.each([
    'get secrets in a of pull',
    'get secrets in a of env',
    'get secrets in a of init',
    'list secrets in a of mounted',
    'watch configmaps in a of from',
    'get configmaps in a of projected',
    'get persistentvolumeclaims in a of data',
    'get persistentvolumeclaims in a of web-scratch',
    'patch persistentvolumeclaims/status in a of data',
    'get persistentvolumes of disk',
    'get secrets in storage of key',
    'create serviceaccounts/token in a of robot',
    'get serviceaccounts in a of robot',
    'get storage.k8s.io:volumeattachments of mine',
    'create nodes',
    'patch nodes/status of worker',
    'get nodes of worker',
    'list nodes',
    'list pods',
    'watch pods',
    'get pods in a of far',
    'patch pods/status in a of web',
    'create pods/eviction in a of web',
    'delete pods in a of web',
    'update coordination.k8s.io:leases in kube-node-lease of worker',
    'create coordination.k8s.io:leases in kube-node-lease',
    'watch services',
    'list discovery.k8s.io:endpointslices',
    'watch namespaces',
    'create events in a',
    'patch events.k8s.io:events in a of e',
    'create authentication.k8s.io:tokenreviews',
    'create authorization.k8s.io:subjectaccessreviews',
    'create certificates.k8s.io:certificatesigningrequests',
    'patch storage.k8s.io:csinodes of worker',
  ])('may %s', (asked) => {
    expect(decide(cluster(), worker, asked)).toMatchObject({ allowed: true });
  });

  it.each([
    ['get secrets in a of far', unrelated],
    ['get secrets in a of forged', unrelated],
    ['get secrets in b of mounted', unrelated],
    ['list secrets in a', 'No Object name found'],
    ['list secrets', 'can only read namespaced object of this type'],
    ['update secrets in a of mounted', 'can only read resources of this type'],
    ['list persistentvolumeclaims in a', 'can only get individual resources of this type'],
    ['get persistentvolumes of foreign', unrelated],
    ['get storage.k8s.io:volumeattachments of theirs', unrelated],
    ['create serviceaccounts/token in a of stranger', unrelated],
    ['get serviceaccounts in a of stranger', unrelated],
    ['create serviceaccounts in a', 'can only create tokens for individual service accounts'],
    [
      'get coordination.k8s.io:leases in kube-node-lease of other',
      'can only access node lease with the same name as the requesting node',
    ],
    [
      'list coordination.k8s.io:leases in kube-node-lease',
      'can only get, create, update, patch, or delete a node lease',
    ],
    [
      'get coordination.k8s.io:leases in kube-system of worker',
      'can only access leases in the "kube-node-lease" system namespace',
    ],
    ['get storage.k8s.io:csinodes of other', 'can only access CSINode with the same name as the requesting node'],
    ['update pods in a of web', ''],
    ['delete nodes of worker', ''],
    ['create apps:deployments in a', ''],
  ])('may not %s', (asked, reason) => {
    expect(decide(cluster(), worker, asked)).toEqual({ allowed: false, reason });
  });

  it('loses what it had by a pod with the pod, at once', () => {
    const lister = cluster();
    const authorizer = createAuthorizer({ lister });
    const may = () => authorizer.authorize(worker, request('get secrets in a of mounted')).allowed;
    expect(may()).toBe(true);
    lister.put('pods', pod('web', 'other', {}));
    expect(may()).toBe(false);
  });

  it('is one by its name and its group together', () => {
    expect(decide(cluster(), { ...worker, groups: [] }, 'get nodes of worker').allowed).toBe(false);
    expect(decide(cluster(), { ...worker, name: 'worker' }, 'get nodes of worker').allowed).toBe(false);
    expect(decide(cluster(), { ...worker, name: 'system:node:' }, 'get nodes of worker')).toEqual({
      allowed: false,
      reason: 'unknown node for user "system:node:"',
    });
  });

  it('has what RBAC grants it besides, and both reasons when neither grants', () => {
    const lister = cluster().put(
      'clusterrolebindings',
      binding('x', 'ClusterRole/gone', [groupSubject('system:nodes')]),
    );
    expect(decide(lister, worker, 'get secrets in a of far').reason).toBe(
      `${unrelated}\nRBAC: clusterrole.rbac.authorization.k8s.io "gone" not found`,
    );
    lister.put('clusterroles', role('gone', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]));
    expect(decide(lister, worker, 'get secrets in a of far').allowed).toBe(true);
  });

  it('has rules that no list can show in full', () => {
    expect(createAuthorizer({ lister: cluster() }).rulesFor(worker, 'a')).toMatchObject({
      incomplete: true,
      evaluationError: 'node authorizer does not support user rule resolution',
    });
  });
});
