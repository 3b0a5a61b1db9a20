import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createTcpServer, connect as connectTcp } from 'node:net';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectPortForward, connectRemoteCommand, portForwardStream, serveRemoteCommand, servePortForward } from './index';
import type { RemoteCommandHandler, RemoteCommandOptions } from './index';

let server: Server;
let base: string;
let handler: RemoteCommandHandler;
const served = new Set<Promise<void>>();

const echo: RemoteCommandHandler = async ({ stdin, stdout }) => {
  let bytes = 0;
  for await (const chunk of stdin ?? []) {
    bytes += (chunk as Buffer).length;
    if (!stdout!.write(chunk)) await new Promise((resolve) => stdout!.once('drain', resolve));
  }
  stdout?.write(`\nread ${bytes}`);
  return { exitCode: 0 };
};

function answerAsApi(path: string): unknown {
  const pod = {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'app', image: 'x' }] }, status: { phase: 'Running' },
  };
  const podResource = { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] };
  switch (path) {
    case '/api': return { kind: 'APIVersions', versions: ['v1'] };
    case '/apis': return { kind: 'APIGroupList', apiVersion: 'v1', groups: [] };
    case '/api/v1': return { kind: 'APIResourceList', groupVersion: 'v1', resources: [podResource] };
    case '/api/v1/namespaces/default/pods/web': return pod;
    default: return undefined;
  }
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const url = new URL(request.url!, 'http://x');
  if (url.pathname.endsWith('/portforward')) return servePortForward(request, socket, head, dialLocal);
  const on = (name: string) => url.searchParams.get(name) === 'true';
  const options: RemoteCommandOptions = { stdin: on('stdin'), stdout: on('stdout'), stderr: on('stderr'), tty: on('tty') };
  return serveRemoteCommand(request, socket, head, options, handler);
}

let target: TcpServer;
async function dialLocal(port: number): Promise<Duplex> {
  if (port !== 80) throw new Error(`error forwarding port ${port} to pod web: connection refused`);
  return connectTcp({ port: (target.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
}

beforeAll(async () => {
  target = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk.toString() === 'leave') socket.end('LEFT');
      else socket.write(chunk.toString().toUpperCase());
    });
    socket.on('end', () => socket.end('BYE'));
  });
  server = createServer((incoming, response) => {
    const body = answerAsApi(incoming.url!.split('?')[0]!);
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
  });
  server.on('upgrade', (incoming, socket, head) => {
    const done = upgrade(incoming, socket, head);
    served.add(done);
    void done.then(() => served.delete(done));
  });
  for (const each of [target, server]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  handler = echo;
});
afterEach(async () => {
  // A session that outlives its client is a leak.
  await Promise.all(served);
}, 3_000);
afterAll(() => {
  server.close();
  target.close();
});

async function open(path: string, protocols: string[]): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://${base}/api/v1/namespaces/default/pods/web/${path}`, protocols);
  return new Promise((resolve, reject) => {
    webSocket.once('error', reject).once('open', () => {
      // The server may speak before the test listens.
      webSocket.pause();
      resolve(webSocket);
      setImmediate(() => webSocket.resume());
    });
  });
}

async function collect(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('remote command over WebSocket', () => {
  test('v5 ends stdin without ending the session', async () => {
    const session = connectRemoteCommand(await open('exec?stdin=true&stdout=true', ['v5.channel.k8s.io']));
    const output = collect(session.stdout);
    session.stdin.end('hello');
    expect(await session.result).toEqual({ exitCode: 0 });
    expect(await output).toBe('hello\nread 5');
  });

  test('exit codes and errors arrive as such', async () => {
    handler = async ({ stderr }) => {
      stderr!.write('bad');
      return { exitCode: 3 };
    };
    const failed = connectRemoteCommand(await open('exec?stdout=true&stderr=true', ['v4.channel.k8s.io']));
    const output = collect(failed.stderr);
    expect(await failed.result).toEqual({ exitCode: 3 });
    expect(await output).toBe('bad');
    handler = () => Promise.reject(new Error('no such container'));
    const broken = connectRemoteCommand(await open('exec?stdout=true', ['v5.channel.k8s.io']));
    expect(await broken.result).toEqual({ error: 'Internal error occurred: no such container' });
  });

  test('the terminal size arrives, also when it was sent before anybody listened', async () => {
    handler = async ({ onResize }) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return new Promise((resolve) => onResize(({ width, height }) => resolve({ exitCode: width === 132 ? height : 1 })));
    };
    const session = connectRemoteCommand(await open('exec?stdout=true&tty=true', ['v5.channel.k8s.io']));
    session.resize({ width: 132, height: 43 });
    expect(await session.result).toEqual({ exitCode: 43 });
  });

  test('the status on the wire is what Kubernetes sends', async () => {
    handler = async () => ({ exitCode: 7 });
    const webSocket = await open('exec?stdout=true', ['v4.channel.k8s.io']);
    const messages: Buffer[] = [];
    webSocket.on('message', (data) => messages.push(data as Buffer));
    const code = await new Promise((resolve) => webSocket.once('close', resolve));
    expect(code).toBe(1000);
    expect(messages[0]).toEqual(Buffer.from([1]));
    expect(messages.at(-1)![0]).toBe(3);
    expect(JSON.parse(messages.at(-1)!.subarray(1).toString())).toEqual({
      metadata: {}, status: 'Failure', reason: 'NonZeroExitCode',
      message: 'command terminated with non-zero exit code: exit status 7',
      details: { causes: [{ reason: 'ExitCode', message: '7' }] },
    });
  });

  test('base64 channels carry text', async () => {
    const webSocket = await open('exec?stdin=true&stdout=true', ['base64.channel.k8s.io']);
    const text = new Promise<string>((resolve) => {
      webSocket.on('message', (data, binary) => {
        if (!binary && (data as Buffer).length > 1) resolve((data as Buffer).toString());
      });
    });
    webSocket.send(`0${Buffer.from('abc').toString('base64')}`);
    expect(await text).toBe(`1${Buffer.from('abc').toString('base64')}`);
    webSocket.close();
  });

  test('a client that goes away ends the command', async () => {
    let aborted = false;
    handler = ({ signal }) => new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        aborted = true;
        resolve({ exitCode: 137 });
      });
    });
    (await open('exec?stdout=true', ['v5.channel.k8s.io'])).terminate();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(aborted).toBe(true);
  });

  test('a client that reads nothing holds the command back', async () => {
    let written = 0;
    handler = async ({ stdout, signal }) => {
      const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      while (!signal.aborted && written < 2000) {
        written++;
        if (!stdout!.write(Buffer.alloc(64 * 1024))) await Promise.race([gone, new Promise((resolve) => stdout!.once('drain', resolve))]);
      }
      return { exitCode: 0 };
    };
    const webSocket = await open('exec?stdout=true', ['v5.channel.k8s.io']);
    setImmediate(() => webSocket.pause());
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toBeLessThan(500);
    webSocket.terminate();
  });

  test('an unknown subprotocol is refused', async () => {
    await expect(open('exec?stdout=true', ['v9.channel.k8s.io'])).rejects.toThrow('400');
  });
});

async function openSpdy(path: string): Promise<Duplex> {
  const outgoing = request({
    host: '127.0.0.1', port: (server.address() as AddressInfo).port, method: 'POST', path: `/api/v1/namespaces/default/pods/web/${path}`,
    headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' },
  });
  return new Promise((resolve, reject) => {
    outgoing.once('upgrade', (_response, socket) => resolve(socket)).once('error', reject).end();
  });
}

describe('port forward', () => {
  test('SPDY carries several connections', async () => {
    const session = connectPortForward(await openSpdy('portforward'));
    const answers = await Promise.all(['one', 'two', 'x'.repeat(300_000)].map(async (text) => {
      const connection = await session.dial(80);
      connection.end(text);
      return collect(connection);
    }));
    expect(answers[0]).toBe('ONEBYE');
    expect(answers[1]).toBe('TWOBYE');
    expect(answers[2]).toHaveLength(300_003);
    session.close();
  });

  test('a port that refuses says why', async () => {
    const session = connectPortForward(await openSpdy('portforward'));
    const connection = await session.dial(81);
    const error = await new Promise<Error>((resolve) => connection.once('error', resolve));
    expect(error.message).toBe('error forwarding port 81 to pod web: connection refused');
    session.close();
  });

  test('v4 channels carry one connection', async () => {
    const stream = portForwardStream(await open('portforward?port=80', ['v4.channel.k8s.io']));
    stream.write('hi');
    expect(await new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())))).toBe('HI');
    stream.destroy();
  });

  test('v4 channels end with the connection that they carry', async () => {
    const stream = portForwardStream(await open('portforward?port=80', ['v4.channel.k8s.io']));
    stream.write('leave');
    expect(await collect(stream)).toBe('LEFT');
  });

  test('v4 channels say why a port refuses', async () => {
    const stream = portForwardStream(await open('portforward?port=81', ['v4.channel.k8s.io']));
    const error = await new Promise<Error>((resolve) => stream.once('error', resolve));
    expect(error.message).toBe('error forwarding port 81 to pod web: connection refused');
  });
});

function kubectl(args: string[], env: Record<string, string>, input?: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn('kubectl', [`--server=http://${base}`, '--kubeconfig=/dev/null', ...args], { env: { ...process.env, ...env, HOME: '/nonexistent' } });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      void Promise.all([stdout, stderr]).then(([output, errors]) => resolve({ code, stdout: output, stderr: errors }));
    });
  });
}

describe.each([['WebSocket', 'true'], ['SPDY', 'false']])('kubectl over %s', (_name, webSockets) => {
  const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets };

  test('exec -i passes megabytes both ways', async () => {
    const input = 'line of text\n'.repeat(200_000);
    const { code, stdout, stderr } = await kubectl(['exec', '-i', 'web', '--', 'cat'], env, input);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout.length).toBe(input.length + `\nread ${input.length}`.length);
  }, 30_000);

  test('exec gives the exit code', async () => {
    handler = async ({ stderr }) => {
      stderr!.write('oops\n');
      return { exitCode: 5 };
    };
    const { code, stderr } = await kubectl(['exec', 'web', '--', 'false'], env);
    expect(stderr).toBe('oops\ncommand terminated with exit code 5\n');
    expect(code).toBe(5);
  }, 30_000);

  test('a command that ends while its input still comes gives its exit code', async () => {
    handler = async () => ({ exitCode: 2 });
    const { code } = await kubectl(['exec', '-i', 'web', '--', 'head'], env, 'x'.repeat(5_000_000));
    expect(code).toBe(2);
  }, 30_000);

  test('attach shows what is written', async () => {
    handler = async ({ stdout }) => {
      stdout!.write('attached\n');
      return { exitCode: 0 };
    };
    const { code, stdout } = await kubectl(['attach', 'web'], env);
    expect(stdout).toBe('attached\n');
    expect(code).toBe(0);
  }, 30_000);

  test('port-forward carries connections', async () => {
    const child = spawn('kubectl', [`--server=http://${base}`, '--kubeconfig=/dev/null', 'port-forward', 'pod/web', ':80'], { env: { ...process.env, ...env, HOME: '/nonexistent' } });
    try {
      const port = await new Promise<number>((resolve, reject) => {
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          const match = /127\.0\.0\.1:(\d+) ->/.exec(text);
          if (match) resolve(Number(match[1]));
        });
        child.stderr.on('data', (chunk: Buffer) => reject(new Error(chunk.toString())));
      });
      const answers = await Promise.all(['a', 'b', 'c'.repeat(100_000)].map((text) => {
        const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
        socket.end(text);
        return collect(socket);
      }));
      expect(answers.map((answer) => answer.length)).toEqual([4, 4, 100_003]);
    } finally {
      child.kill();
      await new Promise((resolve) => child.once('close', resolve));
    }
  }, 30_000);
});
