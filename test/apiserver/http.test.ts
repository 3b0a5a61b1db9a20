import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessTransport } from '../../runtime/apiserver/server';
import type { ConnectRequest } from '../../runtime/apiserver/server';
import type { KubeList } from '../../runtime/api/object';
import { statusError } from '../../runtime/api/status';
import { configMap, paths, pod } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
let connected: ConnectRequest | undefined;
const admitted: string[] = [];
beforeAll(async () => {
  server = await TestServer.start({
    components: () => ({
      admission: [
        {
          name: 'test',
          mutate({ operation, object, oldObject, resource, subresource }) {
            admitted.push(`${operation} ${resource.resource}/${subresource}`);
            const labels = (object ?? oldObject)?.metadata.labels;
            if (labels?.['forbidden']) throw statusError('Forbidden', 'a test forbids it');
            if (object && labels?.['mutate']) object.metadata.annotations = { mutated: 'yes' };
          },
          validate: async ({ object, warn }) => {
            if (object?.metadata.labels?.['warn']) warn('take care');
          },
        },
      ],
      virtualResources: new Map([['authorization.k8s.io/selfsubjectaccessreviews', ({ object, user }) => ({ ...object, status: { allowed: true, reason: user.name } })]]),
      subresourceHandlers: new Map([['/serviceaccounts/token', ({ object, name }) => ({ ...object, status: { token: `for ${name}` } })]]),
      connect(request, _http, target) {
        connected = request;
        if ('response' in target) target.response.end('connected');
        else target.socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      },
      documents: new Map([['/openid/v1/jwks', () => ({ contentType: 'application/jwk-set+json', body: '{"keys":[]}' })]]),
    }),
  });
});
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) => server.call({ path, headers });

describe('who asks', () => {
  it.each([
    ['a wrong token', { authorization: 'Bearer wrong' }, '/api/v1/pods', '401 Unauthorized: Unauthorized'],
    ['a user without rights', { authorization: 'Bearer nobody' }, '/api/v1/namespaces/x/pods',
      '403 Forbidden: pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "x": a test says so'],
    ['the same for a subresource', { authorization: 'Bearer nobody' }, '/apis/apps/v1/namespaces/x/deployments/d/scale',
      '403 Forbidden: deployments.apps "d" is forbidden: User "nobody" cannot get resource "deployments/scale" in API group "apps" in the namespace "x": a test says so'],
    ['the same for a path', { authorization: 'Bearer nobody' }, '/metrics', '403 Forbidden: forbidden: User "nobody" cannot get path "/metrics": a test says so'],
  ])('%s', async (_name, headers, path, expected) => {
    expect((await get(path, headers)).failure).toBe(expected);
  });

  it('in process is authorized as well', async () => {
    const nobody = inProcessTransport(server.api, { name: 'nobody', groups: [] });
    await expect(nobody.request({ method: 'GET', path: '/api/v1/pods' })).rejects.toThrow('pods is forbidden: User "nobody" cannot list resource "pods"');
  });
});

describe('admission', () => {
  it('changes, warns and forbids', async () => {
    const post = (name: string, labels: object) => server.call({ method: 'POST', path: paths.configMaps, body: configMap(name, {}, { labels }) });
    expect((await post('m', { mutate: 'x' })).as().metadata.annotations).toEqual({ mutated: 'yes' });
    expect((await post('w', { warn: 'x' })).headers['warning']).toBe('299 - "take care"');
    expect((await post('f', { forbidden: 'x' })).failure).toBe('403 Forbidden: a test forbids it');
    await server.patch(`${paths.configMaps}/m`, 'merge', { data: { a: 'b' } });
    await server.call({ method: 'DELETE', path: `${paths.configMaps}/m` });
    expect(admitted.slice(-2)).toEqual(['UPDATE configmaps/', 'DELETE configmaps/']);
  });
});

describe('what is answered and not stored', () => {
  it('goes to its handler', async () => {
    const reply = await server.call({
      method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } },
    });
    expect([reply.code, reply.as()['status']]).toEqual([201, { allowed: true, reason: 'admin' }]);
    expect((await get('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews')).code).toBe(405);
  });

  it('or to that of a subresource, if its object is there', async () => {
    const token = (name: string) =>
      server.call({ method: 'POST', path: `/api/v1/namespaces/default/serviceaccounts/${name}/token`, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} } });
    expect((await token('none')).failure).toBe('404 NotFound: serviceaccounts "none" not found');
    await server.create('/api/v1/namespaces/default/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
    expect((await token('default')).as()['status']).toEqual({ token: 'for default' });
  });

  it('or on to the kubelet', async () => {
    await server.create(paths.pods, pod('p'));
    expect((await get(`${paths.pods}/p/log?container=c&follow=true`)).text).toBe('connected');
    expect([connected!.kind, connected!.object.metadata.name, connected!.query.get('follow')]).toEqual(['log', 'p', ['true']]);
    expect((await get(`${paths.pods}/none/log`)).failure).toBe('404 NotFound: pods "none" not found');
    expect((await get(`${paths.configMaps}/w/log`)).code).toBe(404);
  });
});

describe('HTTP', () => {
  it('refuses bodies beyond 3 MiB, and the connection goes on', async () => {
    const reply = await server.call({ method: 'POST', path: paths.configMaps, body: configMap('big', { a: 'x'.repeat(3 * 1024 * 1024) }) });
    expect(reply.failure).toBe('413 RequestEntityTooLarge: Request entity too large: limit is 3145728');
    expect((await get('/healthz')).text).toBe('ok');
  });

  it('answers in what the client accepts, or says what it could accept', async () => {
    expect((await get('/api/v1/namespaces/default/configmaps', { accept: 'application/yaml' })).text).toMatch(/^apiVersion: v1\n/);
    expect((await get('/api/v1/pods', { accept: 'application/vnd.kubernetes.protobuf' })).failure).toMatch(/^406 NotAcceptable: only the following media types are accepted: application\/json/);
  });

  it('compresses what is large for those who ask', async () => {
    await server.create(paths.configMaps, configMap('large', { a: 'x'.repeat(200_000) }));
    const reply = await get(paths.configMaps, { 'accept-encoding': 'gzip' });
    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(reply.as<KubeList>().items.some((item) => item.metadata.name === 'large')).toBe(true);
    expect(reply.text).toBe((await get(paths.configMaps)).text);
  });

  it('indents for people', async () => {
    expect((await get('/api/v1/namespaces/default/configmaps/w?pretty=true')).text).toMatch(/^\{\n {2}"kind"/);
    expect((await get('/api/v1/namespaces/default/configmaps/w')).text).toMatch(/^\{"kind"/);
  });

  it('tells what it serves, and that it has not changed', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const aggregated = await get('/apis', { accept });
    expect([aggregated.headers['content-type'], aggregated.as().kind]).toEqual([accept, 'APIGroupDiscoveryList']);
    expect((await get('/apis', { accept, 'if-none-match': aggregated.headers['etag']! })).code).toBe(304);
    expect((await get('/api')).as()).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await get('/apis/apps')).as()).toMatchObject({ kind: 'APIGroup', name: 'apps', preferredVersion: { version: 'v1' } });
    expect((await get('/apis/none')).code).toBe(404);
    expect((await get('/')).as<{ paths: string[] }>().paths).toContain('/apis/apps/v1');
    expect((await get('/version')).as()).toMatchObject({ major: '1', minor: '36', gitVersion: 'v1.36.0' });
    expect((await get('/readyz?verbose')).text).toMatch(/^\[\+\]ping ok\n.*readyz check passed\n$/s);
    expect((await get('/openid/v1/jwks')).text).toBe('{"keys":[]}');
    expect((await get('/nowhere')).text).toBe('404 page not found\n');
  });

  it('survives what is not HTTP, and clients that leave in the middle', async () => {
    for (const bytes of ['\u0000\u0001nonsense\r\n\r\n', `POST ${paths.configMaps} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"half`]) {
      const socket = connect({ host: '127.0.0.1', port: server.port, ca: server.ca });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      socket.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    }
    expect((await get('/healthz')).text).toBe('ok');
  });

  it('says that it does not upgrade what is not a stream', async () => {
    const socket = connect({ host: '127.0.0.1', port: server.port, ca: server.ca });
    const text = await new Promise<string>((resolve) => {
      let all = '';
      socket.on('data', (chunk: Buffer) => (all += chunk.toString()));
      socket.on('close', () => resolve(all));
      socket.write('GET /api/v1/pods HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a transport in process', () => {
  it('has the objects themselves, and their changes', async () => {
    const transport = inProcessTransport(server.api, { name: 'admin', groups: [] }, 'controller/1');
    const controller = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of transport.stream({ method: 'GET', path: '/api/v1/namespaces/inner/configmaps', signal: controller.signal })) {
        const { type, object } = event as { type: string; object: { metadata: { name: string } } };
        if (seen.push(`${type} ${object.metadata.name}`) === 2) controller.abort();
      }
    })();
    const body = Object.freeze(configMap('in', { a: 'b' }));
    const created = await transport.request<ReturnType<typeof configMap>>({ method: 'POST', path: '/api/v1/namespaces/inner/configmaps', body });
    expect(created.metadata).toMatchObject({ name: 'in', managedFields: [{ manager: 'controller', operation: 'Update' }] });
    const path = '/api/v1/namespaces/inner/configmaps/in';
    expect(await transport.request({ method: 'GET', path })).toBe(await transport.request({ method: 'GET', path }));
    await transport.request({ method: 'DELETE', path });
    await watching;
    expect(seen).toEqual(['ADDED in', 'DELETED in']);
    await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({ code: 404 });
  });
});
