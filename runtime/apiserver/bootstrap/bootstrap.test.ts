import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterRole, ClusterRoleBinding, KubeObject, PolicyRule } from '../../api/kinds';
import { Client } from '../../client/resource-client';
import { TestServer } from '../../../test/apiserver/test-server';
import { createAuthorizer } from '../authorization';
import { request } from '../authorization/testing/fake-lister';
import type { Authorizer } from '../request';
import { inProcessTransport } from '../server';
import { endpointAddress } from './advertise-address';
import { componentUsers, controllerUser, nodeUser } from './components';
import { ensureBootstrapObjects } from './index';

const rbac = (resource: string) => ({ group: 'rbac.authorization.k8s.io', version: 'v1', resource, namespaced: false });
const options = { serviceIP: '10.96.0.1', advertiseAddress: '172.18.0.1', port: 6443 };
const admin = { name: 'admin', groups: ['system:masters'] };

let server: TestServer;
let client: Client;
let authorizer: Authorizer;
const start = async () => {
  server = await TestServer.start({
    components: ({ lister }) => ({ authorizer: (authorizer = createAuthorizer({ lister })) }),
  });
  client = new Client(inProcessTransport(server.api, admin));
  await ensureBootstrapObjects(client, options);
};
const stop = () => server.close();

const roles = () => client.resource<ClusterRole>(rbac('clusterroles'));
const bindings = () => client.resource<ClusterRoleBinding>(rbac('clusterrolebindings'));
const names = ({ items }: { items: KubeObject[] }) => items.map(({ metadata }) => metadata.name);
const versions = async () => {
  const lists = await Promise.all([
    roles().list(),
    bindings().list(),
    client.namespaces.list(),
    client.services.list(),
    client.endpoints.list(),
    client.endpointSlices.list(),
  ]);
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`));
};

describe('a new cluster', () => {
  beforeAll(start);
  afterAll(stop);

  it('has its namespaces, priority classes and Services', async () => {
    expect(names(await client.namespaces.list())).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
    const classes = client.resource<KubeObject>({
      group: 'scheduling.k8s.io',
      version: 'v1',
      resource: 'priorityclasses',
      namespaced: false,
    });
    expect(
      (await classes.list()).items.map((item) => [item.metadata.name, (item as { value?: number }).value]),
    ).toEqual([
      ['system-cluster-critical', 2000000000],
      ['system-node-critical', 2000001000],
    ]);
    const { items } = await client.services.list();
    expect(items.map(({ metadata, spec }) => `${metadata.namespace}/${metadata.name} ${spec?.clusterIP}`)).toEqual([
      'default/kubernetes 10.96.0.1',
      'kube-system/kube-dns 10.96.0.10',
    ]);
  });

  it('says in endpoints and in a slice where the API server is', async () => {
    const { subsets } = await client.endpoints.get('kubernetes', 'default');
    expect(subsets).toEqual([
      { addresses: [{ ip: '172.18.0.1' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
    ]);
    const { endpoints, ports, metadata } = await client.endpointSlices.get('kubernetes', 'default');
    expect(endpoints).toEqual([{ addresses: ['172.18.0.1'], conditions: { ready: true } }]);
    expect(ports).toEqual([{ name: 'https', port: 6443, protocol: 'TCP' }]);
    expect(metadata.labels).toEqual({ 'kubernetes.io/service-name': 'kubernetes' });
  });

  it("is nowhere on loopback, which endpoints can't be on: at an address of the machine, or nowhere", () => {
    const card = (address: string, internal = false) => ({
      address,
      internal,
      family: 'IPv4' as const,
      netmask: '',
      mac: '',
      cidr: null,
    });
    expect(endpointAddress('172.18.0.1', {})).toBe('172.18.0.1');
    expect(
      endpointAddress('127.0.0.1', { lo: [card('127.0.0.1', true)], en: [card('169.254.3.4'), card('192.168.1.5')] }),
    ).toBe('192.168.1.5');
    expect(endpointAddress('127.0.0.1', { lo: [card('127.0.0.1', true)] })).toBeUndefined();
  });

  it('has a role for every binding', async () => {
    const known = new Set(names(await roles().list()));
    for (const { roleRef } of (await bindings().list()).items) expect(known).toContain(roleRef.name);
    expect(known.size).toBeGreaterThan(60);
  });

  it('has view inside of edit inside of admin', async () => {
    const text = async (name: string) =>
      new Set(((await roles().get(name)).rules ?? []).map((rule: PolicyRule) => JSON.stringify(rule)));
    const [view, edit, admins] = await Promise.all(['view', 'edit', 'admin'].map(text));
    for (const rule of view!) expect(edit).toContain(rule);
    for (const rule of edit!) expect(admins).toContain(rule);
    expect([view!.size < edit!.size, edit!.size < admins!.size]).toEqual([true, true]);
  });

  const anybody = { name: 'ann', groups: ['system:authenticated'] };
  it.each([
    [anybody, 'GET /api', true],
    [anybody, 'GET /openapi/v3/apis/apps/v1', true],
    [anybody, 'create authorization.k8s.io:selfsubjectaccessreviews', true],
    [anybody, 'create authentication.k8s.io:selfsubjectreviews', true],
    [anybody, 'GET /metrics', false],
    [anybody, 'list pods in default', false],
    [{ name: 'system:anonymous', groups: ['system:unauthenticated'] }, 'GET /readyz', true],
    [{ name: 'system:anonymous', groups: ['system:unauthenticated'] }, 'GET /api', false],
    [{ name: 'm', groups: ['system:monitoring'] }, 'GET /metrics', true],
    [componentUsers.scheduler, 'create pods/binding in default', true],
    [componentUsers.scheduler, 'patch pods/status in default of web', true],
    [componentUsers.scheduler, 'update persistentvolumeclaims in default of data', true],
    [componentUsers.scheduler, 'watch secrets', false],
    [controllerUser('deployment-controller'), 'create apps:replicasets in default', true],
    [controllerUser('deployment-controller'), 'create pods in default', false],
    [controllerUser('replicaset-controller'), 'create pods in default', true],
    [controllerUser('namespace-controller'), 'deletecollection example.com:widgets in gone', true],
    [controllerUser('root-ca-cert-publisher'), 'get configmaps in default of x', false],
    [nodeUser('n1'), 'create nodes', true],
    [nodeUser('n1'), 'get secrets in default of x', false],
  ])('lets %o: %s → %s', (user, asked, allowed) => {
    expect(authorizer.authorize(user, request(asked)).allowed).toBe(allowed);
  });
});

describe('a cluster that starts again', () => {
  beforeEach(start);
  afterEach(stop);

  it('has nothing written again', async () => {
    const before = await versions();
    await ensureBootstrapObjects(client, options);
    expect(await versions()).toEqual(before);
  });

  it('keeps what it has on loopback', async () => {
    const loopback = { ...options, advertiseAddress: '127.0.0.1' };
    await ensureBootstrapObjects(client, loopback);
    const before = await versions();
    await ensureBootstrapObjects(client, loopback);
    expect(await versions()).toEqual(before);
  });

  it('follows an API server that has moved', async () => {
    await ensureBootstrapObjects(client, { ...options, advertiseAddress: '172.19.0.1', port: 7000 });
    expect((await client.endpoints.get('kubernetes', 'default')).subsets?.[0]).toMatchObject({
      addresses: [{ ip: '172.19.0.1' }],
      ports: [{ port: 7000 }],
    });
    expect((await client.endpointSlices.get('kubernetes', 'default')).endpoints?.[0]?.addresses).toEqual([
      '172.19.0.1',
    ]);
    expect((await client.services.get('kubernetes', 'default')).spec?.ports?.[0]).toMatchObject({
      port: 443,
      targetPort: 7000,
    });
  });

  it('gives roles and bindings back what they lost and keeps what they were given', async () => {
    const own: PolicyRule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    const given = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' };
    const dns = await roles().get('system:kube-dns');
    await roles().update({ ...dns, rules: [own], metadata: { ...dns.metadata, labels: {} } });
    const masters = await bindings().get('cluster-admin');
    await bindings().update({ ...masters, subjects: [given] });
    await bindings().delete('system:discovery');
    await ensureBootstrapObjects(client, options);
    const repaired = await roles().get('system:kube-dns');
    expect(repaired.metadata.labels).toEqual({ 'kubernetes.io/bootstrapping': 'rbac-defaults' });
    expect(repaired.rules).toEqual([
      own,
      { apiGroups: [''], resources: ['endpoints'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
    ]);
    expect((await bindings().get('cluster-admin')).subjects?.map(({ name }) => name)).toEqual([
      'ann',
      'system:masters',
    ]);
    expect((await bindings().get('system:discovery')).roleRef.name).toBe('system:discovery');
  });

  it('replaces a binding that was made to another role', async () => {
    const { metadata, ...rest } = await bindings().get('system:monitoring');
    await bindings().delete('system:monitoring');
    await bindings().create({ ...rest, metadata: { name: metadata.name }, roleRef: { ...rest.roleRef, name: 'view' } });
    await ensureBootstrapObjects(client, options);
    expect((await bindings().get('system:monitoring')).roleRef.name).toBe('system:monitoring');
  });

  it('leaves alone what says that it is not to be updated', async () => {
    const role = await roles().get('system:kube-dns');
    const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    await roles().update({ ...role, rules: [], metadata: { ...role.metadata, annotations } });
    await ensureBootstrapObjects(client, options);
    expect((await roles().get('system:kube-dns')).rules ?? []).toEqual([]);
  });
});

describe('flow control', () => {
  beforeAll(start);
  afterAll(stop);

  it.each(['flowschemas', 'prioritylevelconfigurations'])('has the mandatory %s', async (resource) => {
    const group = 'flowcontrol.apiserver.k8s.io';
    const { items } = await client.resource<KubeObject>({ group, version: 'v1', resource, namespaced: false }).list();
    const found = items.map(({ metadata }) => [metadata.name, metadata.annotations?.['apf.kubernetes.io/autoupdate-spec']]);
    expect(found).toEqual([['catch-all', 'true'], ['exempt', 'true']]);
  });
});
