import './client-node-on-20';
import {
  AppsV1Api, CoreV1Api, CustomObjectsApi, KubeConfig, KubernetesObjectApi, PatchStrategy, VersionApi, Watch, makeInformer, setHeaderOptions,
} from '@kubernetes/client-node';
import type { ApiException, ListWatch, V1ConfigMap, V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deployment } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
let config: KubeConfig;
beforeAll(async () => {
  server = await TestServer.start();
  config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'test', server: server.url, caData: Buffer.from(server.ca).toString('base64'), skipTLSVerify: false }],
    users: [{ name: 'test', token: 'admin' }], contexts: [{ name: 'test', cluster: 'test', user: 'test' }], currentContext: 'test',
  });
});
afterAll(() => server.close());

const namespace = 'default';
const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({ metadata: { name, labels: { app: 'client' } }, data });

describe('the JavaScript client', () => {
  it('creates, reads, replaces, lists and deletes', async () => {
    const api = config.makeApiClient(CoreV1Api);
    const created = await api.createNamespacedConfigMap({ namespace, body: configMap('crud', { a: '1' }) });
    expect(created.metadata!.creationTimestamp).toBeInstanceOf(Date);
    const body = await api.readNamespacedConfigMap({ namespace, name: 'crud' });
    body.data = { a: '2' };
    const replaced = await api.replaceNamespacedConfigMap({ namespace, name: 'crud', body });
    expect(replaced.data).toEqual({ a: '2' });
    body.data = { a: '3' };
    const conflict = api.replaceNamespacedConfigMap({ namespace, name: 'crud', body });
    await expect(conflict).rejects.toMatchObject({ code: 409 });
    const list = await api.listNamespacedConfigMap({ namespace, labelSelector: 'app=client' });
    expect(list.items.map((item) => item.metadata!.name)).toEqual(['crud']);
    await api.deleteNamespacedConfigMap({ namespace, name: 'crud', body: { preconditions: { uid: created.metadata!.uid! } } });
    const missing = await api.readNamespacedConfigMap({ namespace, name: 'crud' }).catch((error: unknown) => error as ApiException<V1Status | string>);
    expect(missing).toMatchObject({ code: 404 });
  });

  it('pages through a list', async () => {
    const api = config.makeApiClient(CoreV1Api);
    for (let i = 0; i < 7; i++) await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: `page-${i}`, labels: { paged: 'y' } } } });
    const names: string[] = [];
    const left: (number | undefined)[] = [];
    let next: string | undefined;
    do {
      const page = await api.listNamespacedConfigMap({ namespace, limit: 3, ...(next && { _continue: next }) });
      names.push(...page.items.map((item) => item.metadata!.name!));
      left.push(page.metadata!.remainingItemCount);
      next = page.metadata!._continue;
    } while (next);
    expect(names.filter((name) => name.startsWith('page-'))).toHaveLength(7);
    expect(left.at(-1)).toBeUndefined();
    const deleted = await api.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'paged=y' });
    expect(deleted).toBeDefined();
  });

  it('patches in every way', async () => {
    const api = config.makeApiClient(AppsV1Api);
    await api.createNamespacedDeployment({ namespace, body: deployment('patched') });
    const target = { namespace, name: 'patched' };
    const as = (strategy: PatchStrategy) => setHeaderOptions('Content-Type', strategy);
    const json = await api.patchNamespacedDeployment({ ...target, body: [{ op: 'replace', path: '/spec/replicas', value: 2 }] }, as(PatchStrategy.JsonPatch));
    expect(json.spec!.replicas).toBe(2);
    const merge = await api.patchNamespacedDeployment({ ...target, body: { spec: { replicas: 3 } } }, as(PatchStrategy.MergePatch));
    expect(merge.spec!.replicas).toBe(3);
    const body = { spec: { template: { spec: { containers: [{ name: 'side', image: 'x' }] } } } };
    const strategic = await api.patchNamespacedDeployment({ ...target, body }, as(PatchStrategy.StrategicMergePatch));
    expect(strategic.spec!.template.spec!.containers.map((container) => container.name)).toEqual(['side', 'c']);
    const apply = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'patched' }, spec: { replicas: 4 } };
    const applied = await api.patchNamespacedDeployment({ ...target, body: apply, fieldManager: 'me', force: true }, as(PatchStrategy.ServerSideApply));
    expect(applied.spec!.replicas).toBe(4);
    const scale = await api.patchNamespacedDeploymentScale({ ...target, body: { spec: { replicas: 6 } } }, as(PatchStrategy.MergePatch));
    expect(scale.spec!.replicas).toBe(6);
  });

  it('handles any object by what discovery says', async () => {
    const api = KubernetesObjectApi.makeApiClient(config);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'any', namespace }, stringData: { a: 'b' } };
    await api.create(secret);
    expect(await api.read({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'any', namespace } })).toMatchObject({ data: { a: 'Yg==' } });
    await api.delete({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'any', namespace } });
    expect((await config.makeApiClient(VersionApi).getCode()).minor).toBe('36');
  });

  it('handles custom objects', async () => {
    await server.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'things.client.example.com' },
      spec: {
        group: 'client.example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }],
      },
    });
    const api = config.makeApiClient(CustomObjectsApi);
    const things = { group: 'client.example.com', version: 'v1', namespace, plural: 'things' };
    const body = { apiVersion: 'client.example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { x: 1 } };
    await vi.waitFor(() => api.listNamespacedCustomObject(things));
    await api.createNamespacedCustomObject({ ...things, body });
    expect(await api.getNamespacedCustomObject({ ...things, name: 'a' })).toMatchObject({ spec: { x: 1 } });
  });

  it('watches, and goes on where it was', async () => {
    const api = config.makeApiClient(CoreV1Api);
    const { metadata } = await api.listNamespacedConfigMap({ namespace });
    const names = ['w1', 'w2', 'w3'];
    for (const name of names) await api.createNamespacedConfigMap({ namespace, body: configMap(name) });
    const seen: string[] = [];
    const watch = new Watch(config);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const first = await watch.watch(path, { resourceVersion: metadata!.resourceVersion!, allowWatchBookmarks: true }, (type, object: V1ConfigMap) => seen.push(`${type} ${object.metadata!.name}`), () => undefined);
    await expect.poll(() => seen).toEqual(names.map((name) => `ADDED ${name}`));
    first.abort();
  });

  it('keeps an informer up to date', async () => {
    const api = config.makeApiClient(CoreV1Api);
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () => api.listNamespacedConfigMap({ namespace, labelSelector: 'app=informer' }), 'app=informer') as ListWatch<V1ConfigMap>;
    const seen: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, (object) => void seen.push(`${verb} ${object.metadata!.name}`));
    const labelled = (value: string, data: Record<string, string> = {}): V1ConfigMap => ({ metadata: { name: 'informed', labels: { app: value } }, data });
    await informer.start();
    await api.createNamespacedConfigMap({ namespace, body: labelled('informer') });
    await expect.poll(() => seen).toEqual(['add informed']);
    await api.replaceNamespacedConfigMap({ namespace, name: 'informed', body: labelled('informer', { a: 'b' }) });
    await api.replaceNamespacedConfigMap({ namespace, name: 'informed', body: labelled('other') });
    await expect.poll(() => seen).toEqual(['add informed', 'update informed', 'delete informed']);
    await informer.stop();
  });
});
