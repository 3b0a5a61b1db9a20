import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Live } from '../../runtime/api/object';
import type { Service } from '../../runtime/api/kinds';
import { paths, service } from './objects';
import { TestServer } from './test-server';

let server: TestServer;
beforeAll(async () => void (server = await TestServer.start()));
afterAll(() => server.close());

const create = (name: string, spec: object = {}) => server.create<Service>(paths.services, service(name, spec));
const failure = async (name: string, spec: object) =>
  (await server.call({ method: 'POST', path: paths.services, body: service(name, spec) })).failure;
const put = async (object: Live<Service>) =>
  (await server.call({ method: 'PUT', path: `${paths.services}/${object.metadata.name}`, body: object })).as<Live<Service>>();

describe('a Service', () => {
  it('gets an address and its families', async () => {
    const { spec } = await create('plain');
    expect(spec).toMatchObject({ type: 'ClusterIP', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', sessionAffinity: 'None' });
    expect(spec!.clusterIP).toMatch(/^10\.96\.\d+\.\d+$/);
    expect(spec!.clusterIPs).toEqual([spec!.clusterIP]);
  });

  it('may choose a free address of the range', async () => {
    expect((await create('kubernetes', { clusterIP: '10.96.0.1' })).spec!.clusterIP).toBe('10.96.0.1');
    expect(await failure('thief', { clusterIP: '10.96.0.1' })).toBe(
      '422 Invalid: Service "thief" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    );
    expect(await failure('far', { clusterIP: '10.97.0.1' })).toBe(
      '422 Invalid: Service "far" is invalid: spec.clusterIPs: Invalid value: ["10.97.0.1"]: failed to allocate IP 10.97.0.1: ' +
        'the provided IP (10.97.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16',
    );
  });

  it('has families that the cluster has, unless it has neither address nor selector', async () => {
    const refusal = async (spec: object) => (await failure('dual', spec)).replace(/^.* is invalid: /, '');
    expect(await refusal({ ipFamilies: ['IPv6'] })).toBe(
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    );
    expect(await refusal({ ipFamilyPolicy: 'RequireDualStack' })).toBe(
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    );
    expect(await refusal({ ipFamilies: ['IPv4', 'IPv6'] })).toBe(
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP " +
        'families are specified',
    );
    expect(await refusal({ clusterIP: 'fd00::1' })).toBe(
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    );
    expect(await refusal({ clusterIPs: ['10.96.0.9'] })).toBe(
      'spec.clusterIPs: Invalid value: ["10.96.0.9"]: must be empty when `clusterIP` is not specified',
    );
    expect((await create('prefers', { ipFamilyPolicy: 'PreferDualStack' })).spec).toMatchObject({ ipFamilies: ['IPv4'] });
    const free = { clusterIP: 'None', selector: {} };
    expect((await create('free', free)).spec).toMatchObject({
      ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'],
    });
  });

  it('without head or with an external name has none', async () => {
    expect((await create('headless', { clusterIP: 'None' })).spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
    const external = (await create('external', { type: 'ExternalName', externalName: 'example.com', ports: [] })).spec!;
    expect([external.clusterIP, external.ipFamilies]).toEqual([undefined, undefined]);
  });

  it('gets node ports, may choose them, and shares one between its own protocols alone', async () => {
    const port = (await create('np', { type: 'NodePort' })).spec!.ports![0]!.nodePort!;
    expect(port).toBeGreaterThanOrEqual(30000);
    expect(port).toBeLessThanOrEqual(32767);
    expect(await failure('np2', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] })).toBe(
      `422 Invalid: Service "np2" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`,
    );
    expect(await failure('np3', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })).toBe(
      '422 Invalid: Service "np3" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
    const dns = await create('dns', { type: 'NodePort', ports: [{ name: 'u', port: 53, protocol: 'UDP', nodePort: 30053 }, { name: 't', port: 53, protocol: 'TCP', nodePort: 30053 }] });
    expect(dns.spec!.ports!.map((p) => p.nodePort)).toEqual([30053, 30053]);
  });

  it('gives back what it no longer needs', async () => {
    const before = await create('changing', { type: 'NodePort', clusterIP: '10.96.0.77', ports: [{ port: 80, nodePort: 30777 }] });
    const after = await put({ ...before, spec: { ...before.spec!, type: 'ClusterIP' } });
    expect([after.spec!.ports![0]!.nodePort, after.spec!.clusterIP]).toEqual([undefined, '10.96.0.77']);
    await create('heir', { type: 'NodePort', ports: [{ port: 80, nodePort: 30777 }] });
    await server.call({ method: 'DELETE', path: `${paths.services}/changing` });
    expect((await create('changed', { clusterIP: '10.96.0.77' })).spec!.clusterIP).toBe('10.96.0.77');
  });

  it('keeps what it has when replaced by somebody who does not know it', async () => {
    const before = await create('kept', { type: 'NodePort' });
    const after = (await server.call({ method: 'PUT', path: `${paths.services}/kept`, body: service('kept', { type: 'NodePort' }) })).as<Service>();
    expect([after.spec!.clusterIP, after.spec!.ports![0]!.nodePort]).toEqual([before.spec!.clusterIP, before.spec!.ports![0]!.nodePort]);
  });

  it('takes nothing when it is refused or only tried', async () => {
    expect(await failure('Bad_Name', { clusterIP: '10.96.0.99' })).toMatch(/^422/);
    await server.call({ method: 'POST', path: `${paths.services}?dryRun=All`, body: service('tried', { clusterIP: '10.96.0.99' }) });
    expect((await create('fine', { clusterIP: '10.96.0.99' })).spec!.clusterIP).toBe('10.96.0.99');
  });

  it('still has its address after a restart of the server', async () => {
    const again = await TestServer.start({ store: server.store });
    const reply = await again.call({ method: 'POST', path: paths.services, body: service('late', { clusterIP: '10.96.0.1' }) });
    expect(reply.failure).toMatch(/provided IP is already allocated/);
    await again.api.close();
  });

  it('by the dozen at once never shares an address', async () => {
    const created = await Promise.all(Array.from({ length: 40 }, (_, i) => create(`many${i}`, { type: 'NodePort' })));
    expect(new Set(created.map(({ spec }) => spec!.clusterIP)).size).toBe(40);
    expect(new Set(created.map(({ spec }) => spec!.ports![0]!.nodePort)).size).toBe(40);
  });
});

describe('addresses of Services', () => {
  const addresses = '/apis/networking.k8s.io/v1/ipaddresses';
  const networks = '/apis/networking.k8s.io/v1/servicecidrs';

  it('are IPAddress objects while the Service has them', async () => {
    const watch = server.watch(`${addresses}?watch=true&fieldSelector=metadata.name%3D10.96.0.200`);
    await create('owner', { clusterIP: '10.96.0.200' });
    const added = (await watch.next())!;
    expect([added.type, added.object['spec'], added.object.metadata.labels]).toEqual([
      'ADDED',
      { parentRef: { resource: 'services', namespace: 'default', name: 'owner' } },
      { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator' },
    ]);
    await server.call({ method: 'DELETE', path: `${paths.services}/owner` });
    expect((await watch.next())!.type).toBe('DELETED');
    watch.close();
  });

  it('may be of a ServiceCIDR that was added, once it is Ready', async () => {
    const network = await server.create(networks, {
      apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'more' }, spec: { cidrs: ['10.99.0.0/24'] },
    });
    expect(await failure('early', { clusterIP: '10.99.0.7' })).toContain('is not in the valid range');
    const condition = { type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const told = await server.call({
      method: 'PUT', path: `${networks}/more/status`, body: { ...network, status: { conditions: [condition] } },
    });
    expect(told.code).toBe(200);
    expect((await create('early', { clusterIP: '10.99.0.7' })).spec!.clusterIP).toBe('10.99.0.7');
  });
});
