import type { IncomingMessage } from 'node:http';

/** Headers of one connection, not of the message (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer',
  'transfer-encoding', 'upgrade', 'expect',
]);
const tokenProtocol = 'base64url.bearer.authorization.k8s.io.';
/** A server behind the proxy must not open this one's origin to others. */
const crossOrigin = /^access-control-allow-(credentials|headers|methods|origin)$/i;

/**
 * A request's headers as they go on, flat as `rawHeaders`: without those of this connection, and without those that say
 * who the client is to this server, which nobody behind it must learn or repeat.
 */
export function requestHeaders(request: IncomingMessage, extra: Readonly<Record<string, string>> = {}): string[] {
  const passed = flatMapHeaders(request.rawHeaders, (name, value) => {
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || lower === 'authorization' || lower.startsWith('impersonate-')) return [];
    if (lower === 'x-forwarded-for') return [];
    return lower === 'sec-websocket-protocol' ? withoutToken(name, value) : [name, value];
  });
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  // What has a body is said again, as the connection's own framing was dropped.
  if (encoding !== undefined) passed.push('Transfer-Encoding', 'chunked');
  else if (length === undefined && request.method !== 'GET' && request.method !== 'HEAD') passed.push('Content-Length', '0');
  passed.push('X-Forwarded-For', forwardedFor(request));
  for (const [name, value] of Object.entries(extra)) passed.push(name, value);
  return passed;
}

/** A response's headers as they go back. */
export function responseHeaders({ rawHeaders }: IncomingMessage): string[] {
  return flatMapHeaders(rawHeaders, (name, value) =>
    hopByHop.has(name.toLowerCase()) || crossOrigin.test(name) ? [] : [name, value]);
}

export function flatMapHeaders(raw: readonly string[], map: (name: string, value: string) => string[]): string[] {
  const mapped: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) mapped.push(...map(raw[i] ?? '', raw[i + 1] ?? ''));
  return mapped;
}

/** A bearer token among the WebSocket protocols was for this server only. */
function withoutToken(name: string, value: string): string[] {
  const protocols = value.split(',').map((protocol) => protocol.trim()).filter((protocol) => !protocol.startsWith(tokenProtocol));
  return protocols.length > 0 ? [name, protocols.join(', ')] : [];
}

function forwardedFor(request: IncomingMessage): string {
  const before = request.headers['x-forwarded-for'];
  const client = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  return before === undefined ? client : `${Array.isArray(before) ? before.join(', ') : before}, ${client}`;
}
