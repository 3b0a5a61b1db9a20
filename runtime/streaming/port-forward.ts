import type { IncomingMessage } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createWebSocketStream } from 'ws';
import { WebSocketChannels } from './channels';
import type { PortForwardDialer } from './session';
import { SpdyConnection } from './spdy-connection';
import type { SpdyStream } from './spdy-connection';
import { acceptSpdy, acceptWebSocket, isSpdyRequest, isWebSocketRequest, offeredProtocols, refuseUpgrade } from './upgrade';

export const portForwardProtocol = 'portforward.k8s.io';
/** SPDY frames inside of binary messages: what kubectl speaks first. */
export const tunnelledPortForwardProtocol = `SPDY/3.1+${portForwardProtocol}`;
const channelProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', ''];
const pairTimeout = 10_000;
/** How long a client may go on sending to a port that has ended; containerd's. */
const lastWords = 1_000;

/**
 * Serves port forwarding on a connection that asked for an upgrade: SPDY, SPDY in a WebSocket, or the channels of
 * v4.channel.k8s.io with the ports in the query. Resolves when the connection is over; never rejects.
 */
export async function servePortForward(request: IncomingMessage, socket: Duplex, head: Buffer, dial: PortForwardDialer): Promise<void> {
  socket.on('error', () => socket.destroy());
  if (isSpdyRequest(request)) {
    if (acceptSpdy(request, socket, head, [portForwardProtocol]) !== undefined) await serveSpdy(socket, dial);
  } else if (!isWebSocketRequest(request)) {
    refuseUpgrade(socket, 400, 'Bad Request', 'unable to upgrade: missing upgrade headers in request');
  } else if (offeredProtocols(request).includes(tunnelledPortForwardProtocol)) {
    const accepted = await acceptWebSocket(request, socket, head, [tunnelledPortForwardProtocol]);
    if (accepted) await serveSpdy(createWebSocketStream(accepted.webSocket), dial);
  } else await serveChannels(request, socket, head, dial);
}

interface Pair {
  port: number;
  error?: SpdyStream;
  data?: SpdyStream;
  timer: NodeJS.Timeout;
}

function serveSpdy(socket: Duplex, dial: PortForwardDialer): Promise<void> {
  const pairs = new Map<string, Pair>();
  const connection = new SpdyConnection(socket, {
    server: true,
    onStream(stream) {
      const { streamtype: type, port: portText = '' } = stream.headers;
      const port = parsePort(portText);
      if (port === undefined || (type !== 'error' && type !== 'data')) return stream.refuse();
      // Clients before 1.5 sent no id: their data stream follows its error stream.
      const id = stream.headers.requestid ?? String(type === 'data' ? stream.id - 2 : stream.id);
      const pair = pairs.get(id) ?? { port, timer: setTimeout(() => giveUp(id), pairTimeout) };
      if (pair[type]) return stream.refuse();
      pair[type] = stream;
      pairs.set(id, pair);
      stream.accept();
      if (!pair.error || !pair.data) return;
      clearTimeout(pair.timer);
      pairs.delete(id);
      void forward(pair.port, pair.data, pair.error, dial);
    },
  });
  const giveUp = (id: string) => {
    const pair = pairs.get(id);
    pairs.delete(id);
    pair?.error?.end('timed out waiting for streams');
    pair?.data?.reset();
  };
  return connection.closed.then(() => {
    for (const { timer } of pairs.values()) clearTimeout(timer);
  });
}

function parsePort(text: string): number | undefined {
  const port = Number(text);
  return /^\d+$/.test(text) && port > 0 && port <= 65535 ? port : undefined;
}

async function forward(port: number, data: SpdyStream, error: SpdyStream, dial: PortForwardDialer): Promise<void> {
  error.resume();
  try {
    await joinStreams(data, await dial(port));
    error.end();
  } catch (failure) {
    error.end(failure instanceof Error ? failure.message : String(failure));
    data.end();
    data.resume();
  }
}

/** Copies both ways, each half closing by itself, until the far side has ended and the client too, or hasn't for a while. */
async function joinStreams(client: Duplex, target: Duplex): Promise<void> {
  target.on('error', () => target.destroy());
  client.once('close', () => target.destroy());
  client.pipe(target);
  target.pipe(client);
  await finished(target, { writable: false }).catch(() => client.end());
  const timer = setTimeout(() => target.destroy(), lastWords);
  await Promise.race([finished(client).catch(() => {}), new Promise((resolve) => target.once('close', resolve))]);
  clearTimeout(timer);
  client.unpipe(target);
  client.resume();
  target.destroy();
}

async function serveChannels(request: IncomingMessage, socket: Duplex, head: Buffer, dial: PortForwardDialer): Promise<void> {
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  const texts = query.getAll('port').flatMap((list) => list.split(','));
  if (texts.length === 0) return refuseUpgrade(socket, 400, 'Bad Request', 'query parameter "port" is required');
  const ports = texts.map(parsePort);
  const wrong = texts[ports.indexOf(undefined)];
  if (wrong !== undefined) return refuseUpgrade(socket, 400, 'Bad Request', `unable to parse ${JSON.stringify(wrong)} as a port`);
  const accepted = await acceptWebSocket(request, socket, head, channelProtocols);
  if (!accepted) return;
  const channels = new WebSocketChannels(accepted.webSocket, { base64: accepted.protocol.includes('base64'), halfClose: false });
  await Promise.all(ports.map((port, i) => forwardChannel(channels, i * 2, port!, dial)));
  // The protocol can't say that one of its ports has ended: that all have is said by the end of the connection.
  channels.close();
  await channels.closed;
}

/** Channel 2n carries the data of the nth port, 2n+1 its errors; each begins with the port, two bytes little-endian. */
async function forwardChannel(channels: WebSocketChannels, number: number, port: number, dial: PortForwardDialer): Promise<void> {
  const name = Buffer.alloc(2);
  name.writeUInt16LE(port);
  const [input, output, error] = [channels.readable(number), channels.writable(number), channels.writable(number + 1)];
  output.write(name);
  error.write(name);
  try {
    const target = await dial(port);
    target.on('error', () => target.destroy());
    input.pipe(target);
    target.pipe(output);
    void channels.closed.then(() => target.destroy());
    await finished(target, { writable: false }).catch(() => {});
    await sent(output);
  } catch (failure) {
    error.write(failure instanceof Error ? failure.message : String(failure));
    await sent(error);
  }
}

/** Resolves once all that was written is on its way, or can't be any more. */
function sent(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.end(() => resolve());
  });
}
