import type { IncomingMessage } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { errors } from '../api/status';
import { WebSocketChannels } from './channels';
import { TerminalSizes, commandErrorText, commandStatus } from './command-status';
import type { RemoteCommandHandler, RemoteCommandOptions, RemoteCommandResult, RemoteCommandStreams } from './session';
import { SpdyConnection } from './spdy-connection';
import type { SpdyStream } from './spdy-connection';
import { acceptSpdy, acceptWebSocket, isSpdyRequest, isWebSocketRequest, refuseUpgrade } from './upgrade';

const webSocketProtocols = [
  'v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io',
  'base64.channel.k8s.io', '',
];
const spdyProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
const streamCreationTimeout = 30_000;
/** Output that the client does not take any more holds up nobody for longer than this. */
const flushTimeout = 10_000;
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** What the kubelet's query asks for (`input=1&output=1&error=1&tty=1`). Throws StatusError 400. */
export function remoteCommandOptions(query: URLSearchParams): RemoteCommandOptions {
  const on = (name: string) => query.get(name) === '1' || query.get(name) === 'true';
  const tty = on('tty');
  // A terminal has one output; stderr beside it is dropped, not refused.
  const options = { stdin: on('input'), stdout: on('output'), stderr: on('error') && !tty, tty };
  if (!options.stdin && !options.stdout && !options.stderr) throw errors.badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return options;
}

/**
 * Serves one exec or attach on a connection that asked for an upgrade, WebSocket or SPDY. Resolves when it is over;
 * never rejects: what the handler throws goes to the client as its result.
 */
export async function serveRemoteCommand(
  request: IncomingMessage, socket: Duplex, head: Buffer, options: RemoteCommandOptions, handler: RemoteCommandHandler,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  const session = isWebSocketRequest(request)
    ? await webSocketSession(request, socket, head, options)
    : isSpdyRequest(request) ? await spdySession(request, socket, head, options) : unsupported(socket);
  if (!session) return;
  const result = await run(handler, session.streams);
  await session.end(result);
}

function unsupported(socket: Duplex): undefined {
  refuseUpgrade(socket, 400, 'Bad Request', 'unable to upgrade: missing upgrade headers in request');
  return undefined;
}

interface Session {
  streams: RemoteCommandStreams;
  end(result: RemoteCommandResult): Promise<void>;
}

async function run(handler: RemoteCommandHandler, streams: RemoteCommandStreams): Promise<RemoteCommandResult> {
  try {
    return await handler(streams);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function webSocketSession(
  request: IncomingMessage, socket: Duplex, head: Buffer, options: RemoteCommandOptions,
): Promise<Session | undefined> {
  const accepted = await acceptWebSocket(request, socket, head, webSocketProtocols);
  if (!accepted) return undefined;
  const { webSocket, protocol } = accepted;
  const base64 = protocol.includes('base64');
  const channels = new WebSocketChannels(webSocket, { base64, halfClose: protocol === 'v5.channel.k8s.io' });
  const aborter = new AbortController();
  void channels.closed.then(() => aborter.abort());
  const sizes = new TerminalSizes();
  if (options.tty) channels.readable(channel.resize).on('data', (chunk: Buffer) => sizes.push(chunk));
  const outputs = (['stdout', 'stderr'] as const).filter((name) => options[name]);
  const writables = new Map(outputs.map((name) => [name, channels.writable(channel[name])]));
  const streams: RemoteCommandStreams = {
    ...(options.stdin && { stdin: channels.readable(channel.stdin) }),
    ...(writables.has('stdout') && { stdout: writables.get('stdout')! }),
    ...(writables.has('stderr') && { stderr: writables.get('stderr')! }),
    onResize: (listener) => sizes.listen(listener),
    signal: aborter.signal,
  };
  // An empty message on the first channel tells the client that the connection stands.
  channels.send(outputs[0] ? channel[outputs[0]] : channel.error, Buffer.alloc(0));
  return {
    streams,
    async end(result) {
      await flush([...writables.values()]);
      const structured = protocol.startsWith('v4') || protocol.startsWith('v5');
      const text = structured ? JSON.stringify(commandStatus(result)) : commandErrorText(result);
      if (text !== '') channels.send(channel.error, Buffer.from(text));
      channels.close();
    },
  };
}

async function spdySession(
  request: IncomingMessage, socket: Duplex, head: Buffer, options: RemoteCommandOptions,
): Promise<Session | undefined> {
  const protocol = acceptSpdy(request, socket, head, spdyProtocols);
  if (protocol === undefined) return undefined;
  const resizes = options.tty && (protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io');
  const expected = ['error', ...(['stdin', 'stdout', 'stderr'] as const).filter((name) => options[name]), ...(resizes ? ['resize'] : [])];
  const found = await collectStreams(socket, expected);
  if (!found) return undefined;
  const { connection, streams: byType } = found;
  const aborter = new AbortController();
  void connection.closed.then(() => aborter.abort());
  const sizes = new TerminalSizes();
  byType.get('resize')?.on('data', (chunk: Buffer) => sizes.push(chunk));
  const [stdin, stdout, stderr] = ['stdin', 'stdout', 'stderr'].map((name) => byType.get(name));
  return {
    streams: {
      ...(stdin && { stdin }), ...(stdout && { stdout }), ...(stderr && { stderr }),
      onResize: (listener) => sizes.listen(listener),
      signal: aborter.signal,
    },
    async end(result) {
      await flush([stdout, stderr].filter((stream) => stream !== undefined));
      const error = byType.get('error')!;
      error.end(protocol === 'v4.channel.k8s.io' ? JSON.stringify(commandStatus(result)) : commandErrorText(result));
      await flush([error]);
      connection.close();
    },
  };
}

/** Waits for the client to open its streams; undefined when it doesn't, and the connection is closed. */
function collectStreams(
  socket: Duplex, expected: readonly string[],
): Promise<{ connection: SpdyConnection; streams: Map<string, SpdyStream> } | undefined> {
  return new Promise((resolve) => {
    const streams = new Map<string, SpdyStream>();
    const connection = new SpdyConnection(socket, {
      server: true,
      onStream(stream) {
        const type = stream.headers.streamtype ?? '';
        if (!expected.includes(type) || streams.has(type)) return stream.refuse();
        streams.set(type, stream);
        stream.accept();
        if (streams.size < expected.length) return;
        clearTimeout(timer);
        resolve({ connection, streams });
      },
    });
    const timer = setTimeout(() => connection.destroy(), streamCreationTimeout);
    void connection.closed.then(() => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

/** Ends the outputs and waits until the client has taken them, or is gone. */
async function flush(outputs: readonly Writable[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, flushTimeout);
  });
  const all = Promise.all(outputs.map(async (output) => {
    output.end();
    await finished(output, { readable: false }).catch(() => {});
  }));
  await Promise.race([all, tooLong]);
  clearTimeout(timer);
}
