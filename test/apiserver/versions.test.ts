import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CoreV1Event, EventsV1Event, HorizontalPodAutoscaler, V2HorizontalPodAutoscaler } from '../../runtime/api/kinds';
import { paths } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

const of = <T>(path: string) => server.call({ path }).then((reply) => reply.as<T>());

describe('one kind in two versions', () => {
  it('events are the same in both of their groups', async () => {
    const [core, own] = ['/api/v1/namespaces/default/events', '/apis/events.k8s.io/v1/namespaces/default/events'];
    await server.create(core, {
      apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' }, reason: 'R', message: 'm', type: 'Normal',
      source: { component: 'c' }, count: 2, firstTimestamp: '2024-01-01T00:00:00Z', lastTimestamp: '2024-01-01T00:00:01Z',
    });
    expect(await of<EventsV1Event>(`${own}/e`)).toMatchObject({
      apiVersion: 'events.k8s.io/v1', note: 'm', regarding: { name: 'p' }, deprecatedSource: { component: 'c' }, deprecatedCount: 2, reason: 'R',
    });
    await server.create(own, {
      apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'new' }, eventTime: '2024-01-01T00:00:00.000000Z', reason: 'R', note: 'n', type: 'Normal', action: 'A',
      regarding: { kind: 'Pod', name: 'q', namespace: 'default' }, reportingController: 'example.com/c', reportingInstance: 'i',
    });
    const series = { count: 2, lastObservedTime: '2024-01-01T00:00:02.000000Z' };
    const patched = await server.patch(`${own}/new`, 'strategic', { series });
    expect([patched.code, patched.as()['series']]).toEqual([200, series]);
    expect(await of<CoreV1Event>(`${core}/new`)).toMatchObject({ apiVersion: 'v1', message: 'n', involvedObject: { name: 'q' }, reportingComponent: 'example.com/c', series });
    const watch = server.watch(`${own}?watch=1&fieldSelector=regarding.name%3Dp`);
    expect((await watch.next())!.object).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'm' });
    watch.close();
    await server.call({ method: 'DELETE', path: own });
    expect((await server.call({ path: `${core}/e` })).code).toBe(404);
  });

  it('an autoscaler of version 2 can be read and written as one of version 1 without a loss', async () => {
    const [v1, v2] = ['v1', 'v2'].map((version) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`) as [string, string];
    const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } } };
    const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
    const created = await server.create<V2HorizontalPodAutoscaler>(v2, {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' },
      spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, metrics: [cpu, memory], behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } },
    });
    const old = await of<HorizontalPodAutoscaler & { metadata: { annotations: Record<string, string> } }>(`${v1}/h`);
    expect([old.apiVersion, old.spec.targetCPUUtilizationPercentage]).toEqual(['autoscaling/v1', 50]);
    const written = await server.call({ method: 'PUT', path: `${v1}/h`, body: { ...old, spec: { ...old.spec, maxReplicas: 7 } } });
    expect([written.code, written.code === 200 ? '' : written.failure]).toEqual([200, '']);
    const now = await of<V2HorizontalPodAutoscaler>(`${v2}/h`);
    expect(now.spec).toEqual({ ...created.spec, maxReplicas: 7 });
    expect(now.metadata.annotations).toBeUndefined();
  });
});

describe('kinds on their way out', () => {
  it('say so with every answer', async () => {
    const text = '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
    expect((await server.call({ path: '/api/v1/endpoints' })).headers['warning']).toBe(text);
    expect((await server.call({ path: paths.services })).headers['warning']).toBeUndefined();
  });
});

it('a collection is deleted in one namespace at a time', async () => {
  expect((await server.call({ method: 'DELETE', path: '/api/v1/configmaps' })).code).toBe(405);
});
