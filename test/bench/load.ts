import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';

/** A load on an HTTPS server, run in a process of its own: `node load.js JOB` prints the result as JSON. */
export interface LoadJob {
  host: string;
  port: number;
  ca: string;
  cert?: string;
  key?: string;
  token?: string;
  connections: number;
  seconds: number;
  method: string;
  path: string;
  /** `{n}` becomes a number that is never used twice. */
  body?: string;
  expectStatus: number;
}

export interface LoadResult {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/** One connection that sends a request as soon as the last one is answered. Raw, so that the client costs little. */
class Connection {
  private received: Buffer[] = [];
  private length = 0;
  private needed = -1;
  private done: () => void = () => {};

  constructor(private readonly socket: TLSSocket, private readonly job: LoadJob) {
    socket.on('data', (chunk) => this.onData(chunk));
    socket.setNoDelay(true);
  }

  exchange(request: string): Promise<void> {
    return new Promise((resolve) => {
      this.done = resolve;
      this.socket.write(request);
    });
  }

  private onData(chunk: Buffer): void {
    this.received.push(chunk);
    this.length += chunk.length;
    if (this.needed < 0) {
      const head = this.received.length === 1 ? chunk : Buffer.concat(this.received);
      this.received = [head];
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const text = head.toString('latin1', 0, end);
      const status = Number(text.slice(9, 12));
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      if (status !== this.job.expectStatus || length === undefined) {
        throw new Error(`unexpected answer: ${head.toString('utf8', 0, Math.min(head.length, 600))}`);
      }
      this.needed = end + 4 + Number(length);
    }
    if (this.length < this.needed) return;
    this.received = [];
    this.length = 0;
    this.needed = -1;
    this.done();
  }
}

async function open(job: LoadJob): Promise<TLSSocket> {
  const { host, port, ca, cert, key } = job;
  const socket = connect({ host, port, ca, servername: 'localhost', ...(cert && { cert, key }), ALPNProtocols: ['http/1.1'] });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: job.connections }, () => open(job)));
  const latencies: number[] = [];
  let next = 0;
  const end = performance.now() + job.seconds * 1000;
  const run = process.pid;
  const request = (): string => {
    const body = job.body?.replaceAll('{n}', `${run}-${next++}`);
    const auth = job.token ? `Authorization: Bearer ${job.token}\r\n` : '';
    const content = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    return `${job.method} ${job.path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n${auth}${content}\r\n${body ?? ''}`;
  };
  const started = performance.now();
  await Promise.all(sockets.map(async (socket) => {
    const connection = new Connection(socket, job);
    while (performance.now() < end) {
      const begin = performance.now();
      await connection.exchange(request());
      latencies.push(performance.now() - begin);
    }
    socket.destroy();
  }));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

if (process.argv[2] === 'job') {
  void runLoad(JSON.parse(readFileSync(0, 'utf8')) as LoadJob).then((result) => process.stdout.write(JSON.stringify(result)));
}
