import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { APIGroupList, APIService } from '../../runtime/api/kinds';
import { createCertificateAuthority, frontProxyName, issueCertificate } from '../../runtime/cluster/certificates';
import { eventually } from '../support/test-cluster';
import { TestServer } from './test-server';

const authority = createCertificateAuthority('extension');
const proxyAuthority = createCertificateAuthority('front-proxy-ca');
const serving = issueCertificate(authority, { kind: 'serving', commonName: 'ext', names: ['wardle.default.svc'], ips: [] });

const discovery = {
  kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'wardle.example.com/v1alpha1',
  resources: [
    { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['create', 'get', 'list', 'watch'], shortNames: ['fl'] },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
  ],
};
const apiService = (over: object = {}) => ({
  apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1alpha1.wardle.example.com' },
  spec: {
    group: 'wardle.example.com', version: 'v1alpha1', groupPriorityMinimum: 2000, versionPriority: 200,
    service: { namespace: 'default', name: 'wardle', port: 7443 }, caBundle: Buffer.from(authority.cert).toString('base64'), ...over,
  },
});
const services = '/apis/apiregistration.k8s.io/v1/apiservices';
const base = '/apis/wardle.example.com/v1alpha1';

let server: TestServer;
let backend: Server;
/** Of the last request: what the other server was told. */
let seen: Record<string, string | string[] | undefined>;

beforeAll(async () => {
  const options = { ...serving, ca: proxyAuthority.cert, requestCert: true, rejectUnauthorized: true };
  backend = createServer(options, (request, response) => {
    seen = { ...request.headersDistinct, url: request.url, client: (request.socket as TLSSocket).getPeerCertificate().subject.CN };
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.url === base) return response.end(JSON.stringify(discovery));
      if (request.url?.includes('watch=true')) {
        response.write('{"type":"ADDED"}\n');
        setTimeout(() => response.end('{"type":"DELETED"}\n'), 50);
        return undefined;
      }
      response.statusCode = request.method === 'POST' ? 201 : 200;
      return response.end(body || JSON.stringify({ kind: 'Flunder', url: request.url }));
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = backend.address() as AddressInfo;
  server = await TestServer.start({
    components: () => ({
      aggregation: {
        backends: { dial: async () => connect(port, '127.0.0.1') },
        frontProxy: issueCertificate(proxyAuthority, { kind: 'client', commonName: frontProxyName }),
      },
      impersonate: (_user, headers) => ({ name: headers['impersonate-user']?.[0] ?? '', uid: 'u-1', groups: ['a', 'b'], extra: { 'example.com/scope': ['x'] } }),
    }),
  });
  await server.create('/api/v1/namespaces', { metadata: { name: 'default' } });
});
afterAll(async () => {
  await server.close();
  backend.close();
});

const available = async () => (await server.call({ path: `${services}/v1alpha1.wardle.example.com` })).as<APIService>().status?.conditions?.find(({ type }) => type === 'Available');
const until = (status: string, reason: string) => eventually(async () => {
  const condition = await available();
  expect([condition?.status, condition?.reason]).toEqual([status, reason]);
  return condition;
});

describe('an APIService of another server', () => {
  it('says what keeps it from being available, until all is there', async () => {
    await server.create(services, apiService());
    expect((await until('False', 'ServiceNotFound'))?.message).toBe('service/wardle in "default" is not present');
    expect((await server.call({ path: `${base}/namespaces/default/flunders` })).code).toBe(503);
    await server.create('/api/v1/namespaces/default/services', { metadata: { name: 'wardle' }, spec: { ports: [{ port: 7443, targetPort: 443 }] } });
    await until('False', 'EndpointsNotFound');
    await server.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      metadata: { name: 'wardle-1', labels: { 'kubernetes.io/service-name': 'wardle' } }, addressType: 'IPv4', ports: [{ name: '', port: 443 }], endpoints: [{ addresses: ['10.244.0.9'] }],
    });
    expect((await until('True', 'Passed'))?.message).toBe('all checks passed');
  });

  it('puts its resources into discovery', async () => {
    const groups = (await server.call({ path: '/apis' })).as<APIGroupList>().groups;
    expect(groups.find(({ name }) => name === 'wardle.example.com')?.preferredVersion?.version).toBe('v1alpha1');
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { items } = (await server.call({ path: '/apis', headers: { accept } })).as<{ items: { metadata: { name: string }; versions: object[] }[] }>();
    expect(items.find(({ metadata }) => metadata.name === 'wardle.example.com')?.versions[0]).toMatchObject({
      version: 'v1alpha1',
      resources: [{ resource: 'flunders', singularResource: 'flunder', shortNames: ['fl'], subresources: [{ subresource: 'status' }] }],
    });
  });

  it('has requests handed on, in the name of who asks and of nobody else', async () => {
    const reply = await server.call({
      path: `${base}/namespaces/default/flunders?limit=5`, headers: { 'impersonate-user': 'jane', 'x-remote-user': 'root', 'x-remote-group': 'system:masters', authorization: 'Bearer admin' },
    });
    expect([reply.code, seen.url, seen.client]).toEqual([200, `${base}/namespaces/default/flunders?limit=5`, frontProxyName]);
    expect([seen['x-remote-user'], seen['x-remote-group'], seen['x-remote-uid'], seen['x-remote-extra-example.com%2fscope']]).toEqual([['jane'], ['a', 'b'], ['u-1'], ['x']]);
    expect([seen.authorization, seen['impersonate-user']]).toEqual([undefined, undefined]);
  });

  it('is asked only by who may', async () => {
    expect((await server.call({ path: `${base}/namespaces/default/flunders`, headers: { authorization: 'Bearer nobody' } })).code).toBe(403);
  });

  it('takes bodies and gives watches', async () => {
    const created = await server.call({ method: 'POST', path: `${base}/namespaces/default/flunders`, body: { kind: 'Flunder', metadata: { name: 'x' } } });
    expect([created.code, created.text]).toEqual([201, '{"kind":"Flunder","metadata":{"name":"x"}}']);
    expect((await server.call({ path: `${base}/flunders?watch=true` })).text).toBe('{"type":"ADDED"}\n{"type":"DELETED"}\n');
  });

  it('must show a certificate of its authority', async () => {
    const other = Buffer.from(createCertificateAuthority('other').cert).toString('base64');
    await server.patch(`${services}/v1alpha1.wardle.example.com`, 'merge', { spec: { caBundle: other } });
    await until('False', 'FailedDiscoveryCheck');
    expect((await server.call({ path: `${base}/flunders` })).failure).toMatch(/^503 ServiceUnavailable: error trying to reach service: /);
    await server.patch(`${services}/v1alpha1.wardle.example.com`, 'merge', { spec: { caBundle: null, insecureSkipTLSVerify: true } });
    await until('True', 'Passed');
  });

  it('goes with all that it answered', async () => {
    await server.call({ method: 'DELETE', path: `${services}/v1alpha1.wardle.example.com` });
    await eventually(async () => expect((await server.call({ path: `${base}/flunders` })).code).toBe(404));
    expect((await server.call({ path: '/apis' })).as<APIGroupList>().groups.map(({ name }) => name)).not.toContain('wardle.example.com');
  });
});
