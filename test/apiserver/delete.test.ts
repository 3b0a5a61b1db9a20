import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeList } from '../../runtime/api/object';
import type { Pod, Status } from '../../runtime/api/kinds';
import { configMap, deployment, paths, pod } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => void (server = await TestServer.start()));
afterAll(() => server.close());

const remove = (path: string, body?: unknown) => server.call({ method: 'DELETE', path, body });
const get = (path: string) => server.call({ path });
const bind = (name: string) =>
  server.call({ method: 'POST', path: `${paths.pods}/${name}/binding`, body: { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'n1' } } });

describe('delete', () => {
  it('says what went', async () => {
    const created = await server.create(paths.configMaps, configMap('gone'));
    const status = (await remove(`${paths.configMaps}/gone`)).as<Status>();
    expect(status).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success',
      details: { name: 'gone', kind: 'configmaps', uid: created.metadata.uid },
    });
    expect((await remove(`${paths.configMaps}/gone`)).failure).toBe('404 NotFound: configmaps "gone" not found');
  });

  it('waits for finalizers, and ends with the last of them', async () => {
    await server.create(paths.configMaps, configMap('held', {}, { finalizers: ['example.com/hold'] }));
    const path = `${paths.configMaps}/held`;
    const marked = (await remove(path)).as();
    expect(marked.metadata).toMatchObject({ deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 });
    expect((await remove(path)).as().metadata.deletionTimestamp).toBe(marked.metadata.deletionTimestamp);
    expect((await server.patch(path, 'merge', { metadata: { finalizers: null } })).code).toBe(200);
    expect((await get(path)).code).toBe(404);
  });

  it('takes a running pod\'s grace period, which later deletes can only shorten', async () => {
    await server.create(paths.pods, pod('running'));
    expect((await bind('running')).code).toBe(201);
    const path = `${paths.pods}/running`;
    const first = (await remove(path)).as<Pod>();
    expect([first.kind, first.metadata.deletionGracePeriodSeconds]).toEqual(['Pod', 30]);
    expect((await remove(path, { gracePeriodSeconds: 60 })).as<Pod>().metadata.deletionGracePeriodSeconds).toBe(30);
    expect((await remove(path, { gracePeriodSeconds: 5 })).as<Pod>().metadata.deletionGracePeriodSeconds).toBe(5);
    expect((await remove(path, { gracePeriodSeconds: 0 })).code).toBe(200);
    expect((await get(path)).code).toBe(404);
  });

  it('of a pod that runs nowhere is immediate', async () => {
    await server.create(paths.pods, pod('loose'));
    expect((await remove(`${paths.pods}/loose`)).as<Pod>().kind).toBe('Pod');
    expect((await get(`${paths.pods}/loose`)).code).toBe(404);
  });

  it.each<[string, object, string[] | undefined]>([
    ['Foreground', { propagationPolicy: 'Foreground' }, ['foregroundDeletion']],
    ['Orphan', { propagationPolicy: 'Orphan' }, ['orphan']],
    ['the old form of orphaning', { orphanDependents: true }, ['orphan']],
  ])('with %s leaves the collector\'s finalizer', async (_name, options, finalizers) => {
    await server.create(paths.deployments, deployment('owner'));
    const reply = await remove(`${paths.deployments}/owner`, options);
    expect(reply.as().metadata.finalizers).toEqual(finalizers);
    await server.patch(`${paths.deployments}/owner`, 'merge', { metadata: { finalizers: null } });
  });

  it('of a replication controller orphans its pods unless told otherwise', async () => {
    const path = '/api/v1/namespaces/default/replicationcontrollers';
    const rc = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'rc' }, spec: { selector: { a: 'b' }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } } } };
    await server.create(path, rc);
    expect((await remove(`${path}/rc`)).as().metadata.finalizers).toEqual(['orphan']);
    await server.patch(`${path}/rc`, 'merge', { metadata: { finalizers: null } });
    await server.create(path, rc);
    expect((await remove(`${path}/rc`, { propagationPolicy: 'Background' })).as<Status>().status).toBe('Success');
  });

  it.each<[string, unknown, RegExp]>([
    ['another uid', { preconditions: { uid: 'x' } }, /^409 Conflict: Operation cannot be fulfilled on configmaps "kept": the UID in the precondition \(x\) does not match the UID in record \(.*\)\. The object might have been deleted and then recreated$/],
    ['another version', { preconditions: { resourceVersion: '1' } }, /^409 Conflict: .*the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record/],
    ['an unknown policy', { propagationPolicy: 'Maybe' }, /^422 Invalid: DeleteOptions\.meta\.k8s\.io "" is invalid: propagationPolicy: Unsupported value: "Maybe": supported values: "Background", "Foreground", "Orphan", "nil"$/],
    ['both kinds of policy', { propagationPolicy: 'Orphan', orphanDependents: true }, /orphanDependents and deletionPropagation cannot be both set/],
    ['a grace period in words', { gracePeriodSeconds: 'soon' }, /^400 BadRequest: .*cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64/],
    ['an unknown dryRun', { dryRun: ['x'] }, /^422 Invalid: .*dryRun: Unsupported value/],
  ])('refuses %s', async (_name, options, expected) => {
    await server.call({ method: 'POST', path: paths.configMaps, body: configMap('kept') });
    expect((await remove(`${paths.configMaps}/kept`, options)).failure).toMatch(expected);
    expect((await remove(`${paths.configMaps}/kept`, { dryRun: ['All'] })).code).toBe(200);
    expect((await get(`${paths.configMaps}/kept`)).code).toBe(200);
  });

  it('of a collection takes what matches', async () => {
    for (const name of ['x1', 'x2']) await server.create(paths.configMaps, configMap(name, {}, { labels: { x: '1' } }));
    const reply = await server.call({ method: 'DELETE', path: `${paths.configMaps}?labelSelector=x%3D1` });
    expect([reply.as<KubeList>().kind, reply.as<KubeList>().items.length]).toEqual(['ConfigMapList', 2]);
    expect((await get(`${paths.configMaps}/x1`)).code).toBe(404);
  });
});

describe('binding', () => {
  it('gives a pod its node once', async () => {
    await server.create(paths.pods, pod('b'));
    expect((await bind('b')).as<Status>()).toMatchObject({ kind: 'Status', status: 'Success' });
    const bound = (await get(`${paths.pods}/b`)).as<Pod>();
    expect([bound.spec!.nodeName, bound.status!.conditions![0]!.type]).toEqual(['n1', 'PodScheduled']);
    expect((await bind('b')).failure).toBe('409 Conflict: Operation cannot be fulfilled on pods/binding "b": pod b is already assigned to node "n1"');
    expect((await bind('nobody')).failure).toBe('404 NotFound: pods "nobody" not found');
  });
});

describe('eviction', () => {
  const evict = (name: string) =>
    server.call({ method: 'POST', path: `${paths.pods}/${name}/eviction`, body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } } });

  it('respects the budget that a pod is under', async () => {
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    await server.create(paths.pods, pod('guarded', { nodeName: 'n1' }, { labels: { app: 'g' } }));
    await server.patch(`${paths.pods}/guarded/status`, 'merge', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } });
    await server.create(budgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'pdb' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'g' } } } });
    expect((await evict('guarded')).as<Status>()).toMatchObject({
      code: 429, message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget pdb is still being processed by the server.' }], retryAfterSeconds: 10 },
    });
    const status = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
    await server.patch(`${budgets}/pdb/status`, 'merge', { status });
    expect((await evict('guarded')).as<Status>().details!.causes![0]!.message).toBe('The disruption budget pdb needs 1 healthy pods and has 1 currently');
    await server.patch(`${budgets}/pdb/status`, 'merge', { status: { ...status, disruptionsAllowed: 1 } });
    expect((await evict('guarded')).as<Status>().status).toBe('Success');
    const evicted = (await get(`${paths.pods}/guarded`)).as<Pod>();
    expect(evicted.metadata.deletionTimestamp).toBeDefined();
    expect(evicted.status!.conditions!.map(({ type }) => type)).toContain('DisruptionTarget');
    expect((await get(`${budgets}/pdb`)).as()['status']).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { guarded: expect.any(String) } });
  });
});
