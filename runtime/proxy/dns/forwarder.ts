import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';

/** Asks other resolvers; undefined when none answers. */
export interface Forwarder {
  ask(query: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined>;
}

const timeoutMs = 2000;

/** Asks the servers in turn until one answers, each over the transport that the question came by. */
export function createForwarder(servers: readonly string[]): Forwarder {
  return {
    async ask(query, transport) {
      for (const server of servers) {
        const answer = await (transport === 'udp' ? askUdp : askTcp)(server, query);
        if (answer) return answer;
      }
      return undefined;
    },
  };
}

/** The resolvers of a resolv.conf file. */
export function resolversOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => /^nameserver\s+(\d+\.\d+\.\d+\.\d+)/.exec(line)?.[1] ?? []);
}

function askUdp(server: string, query: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const done = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(done, timeoutMs);
    socket.on('error', () => done()).on('message', (message) => message.readUInt16BE(0) === query.readUInt16BE(0) && done(message));
    socket.connect(53, server, () => socket.send(query));
  });
}

function askTcp(server: string, query: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    const socket = connect(53, server);
    const done = (answer?: Buffer): void => {
      socket.destroy();
      resolve(answer);
    };
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.setTimeout(timeoutMs, done).on('error', () => done()).on('close', () => done());
    socket.on('connect', () => socket.write(Buffer.concat([length, query])));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) done(received.subarray(2, 2 + received.readUInt16BE(0)));
    });
  });
}
