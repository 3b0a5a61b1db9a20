import { describe, expect, it } from 'vitest';
import type { Pod, UntypedObject } from '../api/kinds';
import { Client } from './resource-client';
import type { Transport, TransportRequest } from './transport';

/** Records what is asked; answers by path. */
function fakeTransport(answers: Record<string, unknown> = {}): { transport: Transport; asked: TransportRequest[] } {
  const asked: TransportRequest[] = [];
  const transport: Transport = {
    request: <T>(request: TransportRequest) => {
      asked.push(request);
      return Promise.resolve((answers[request.path] ?? {}) as T);
    },
    async *stream(request) {
      asked.push(request);
      yield* (answers['stream'] ?? []) as unknown[];
    },
    async *bytes() {},
    close() {},
  };
  return { transport, asked };
}

const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' } };

describe('paths', () => {
  it.each([
    ['GET', '/api/v1/namespaces/shop/pods/web', (c: Client) => c.pods.get('web', 'shop')],
    ['GET', '/api/v1/pods', (c: Client) => c.pods.list()],
    ['GET', '/api/v1/namespaces/shop/pods', (c: Client) => c.pods.list({ namespace: 'shop' })],
    ['POST', '/api/v1/namespaces/shop/pods', (c: Client) => c.pods.create(pod)],
    ['PUT', '/api/v1/namespaces/shop/pods/web', (c: Client) => c.pods.update(pod)],
    ['PUT', '/api/v1/namespaces/shop/pods/web/status', (c: Client) => c.pods.updateStatus(pod)],
    ['POST', '/api/v1/namespaces/shop/pods/web/eviction', (c: Client) => c.pods.subresource('POST', 'web', 'shop', 'eviction', {})],
    ['DELETE', '/api/v1/namespaces/shop/pods/web', (c: Client) => c.pods.delete('web', 'shop')],
    ['DELETE', '/api/v1/namespaces/shop/pods', (c: Client) => c.pods.deleteCollection({ namespace: 'shop' })],
    ['GET', '/api/v1/nodes/n1', (c: Client) => c.nodes.get('n1', 'ignored')],
    ['GET', '/apis/apps/v1/namespaces/shop/deployments/web', (c: Client) => c.deployments.get('web', 'shop')],
    ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:a%2Fb%20%25', (c: Client) =>
      c.resource({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles', namespaced: false }).get('system:a/b %')],
  ] as const)('%s %s', async (method, path, call) => {
    const { transport, asked } = fakeTransport();
    await call(new Client(transport));
    expect(asked).toMatchObject([{ method, path }]);
  });

  it('never address a collection for want of a name', async () => {
    const { transport, asked } = fakeTransport();
    await expect(async () => new Client(transport).pods.delete('', 'shop')).rejects.toMatchObject({ reason: 'BadRequest' });
    expect(asked).toEqual([]);
  });
});

describe('options', () => {
  it('of writes go into the query, those of deletes into the body', async () => {
    const { transport, asked } = fakeTransport();
    const { pods } = new Client(transport);
    await pods.create(pod, { dryRun: true, fieldManager: 'me', fieldValidation: 'Strict' });
    await pods.delete('web', 'shop', { gracePeriodSeconds: 0, propagationPolicy: 'Foreground', preconditions: { uid: 'u' }, dryRun: true });
    await pods.patch('web', 'shop', 'apply', pod, { fieldManager: 'me', force: true, subresource: 'status' });
    expect(asked[0]!.query).toEqual({ dryRun: 'All', fieldManager: 'me', fieldValidation: 'Strict' });
    expect(asked[1]!.body).toEqual({
      kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Foreground', preconditions: { uid: 'u' }, dryRun: ['All'],
    });
    expect(asked[2]).toMatchObject({
      path: '/api/v1/namespaces/shop/pods/web/status', contentType: 'application/apply-patch+yaml', query: { fieldManager: 'me', force: true },
    });
  });
});

describe('lists', () => {
  it('give their items the kind that the list has', async () => {
    const { transport } = fakeTransport({ '/api/v1/pods': { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [{ metadata: { name: 'a' } }] } });
    expect((await new Client(transport).pods.list()).items).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }]);
  });

  it('take null for no items', async () => {
    const { transport } = fakeTransport({ '/api/v1/pods': { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: null } });
    expect((await new Client(transport).pods.list()).items).toEqual([]);
  });
});

describe('watches', () => {
  it('throw the Status of an ERROR event', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    const { transport, asked } = fakeTransport({ stream: [{ type: 'ADDED', object: pod }, { type: 'ERROR', object: status }] });
    const seen: string[] = [];
    const read = async () => {
      for await (const { type } of new Client(transport).pods.watch({ resourceVersion: '5', allowWatchBookmarks: true })) seen.push(type);
    };
    await expect(read()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
    expect(seen).toEqual(['ADDED']);
    expect(asked[0]!.query).toMatchObject({ watch: true, resourceVersion: '5', allowWatchBookmarks: true });
  });
});

describe('apply', () => {
  const crd: UntypedObject = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };

  it('finds the resource by discovery and defaults the namespace', async () => {
    const { transport, asked } = fakeTransport({
      '/apis/example.com/v1': { resources: [{ name: 'widgets/status', kind: 'Widget', namespaced: true }, { name: 'widgets', kind: 'Widget', namespaced: true }] },
    });
    const client = new Client(transport);
    await client.apply(crd, { fieldManager: 'me', force: true });
    await client.apply(crd, { fieldManager: 'me' });
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /apis/example.com/v1', 'PATCH /apis/example.com/v1/namespaces/default/widgets/w', 'PATCH /apis/example.com/v1/namespaces/default/widgets/w',
    ]);
  });

  it('of a kind that the server lacks is NotFound, after a second look', async () => {
    const { transport, asked } = fakeTransport({ '/apis/example.com/v1': { resources: [] } });
    await expect(new Client(transport).apply(crd, { fieldManager: 'me' })).rejects.toMatchObject({ reason: 'NotFound' });
    expect(asked).toHaveLength(2);
  });
});
