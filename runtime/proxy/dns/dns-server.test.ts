import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../log';
import type { EndpointSlice, Live, Service } from '../../api/kinds';
import { DnsServer } from './dns-server';
import type { Forwarder } from './forwarder';

const headless = { metadata: { name: 'many', namespace: 'default' }, spec: { clusterIP: 'None' } } as Live<Service>;
const slice = {
  addressType: 'IPv4',
  endpoints: Array.from({ length: 100 }, (_, i) => ({ addresses: [`10.244.1.${i + 2}`] })),
} as unknown as Live<EndpointSlice>;

let server: DnsServer | undefined;
afterEach(() => server?.close());

async function start(forwarder: Forwarder): Promise<(query: Packet | Buffer) => Promise<Packet>> {
  const view = {
    domain: 'cluster.local', service: () => headless, slices: () => [slice], namespaceExists: () => true, serviceByIP: () => undefined, slicesByIP: () => [],
  };
  server = await DnsServer.listen({ address: '127.0.0.1', port: 0, view, forwarder, logger: silentLogger });
  const { port } = server;
  return async (query) => {
    const socket = createSocket('udp4');
    socket.send(Buffer.isBuffer(query) ? query : encode(query), port, '127.0.0.1');
    const [message] = (await once(socket, 'message')) as [Buffer];
    socket.close();
    return decode(message);
  };
}

const nobody: Forwarder = { ask: async () => undefined };

describe('DnsServer', () => {
  it('truncates what does not fit, so that the client asks again over TCP', async () => {
    const ask = await start(nobody);
    const reply = (await ask({ type: 'query', id: 7, questions: [{ type: 'A', name: 'many.default.svc.cluster.local' }] })) as Packet & { flag_tc: boolean };
    expect([reply.id, reply.flag_tc, reply.answers?.length]).toEqual([7, true, 0]);
  });

  it('passes other names on, and reports SERVFAIL when no resolver answers', async () => {
    const answers: Answer[] = [{ type: 'A', name: 'example.com', ttl: 60, data: '192.0.2.1' }];
    const ask = await start({ ask: async (query) => encode({ type: 'response', id: decode(query).id ?? 0, answers }) });
    const reply = await ask({ type: 'query', id: 8, questions: [{ type: 'A', name: 'example.com' }] });
    expect(reply.answers?.[0]).toMatchObject({ data: '192.0.2.1' });
    server?.close();
    const alone = await start(nobody);
    const failed = (await alone({ type: 'query', id: 9, questions: [{ type: 'A', name: 'example.com' }] })) as Packet & { rcode: string };
    expect(failed.rcode).toBe('SERVFAIL');
  });

  it('survives bytes that are not DNS', async () => {
    const ask = await start(nobody);
    const socket = createSocket('udp4');
    for (let length = 0; length < 64; length++) socket.send(Buffer.from(Array.from({ length }, (_, i) => (i * 73 + length * 31) & 255)), server?.port ?? 0, '127.0.0.1');
    const reply = await ask({ type: 'query', id: 3, questions: [{ type: 'A', name: 'x.default.pod.cluster.local' }] });
    socket.close();
    expect(reply.id).toBe(3);
  });
});
