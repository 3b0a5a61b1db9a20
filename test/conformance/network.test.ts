import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoints, EndpointSlice, Pod, Service } from '../../runtime/api/kinds';
import { ensureTools, tools } from '../support/images';
import { eventually, TestCluster } from '../support/test-cluster';

/** Answers over TCP (80 and 8080) and UDP (80 and 8081) with the pod's name, and the client's address with `/client`. */
const serve = `
  const name = require("os").hostname();
  for (const port of [80, 8080]) require("http").createServer((q, r) => r.end(q.url === "/client" ? q.socket.remoteAddress : name)).listen(port, "0.0.0.0");
  for (const port of [80, 8081]) { const s = require("dgram").createSocket("udp4"); s.on("message", (m, from) => s.send(name, from.port, from.address)); s.bind(port, "0.0.0.0"); }
  process.on("SIGTERM", () => process.exit(0));`;
/** Sends a datagram to HOST PORT, and prints the answer. */
const udp = `
  const s = require("dgram").createSocket("udp4"); s.on("message", (m) => { console.log(String(m)); process.exit(0); });
  s.send("hi", Number(process.argv[2]), process.argv[1], (e) => e && (console.error(e.message), process.exit(2)));
  setTimeout(() => { console.error("no answer"); process.exit(1); }, 2000);`;
const query = `
  const { Resolver } = require("dns").promises; const [, type, name] = process.argv; const r = new Resolver();
  (type === "PTR" ? r.reverse(name) : r.resolve(name, type)).then((a) => console.log(JSON.stringify(a)), (e) => { console.log(e.code); });`;

const pod = (name: string, labels: object, spec: object = {}) => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, labels },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: tools, command: ['node', '-e', serve], readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 } }], ...spec },
});
const service = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });

let cluster: TestCluster;
const apply = (...items: object[]) => cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const node = (script: string, ...args: string[]) => cluster.tryKubectl('exec', 'client', '--', 'node', '-e', script, ...args);
const ask = (url: string, count = 1) => cluster.tryKubectl('exec', 'client', '--', 'ask', url, String(count));
const answers = async (url: string, count = 12) => new Set((await ask(url, count)).stdout.trim().split('\n'));
const resolve = async (type: string, name: string): Promise<unknown> => {
  const { stdout } = await node(query, type, name);
  try {
    return JSON.parse(stdout);
  } catch {
    return stdout.trim();
  }
};
const get = <T>(...args: string[]) => cluster.getJson<T>(...args);
const patch = (name: string, spec: object) => cluster.kubectl('patch', 'service', name, '--type=merge', '-p', JSON.stringify({ spec }));

let ips: Record<string, string>;
let nodeIPs: string[];
beforeAll(async () => {
  ensureTools();
  cluster = await TestCluster.up('network', '--nodes', '2');
  await apply(
    pod('web-1', { app: 'web' }, { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }),
    pod('web-2', { app: 'web' }, { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } }),
    pod('named', { app: 'named' }, { hostname: 'box', subdomain: 'headless' }),
    pod('client', { app: 'client' }, { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }),
    pod('host', { app: 'host' }, { hostNetwork: true, nodeSelector: { 'kubernetes.io/hostname': 'node-1' }, containers: [{ name: 'main', image: tools, command: ['sleep', '3600'] }] }),
    service('headless', { clusterIP: 'None', selector: { app: 'named' }, ports: [{ name: 'http', port: 80 }] }),
    service('web', { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }, { name: 'dns', port: 80, protocol: 'UDP' }] }),
  );
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s');
  const pods = (await get<{ items: Pod[] }>('pods')).items;
  ips = Object.fromEntries(pods.map(({ metadata, status }) => [metadata?.name ?? '', status?.podIP ?? '']));
  const nodes = await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}');
  nodeIPs = nodes.split(' ');
});
afterAll(() => cluster?.down());

describe('pods reach pods', () => {
  it.each(['web-1', 'web-2'])('over TCP and UDP, from a pod and from a node: %s', async (name) => {
    expect((await ask(`http://${ips[name]}:8080`)).stdout).toBe(`${name}\n`);
    expect((await node(udp, ips[name] ?? '', '8081')).stdout).toBe(`${name}\n`);
    expect((await cluster.tryKubectl('exec', 'host', '--', 'ask', `http://${ips[name]}:8080`)).stdout).toBe(`${name}\n`);
    expect((await cluster.tryKubectl('exec', 'host', '--', 'node', '-e', udp, ips[name] ?? '', '8081')).stdout).toBe(`${name}\n`);
  });

  it('by their own addresses', async () => {
    expect((await ask(`http://${ips['web-2']}/client`)).stdout.trim()).toMatch(new RegExp(`^(::ffff:)?${ips.client}$`));
  });
});

describe('names', () => {
  const domain = 'default.svc.cluster.local';
  it('lead to Services, their ports and their pods', async () => {
    const { spec } = await get<Service>('service', 'web');
    for (const name of ['web', 'web.default', 'web.default.svc', `web.${domain}`, 'kubernetes.default']) {
      const found = await cluster.kubectl('exec', 'client', '--', 'lookup', name);
      expect(found.trim()).toBe(name.startsWith('web') ? spec?.clusterIP : '10.96.0.1');
    }
    expect(await resolve('SRV', `_http._tcp.web.${domain}`)).toEqual([expect.objectContaining({ name: `web.${domain}`, port: 80 })]);
    expect(await resolve('SRV', `_dns._udp.web.${domain}`)).toEqual([expect.objectContaining({ name: `web.${domain}`, port: 80 })]);
    expect(await resolve('PTR', spec?.clusterIP ?? '')).toEqual([`web.${domain}`]);
  });

  it('of headless Services lead to pods, by their host names too', async () => {
    expect(await resolve('A', `headless.${domain}`)).toEqual([ips.named]);
    expect(await resolve('A', `box.headless.${domain}`)).toEqual([ips.named]);
    expect(await resolve('SRV', `_http._tcp.headless.${domain}`)).toEqual([expect.objectContaining({ name: `box.headless.${domain}`, port: 80 })]);
    expect(await resolve('PTR', ips.named ?? '')).toEqual([`box.headless.${domain}`]);
    expect(await resolve('A', `${(ips.named ?? '').replaceAll('.', '-')}.default.pod.cluster.local`)).toEqual([ips.named]);
    expect((await cluster.kubectl('exec', 'named', '--', 'lookup', 'box')).trim()).toBe(ips.named);
  });

  it('of external Services are aliases, as long as they are external', async () => {
    await apply(service('outside', { type: 'ExternalName', externalName: 'foo.example.com' }));
    await eventually(async () => expect(await resolve('CNAME', `outside.${domain}`)).toEqual(['foo.example.com']));
    await patch('outside', { externalName: 'bar.example.com' });
    await eventually(async () => expect(await resolve('CNAME', `outside.${domain}`)).toEqual(['bar.example.com']));
    await patch('outside', { type: 'ClusterIP', externalName: null, selector: { app: 'web' }, ports: [{ port: 80 }] });
    await eventually(async () => expect(await resolve('A', `outside.${domain}`)).toEqual([(await get<Service>('service', 'outside')).spec?.clusterIP]));
    expect(await answers('http://outside')).toEqual(new Set(['web-1', 'web-2']));
    await patch('outside', { type: 'ExternalName', externalName: 'foo.example.com', clusterIP: null, clusterIPs: null });
    await eventually(async () => expect(await resolve('CNAME', `outside.${domain}`)).toEqual(['foo.example.com']));
  });
});

describe('Services', () => {
  it('serve one port over two protocols, and one of them when told', async () => {
    const { spec } = await get<Service>('service', 'web');
    const ip = spec?.clusterIP ?? '';
    const works = async () => [(await ask(`http://${ip}`)).code === 0, (await node(udp, ip, '80')).code === 0];
    expect(await works()).toEqual([true, true]);
    await patch('web', { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] });
    await eventually(async () => expect(await works()).toEqual([true, false]));
    await patch('web', { ports: [{ name: 'dns', port: 80, protocol: 'UDP' }] });
    await eventually(async () => expect(await works()).toEqual([false, true]));
    await patch('web', { ports: [{ name: 'http', port: 80 }, { name: 'dns', port: 80, protocol: 'UDP' }] });
    await eventually(async () => expect(await works()).toEqual([true, true]));
  }, 90_000);

  it('keep a client on one pod when told, and let it go again', async () => {
    await patch('web', { type: 'NodePort', sessionAffinity: 'ClientIP' });
    const port = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}');
    for (const url of ['http://web', `http://${nodeIPs[0]}:${port}`, `http://${nodeIPs[1]}:${port}`]) {
      await eventually(async () => expect((await answers(url)).size).toBe(1));
    }
    await patch('web', { sessionAffinity: 'None' });
    for (const url of ['http://web', `http://${nodeIPs[0]}:${port}`]) await eventually(async () => expect((await answers(url)).size).toBe(2));
  }, 90_000);

  it('keep to the node when their traffic policies say so', async () => {
    await patch('web', { internalTrafficPolicy: 'Local' });
    await eventually(async () => expect(await answers('http://web')).toEqual(new Set(['web-1'])));
    await patch('web', { internalTrafficPolicy: 'Cluster', externalTrafficPolicy: 'Local' });
    const port = await cluster.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}');
    await eventually(async () => expect(await answers(`http://${nodeIPs[1]}:${port}`)).toEqual(new Set(['web-2'])));
    // The client's node speaks for it; the other one leaves that as it is.
    expect((await ask(`http://${nodeIPs[1]}:${port}/client`)).stdout.trim()).toBe(nodeIPs[0]);
    await patch('web', { externalTrafficPolicy: 'Cluster' });
  }, 90_000);

  it('answer at external addresses', async () => {
    await patch('web', { externalIPs: ['192.0.2.10'] });
    await eventually(async () => expect((await answers('http://192.0.2.10')).size).toBe(2));
  });

  it('have the endpoints of the ports that their pods have', async () => {
    const ports = (containerPort: number, name: string) => ({ containers: [{ name: 'main', image: tools, command: ['sleep', '3600'], ports: [{ containerPort, name }] }] });
    await apply(service('multi', { selector: { multi: 'yes' }, ports: [{ name: 'p1', port: 80, targetPort: 'one' }, { name: 'p2', port: 81, targetPort: 'two' }] }));
    await apply(pod('multi-1', { multi: 'yes' }, ports(100, 'one')), pod('multi-2', { multi: 'yes' }, ports(101, 'two')));
    const seen = async () => {
      const { subsets = [] } = await get<Endpoints>('endpoints', 'multi');
      return subsets.flatMap(({ addresses = [], ports: list = [] }) => addresses.flatMap(({ targetRef }) => list.map((port) => `${targetRef?.name}:${port.port}`))).sort();
    };
    await eventually(async () => expect(await seen()).toEqual(['multi-1:100', 'multi-2:101']));
    await cluster.kubectl('delete', 'pod', 'multi-1', '--now');
    await eventually(async () => expect(await seen()).toEqual(['multi-2:101']));
    await cluster.kubectl('delete', 'pod', 'multi-2', '--now');
    await eventually(async () => expect(await seen()).toEqual([]));
  }, 90_000);
});

describe('endpoints made by hand', () => {
  const slices = async (name: string) => (await get<{ items: EndpointSlice[] }>('endpointslices', '-l', `kubernetes.io/service-name=${name}`)).items;
  it('are mirrored as slices, follow changes and go', async () => {
    await apply(service('custom', { ports: [{ name: 'x', port: 80 }] }), {
      apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'custom' }, subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ name: 'x', port: 80 }] }],
    });
    await eventually(async () => expect((await slices('custom')).map(({ endpoints, ports, metadata }) => [endpoints?.[0]?.addresses, ports?.[0]?.port, metadata?.labels?.['endpointslice.kubernetes.io/managed-by']]))
      .toEqual([[['10.1.2.3'], 80, 'endpointslicemirroring-controller.k8s.io']]));
    await cluster.kubectl('patch', 'endpoints', 'custom', '-p', '{"subsets":[{"addresses":[{"ip":"10.2.3.4"}],"ports":[{"name":"x","port":81}]}]}');
    await eventually(async () => expect((await slices('custom')).map(({ endpoints, ports }) => [endpoints?.[0]?.addresses, ports?.[0]?.port])).toEqual([[['10.2.3.4'], 81]]));
    await cluster.kubectl('delete', 'endpoints', 'custom');
    await eventually(async () => expect(await slices('custom')).toEqual([]));
  });
});

describe('a pod with its service account', () => {
  it('verifies its token by the issuer\'s own documents', async () => {
    const script = `
      const fs = require("fs"), crypto = require("crypto"), https = require("https"); const at = "/var/run/secrets/kubernetes.io/serviceaccount/";
      const token = fs.readFileSync(at + "token", "utf8"), ca = fs.readFileSync(at + "ca.crt"); const host = "https://kubernetes.default.svc";
      const get = (url) => new Promise((ok, no) => https.get(url, { ca, headers: { authorization: "Bearer " + token } }, (r) => { let t = ""; r.on("data", (d) => (t += d)).on("end", () => ok(JSON.parse(t))); }).on("error", no));
      (async () => {
        const [head, body, signature] = token.split("."); const claims = JSON.parse(Buffer.from(body, "base64url"));
        const about = await get(host + "/.well-known/openid-configuration");
        const { keys } = await get(host + new URL(about.jwks_uri).pathname); const { kid, alg } = JSON.parse(Buffer.from(head, "base64url"));
        const key = crypto.createPublicKey({ key: keys.find((k) => k.kid === kid), format: "jwk" });
        const good = crypto.verify("sha256", Buffer.from(head + "." + body), alg.startsWith("ES") ? { key, dsaEncoding: "ieee-p1363" } : key, Buffer.from(signature, "base64url"));
        console.log(good, about.issuer === claims.iss, claims.sub);
      })();`;
    expect((await node(script)).stdout).toBe('true true system:serviceaccount:default:default\n');
  });
});
