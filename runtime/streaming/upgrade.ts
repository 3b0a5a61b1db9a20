import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** Browsers can set no headers: their bearer token travels as a subprotocol, which is never the one agreed on. */
const tokenProtocol = 'base64url.bearer.authorization.k8s.io.';
const pingInterval = 30_000;
const maxMessageBytes = 32 * 1024 * 1024;

export function isWebSocketRequest(request: IncomingMessage): boolean {
  return (request.headers.upgrade ?? '').toLowerCase() === 'websocket';
}

export function isSpdyRequest(request: IncomingMessage): boolean {
  return (request.headers.upgrade ?? '').toLowerCase().startsWith('spdy/3.1');
}

/** Values of a header that may come several times, or as a list. */
export function headerList(request: IncomingMessage, name: string): string[] {
  const value = request.headers[name];
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).split(',').map((part) => part.trim()).filter((part) => part !== '');
}

/** Subprotocols that the client offers, best first. */
export function offeredProtocols(request: IncomingMessage): string[] {
  return headerList(request, 'sec-websocket-protocol').filter((protocol) => !protocol.startsWith(tokenProtocol));
}

/** Answers a request for an upgrade with an ordinary error, in plain text as Go's http.Error does. */
export function refuseUpgrade(socket: Duplex, code: number, reason: string, message: string, headers: Record<string, string> = {}): void {
  const body = `${message}\n`;
  const lines = Object.entries({
    'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff', ...headers,
    'Content-Length': String(Buffer.byteLength(body)), Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${code} ${reason}\r\n${lines.join('')}\r\n${body}`);
}

/** Completes the handshake with the first offered protocol that is supported; undefined (and answered) when there is none. */
export function acceptWebSocket(
  request: IncomingMessage, socket: Duplex, head: Buffer, supported: readonly string[],
): Promise<{ webSocket: WebSocket; protocol: string } | undefined> {
  const offered = offeredProtocols(request);
  const protocol = offered.find((candidate) => supported.includes(candidate)) ?? '';
  if (protocol === '' && (offered.length > 0 || !supported.includes(''))) {
    refuseUpgrade(socket, 400, 'Bad Request', `unable to upgrade websocket: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`);
    return Promise.resolve(undefined);
  }
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes });
  // `SPDY/3.1+portforward.k8s.io` is no token as RFC 6455 wants it, and the library refuses it: it is kept from seeing it.
  if (protocol !== '') server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  const { 'sec-websocket-protocol': _offered, ...headers } = request.headers;
  const bare = Object.create(request, { headers: { value: headers } }) as IncomingMessage;
  return new Promise((resolve) => {
    socket.once('close', () => resolve(undefined));
    server.handleUpgrade(bare, socket, head, (webSocket) => {
      keepAlive(webSocket);
      resolve({ webSocket, protocol });
    });
  });
}

/** Pings an idle peer, and gives it up when nothing has come from it for two rounds. */
export function keepAlive(webSocket: WebSocket, interval = pingInterval): void {
  let unanswered = 0;
  const alive = () => {
    unanswered = 0;
  };
  webSocket.on('message', alive).on('ping', alive).on('pong', alive);
  // A peer that goes away in the middle of something is no error of ours: 'close' follows and says all.
  webSocket.on('error', () => webSocket.terminate());
  const timer = setInterval(() => {
    if (webSocket.isPaused) return alive();
    if (unanswered++ >= 2) webSocket.terminate();
    else webSocket.ping();
  }, interval);
  timer.unref();
  webSocket.once('close', () => clearInterval(timer));
}

/** Completes a SPDY upgrade; the negotiated protocol, or undefined (and answered) when there is none. */
export function acceptSpdy(request: IncomingMessage, socket: Duplex, head: Buffer, supported: readonly string[]): string | undefined {
  const offered = headerList(request, 'x-stream-protocol-version');
  if (offered.length === 0) {
    refuseUpgrade(socket, 400, 'Bad Request', 'unable to upgrade: X-Stream-Protocol-Version is required');
    return undefined;
  }
  const protocol = offered.find((candidate) => supported.includes(candidate));
  if (protocol === undefined) {
    const message = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`;
    refuseUpgrade(socket, 403, 'Forbidden', message, { 'X-Accepted-Stream-Protocol-Versions': supported.join(', ') });
    return undefined;
  }
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
      `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return protocol;
}
