import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errors, StatusError } from '../../api/status';
import type { Pod } from '../../api/kinds';
import { acceptWebSocket, isWebSocketRequest } from '../../streaming/upgrade';
import type { ConnectRequest, ConnectTarget } from '../http/connect';
import type { Backends } from './backend';
import { kubeletOf, type Destination } from './destination';
import { requestErrorText } from './dial-error';
import { checkAnswer, plainError } from './kubelet-answer';
import { containerOf, logPath } from './pod-target';
import { stream } from './respond';

const webSocketProtocols = ['binary.k8s.io', 'base64.binary.k8s.io', ''];

/** A container's log, from the kubelet of its pod's node: plain text, or the messages of a WebSocket. */
export async function serveLog(
  backends: Backends, { object, query }: ConnectRequest, request: IncomingMessage, target: ConnectTarget,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new StatusError({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 405, reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource', details: {},
    });
  }
  const pod = object as Pod;
  const path = logPath(pod, containerOf(pod, query.get('container')?.[0]), query);
  const node = pod.spec?.nodeName;
  if (!node) return nothing(target);
  const incoming = await fetchLog(backends, node, path, target);
  if (!incoming) return;
  await checkAnswer(incoming, 'pods/log', pod.metadata.name ?? '');
  if ('response' in target) {
    target.response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
    await stream(incoming, target.response);
  } else await sendMessages(incoming, request, target);
}

/** A pod that no node has yet has written nothing. */
function nothing(target: ConnectTarget): void {
  if ('response' in target) target.response.writeHead(204).end();
  else target.socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
}

/** Undefined when the client has gone. */
async function fetchLog(backends: Backends, node: string, path: string, target: ConnectTarget): Promise<IncomingMessage | undefined> {
  const client: ServerResponse | Duplex = 'response' in target ? target.response : target.socket;
  let kubelet: Destination | undefined;
  try {
    kubelet = await kubeletOf(backends, node);
    const outgoing = await kubelet.send({ method: 'GET', path, headers: {} });
    return await new Promise((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject).end();
      client.once('close', () => {
        outgoing.destroy();
        resolve(undefined);
      });
      if (client.destroyed) outgoing.destroy();
    });
  } catch (error) {
    const { host, port } = kubelet ?? { host: node, port: 10250 };
    throw plainError(`Get "https://${host}:${port}${path}": ${requestErrorText(host, port, error as Error)}`);
  }
}

async function sendMessages(incoming: IncomingMessage, request: IncomingMessage, { socket, head }: { socket: Duplex; head: Buffer }): Promise<void> {
  if (!isWebSocketRequest(request)) throw errors.badRequest('this request can\'t be upgraded');
  const accepted = await acceptWebSocket(request, socket, head, webSocketProtocols);
  if (!accepted) return void incoming.destroy();
  const { webSocket, protocol } = accepted;
  const base64 = protocol.startsWith('base64');
  const send = (chunk: Buffer): Promise<void> => new Promise((resolve, reject) => {
    webSocket.send(base64 ? chunk.toString('base64') : chunk, (error) => (error ? reject(error) : resolve()));
  });
  try {
    // An empty message tells that the connection stands.
    await send(Buffer.alloc(0));
    for await (const chunk of incoming) await send(chunk as Buffer);
    webSocket.close();
  } catch {
    // The client or the kubelet has gone; the other is told by the end of its connection.
    webSocket.terminate();
    incoming.destroy();
  }
}
