/** A connection that could not be made, in the words of Go's `net` package. */
export class DialError extends Error {
  override readonly name = 'DialError';
}

interface SystemError extends Error {
  code?: string;
  syscall?: string;
}

/** strerror of the failures that a connection meets. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
  ECONNRESET: 'connect: connection reset by peer',
  EACCES: 'connect: permission denied',
};

/** `dial tcp 10.244.0.5:80: connect: connection refused`. */
export function dialText(host: string, port: number, error: Error): string {
  const { code = '', message } = error as SystemError;
  return `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}: ${words[code] ?? message}`;
}

/** What went wrong with a request to `host:port`, before or after it was connected. */
export function requestErrorText(host: string, port: number, error: Error): string {
  const { code, syscall, message } = error as SystemError;
  if (error instanceof DialError) return message;
  if (syscall === 'connect') return dialText(host, port, error);
  // The peer went away without an answer.
  return code === 'ECONNRESET' ? 'EOF' : message;
}
