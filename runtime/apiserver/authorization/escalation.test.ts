import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/kinds';
import { TestServer } from '../../../test/apiserver/test-server';
import { createAuthorizer, accessReviews, rbacEscalation } from './index';
import { binding, role } from './testing/fake-lister';

const group = 'rbac.authorization.k8s.io';
const api = `/apis/${group}/v1`;
const userSubject = (name: string) => ({ apiGroup: group, kind: 'User', name });
const pods = (...verbs: string[]) => ({ apiGroups: [''], resources: ['pods'], verbs });
const everything = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];
const manage = {
  apiGroups: [group],
  resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  verbs: ['create', 'update', 'patch', 'get'],
};

let server: TestServer;

const users: Record<string, { name: string; groups: string[] }> = {
  ann: { name: 'ann', groups: ['dev', 'system:authenticated'] },
  root: { name: 'root', groups: ['system:authenticated'] },
  climber: { name: 'climber', groups: [] },
  admin: { name: 'admin', groups: ['system:masters'] },
};

const as = (name: string) => ({ authorization: `Bearer ${name}` });
const send = (user: string, method: string, path: string, body: KubeObject) =>
  server.call({ method, path: `${api}${path}`, body, headers: as(user) });

beforeAll(async () => {
  server = await TestServer.start({
    components: ({ lister }) => {
      const authorizer = createAuthorizer({ lister });
      return {
        authorizer,
        authenticator: { authenticate: ({ authorization = 'Bearer admin' }) => users[authorization.slice(7)] },
        admission: [rbacEscalation(authorizer)],
        virtualResources: accessReviews(authorizer),
      };
    },
  });
  const objects: [string, KubeObject][] = [
    ['clusterroles', role('manage', [manage, pods('get', 'list')])],
    ['clusterroles', role('everything', everything)],
    [
      'clusterroles',
      role('climb', [
        manage,
        { apiGroups: [group], resources: ['roles', 'clusterroles'], verbs: ['escalate', 'bind'] },
      ]),
    ],
    ['clusterroles', role('writers', [pods('create', 'delete')])],
    ['clusterrolebindings', binding('ann', 'ClusterRole/manage', [userSubject('ann')])],
    ['clusterrolebindings', binding('root', 'ClusterRole/everything', [userSubject('root')])],
    ['clusterrolebindings', binding('climber', 'ClusterRole/climb', [userSubject('climber')])],
  ];
  for (const [resource, object] of objects) await server.create(`${api}/${resource}`, object);
  await server.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } });
});
afterAll(() => server.close());

describe('granting permissions', () => {
  it('goes as far as one has them', async () => {
    const reply = await send('ann', 'POST', '/namespaces/a/roles', role('own', [pods('list')], 'a'));
    expect(reply.code).toBe(201);
  });

  it("goes no further, in upstream's words", async () => {
    const asked = role(
      'more',
      [
        pods('get', 'watch', 'delete'),
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'], resourceNames: ['x'] },
      ],
      'a',
    );
    const reply = await send('ann', 'POST', '/namespaces/a/roles', asked);
    expect(reply.failure).toBe(
      '403 Forbidden: roles.rbac.authorization.k8s.io "more" is forbidden: user "ann" ' +
        '(groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]}\n' +
        '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["x"], Verbs:["get"]}',
    );
  });

  it('is judged before the object is validated', async () => {
    const reply = await send(
      'ann',
      'POST',
      '/clusterroles',
      role('bad', [{ apiGroups: [], resources: ['nodes'], verbs: ['get'] }, pods('watch')]),
    );
    expect(reply.code).toBe(403);
  });

  it('needs nothing more of those who may escalate, or hold everything', async () => {
    expect((await send('climber', 'POST', '/clusterroles', role('climbed', [pods('*')]))).code).toBe(201);
    expect((await send('root', 'POST', '/clusterroles', role('rooted', [pods('*')]))).code).toBe(201);
  });

  it('is judged on updates too, but not where only owners and finalizers change', async () => {
    const written = await server.create(`${api}/clusterroles`, role('wide', [pods('*')]));
    const finalized = { ...written, metadata: { ...written.metadata, finalizers: ['a.b/c'] } };
    expect((await send('ann', 'PUT', '/clusterroles/wide', finalized)).code).toBe(200);
    const labelled = { ...written, metadata: { ...written.metadata, resourceVersion: '', labels: { x: 'y' } } };
    expect((await send('ann', 'PUT', '/clusterroles/wide', labelled)).failure).toContain('Verbs:["*"]');
  });

  it('by aggregation is for those who hold everything', async () => {
    const gathering = (name: string) => ({
      ...role(name, []),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { x: 'y' } }] },
    });
    expect((await send('ann', 'POST', '/clusterroles', gathering('gather'))).failure).toBe(
      '403 Forbidden: clusterroles.rbac.authorization.k8s.io "gather" is forbidden: ' +
        'must have cluster-admin privileges to use the aggregationRule',
    );
    expect((await send('root', 'POST', '/clusterroles', gathering('gather'))).code).toBe(201);
  });
});

describe('binding a role', () => {
  it('needs the permissions of the role, or the verb bind', async () => {
    const bound = (name: string) => binding(name, 'ClusterRole/writers', [userSubject('bob')], 'a');
    expect((await send('ann', 'POST', '/namespaces/a/rolebindings', bound('w'))).failure).toBe(
      '403 Forbidden: rolebindings.rbac.authorization.k8s.io "w" is forbidden: user "ann" ' +
        '(groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["create" "delete"]}',
    );
    expect((await send('climber', 'POST', '/namespaces/a/rolebindings', bound('w'))).code).toBe(201);
    expect(
      (
        await send(
          'ann',
          'POST',
          '/namespaces/a/rolebindings',
          binding('m', 'ClusterRole/manage', [userSubject('bob')], 'a'),
        )
      ).code,
    ).toBe(201);
  });

  it('that is missing takes the verb bind', async () => {
    const bound = binding('n', 'Role/none', [userSubject('bob')], 'a');
    expect((await send('ann', 'POST', '/namespaces/a/rolebindings', bound)).failure).toBe(
      '404 NotFound: role.rbac.authorization.k8s.io "none" not found',
    );
    expect((await send('climber', 'POST', '/namespaces/a/rolebindings', bound)).code).toBe(201);
  });
});

describe('access reviews', () => {
  const review = (user: string, kind: string, spec: object, namespace?: string) =>
    server.call({
      method: 'POST',
      headers: as(user),
      path: `/apis/authorization.k8s.io/v1/${namespace ? `namespaces/${namespace}/` : ''}${kind.toLowerCase()}s`,
      body: { apiVersion: 'authorization.k8s.io/v1', kind, metadata: namespace ? { namespace } : {}, spec },
    });
  const getPods = { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'a' } };

  it('tell what somebody may do', async () => {
    const yes = await review('admin', 'SubjectAccessReview', { user: 'ann', ...getPods });
    expect(yes.code).toBe(201);
    expect(yes.as()['status']).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "ann" of ClusterRole "manage" to User "ann"',
    });
    const no = await review('admin', 'SubjectAccessReview', {
      groups: ['nobody'],
      nonResourceAttributes: { verb: 'get', path: '/metrics' },
    });
    expect(no.as()['status']).toEqual({ allowed: false });
    const masters = await review('admin', 'SubjectAccessReview', { user: 'x', groups: ['system:masters'], ...getPods });
    expect(masters.as()['status']).toEqual({ allowed: true });
  });

  it('tell what one may do oneself', async () => {
    expect((await review('root', 'SelfSubjectAccessReview', getPods)).as()['status']).toMatchObject({ allowed: true });
    expect((await review('root', 'SelfSubjectRulesReview', { namespace: 'a' })).as()).toEqual({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      metadata: {},
      spec: {},
      status: {
        resourceRules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
        nonResourceRules: [{ nonResourceURLs: ['*'], verbs: ['*'] }],
        incomplete: false,
      },
    });
    expect((await review('root', 'SelfSubjectRulesReview', {})).failure).toBe(
      '400 BadRequest: no namespace on request',
    );
  });

  it("are refused when they don't ask one thing about one subject", async () => {
    const invalid = async (spec: object) => (await review('admin', 'SubjectAccessReview', spec)).as()['message'];
    expect(await invalid({ user: 'x' })).toBe(
      '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: "null": ' +
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
    expect(await invalid(getPods)).toBe(
      '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": ' +
        'at least one of user or group must be specified',
    );
    expect(await invalid({ user: 'x', ...getPods, nonResourceAttributes: { path: '/', verb: 'get' } })).toContain(
      'spec.nonResourceAttributes: Invalid value: {"path":"/","verb":"get"}: ' +
        'cannot be specified in combination with resourceAttributes',
    );
  });

  it('of a namespace are about that namespace', async () => {
    expect(
      (await review('admin', 'LocalSubjectAccessReview', { user: 'ann', ...getPods }, 'a')).as()['status'],
    ).toMatchObject({ allowed: true });
    const other = { user: 'ann', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'b' } };
    expect((await review('admin', 'LocalSubjectAccessReview', other, 'a')).failure).toContain(
      'spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace',
    );
  });
});
