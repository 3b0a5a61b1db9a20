import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketChannels } from './channels';
import { SpdyConnection } from './spdy-connection';

/** What a client offers to `pods/portforward?ports=N` for one connection over a WebSocket (the kubelet calls it `port`). */
export const portForwardChannelProtocol = 'v4.channel.k8s.io';
/** The port, two octets, that each channel begins with. */
const greetingBytes = 2;

/**
 * One connection to a port of a pod over an open WebSocket to `pods/portforward?ports=N` (v4.channel.k8s.io). The protocol
 * has no half-close: ending the Duplex ends the connection. What the pod's end reports destroys it with that error.
 */
export function portForwardStream(webSocket: WebSocket): Duplex {
  webSocket.on('error', () => webSocket.terminate());
  const channels = new WebSocketChannels(webSocket, { base64: false, halfClose: false });
  const input = channels.readable(0);
  let skip = greetingBytes;
  const stream = new Duplex({
    read: () => void input.resume(),
    write: (chunk: Buffer, _encoding, done) => channels.send(0, chunk, done),
    final: (done) => {
      channels.close();
      done();
    },
    destroy: (error, done) => {
      channels.close();
      done(error);
    },
  });
  input.on('data', (chunk: Buffer) => {
    const content = chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
    if (content.length > 0 && !stream.push(content)) input.pause();
  });
  input.once('end', () => stream.push(null));
  let greeting = greetingBytes;
  channels.readable(1).on('data', (chunk: Buffer) => {
    const text = chunk.subarray(greeting).toString();
    greeting = Math.max(0, greeting - chunk.length);
    if (text !== '') stream.destroy(new Error(text));
  });
  return stream;
}

/** Port forwarding over one connection for many: a Duplex each. */
export interface PortForwardSession {
  /** Opens a connection to a port of the pod. The Duplex is destroyed with an error when the pod's end refuses. */
  dial(port: number): Promise<Duplex>;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Speaks SPDY/3.1 with `portforward.k8s.io` on a connection that has been upgraded to it. */
export function connectPortForward(socket: Duplex): PortForwardSession {
  const connection = new SpdyConnection(socket, { server: false });
  let requests = 0;
  return {
    closed: connection.closed,
    close: () => connection.close(),
    async dial(port) {
      const headers = { port: String(port), requestid: String(requests++) };
      const error = await connection.open({ ...headers, streamtype: 'error' });
      error.end();
      const data = await connection.open({ ...headers, streamtype: 'data' });
      const text: Buffer[] = [];
      error.on('data', (chunk: Buffer) => text.push(chunk));
      error.once('end', () => {
        if (text.length > 0) data.destroy(new Error(Buffer.concat(text).toString()));
      });
      return data;
    },
  };
}
