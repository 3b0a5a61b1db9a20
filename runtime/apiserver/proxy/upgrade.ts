import { ServerResponse } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from '../../streaming/join';
import { flatMapHeaders } from './headers';
import { passAnswer } from './respond';

/** Headers by which a request asks for another protocol, for the connection to the backend. */
export function upgradeHeaders(request: IncomingMessage): Record<string, string> {
  return { Connection: 'Upgrade', Upgrade: request.headers.upgrade ?? '' };
}

/**
 * Waits for what the backend says to the upgrade. Only when it agrees are the two connections joined: until then the
 * client's next bytes would be a request with this server's credentials. Rejects when there is no answer.
 */
export function upgradeTo(outgoing: ClientRequest, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    socket.once('close', () => {
      outgoing.destroy();
      resolve();
    });
    outgoing.once('upgrade', (incoming, backend: Duplex, backendHead: Buffer) => {
      switched(incoming, socket);
      if (backendHead.length > 0) socket.write(backendHead);
      if (head.length > 0) backend.write(head);
      join(socket, backend);
      resolve();
    });
    outgoing.once('response', (incoming) => {
      refused(incoming, request, socket).then(resolve, reject);
    });
    outgoing.end();
  });
}

function switched(incoming: IncomingMessage, socket: Duplex): void {
  const lines = flatMapHeaders(incoming.rawHeaders, (name, value) => [`${name}: ${value}\r\n`]);
  socket.write(`HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}\r\n${lines.join('')}\r\n`);
}

/** An ordinary answer to a request for an upgrade. */
async function refused(incoming: IncomingMessage, request: IncomingMessage, socket: Duplex): Promise<void> {
  const response = new ServerResponse(request);
  response.assignSocket(socket as Socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  await passAnswer(incoming, { request, response });
}
