import type { Credentials } from '../request';

const webSocketPrefix = 'base64url.bearer.authorization.k8s.io.';

/** The bearer token of a request: from the Authorization header or, as browsers must, from the WebSocket protocols. */
export function bearerToken({ authorization, webSocketProtocols }: Credentials): string | undefined {
  if (authorization !== undefined) {
    // The scheme's name is case-insensitive (RFC 9110); what follows is the token to the letter.
    const scheme = authorization.slice(0, 7);
    return scheme === 'Bearer ' || scheme.toLowerCase() === 'bearer ' ? authorization.slice(7).trim() || undefined : undefined;
  }
  const protocol = webSocketProtocols?.split(',').map((name) => name.trim()).find((name) => name.startsWith(webSocketPrefix));
  return protocol && Buffer.from(protocol.slice(webSocketPrefix.length), 'base64url').toString();
}
