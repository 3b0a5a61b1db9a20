import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Status } from '../../api/kinds';
import { errors, StatusError } from '../../api/status';
import { toYaml } from '../../api/yaml';
import type { Encoded } from './encode';
import type { Representation } from './negotiate';

const compress = promisify(gzip);
const compressFrom = 128 * 1024;

/** Headers of every answer, the two last being this one's. */
const head = (contentType: string, length: number, warnings: readonly string[]): string[] => {
  const headers = [
    'Audit-Id', randomUUID(), 'Cache-Control', 'no-cache, private', 'Content-Type', contentType, 'Content-Length', String(length),
  ];
  for (const warning of warnings) headers.push('Warning', warningHeader(warning));
  return headers;
};

export const warningHeader = (text: string): string => `299 - ${quoted(text)}`;

/** A quoted-string of RFC 7230; control characters can't be sent. */
function quoted(text: string): string {
  // Headers are bytes: UTF-8 is sent as the Latin-1 characters of its bytes.
  const clean = Buffer.from(text.replace(/\p{Cc}/gu, ' ')).toString('latin1');
  return `"${clean.replace(/["\\]/g, '\\$&')}"`;
}

export function send(response: ServerResponse, code: number, encoded: Encoded, warnings: readonly string[]): void {
  response.writeHead(code, head(encoded.contentType, encoded.body.length, warnings) as never);
  response.end(encoded.body);
}

/** Sends a large body compressed if the client takes that; the compressed form of a cached list is kept with it. */
export async function sendLarge(
  request: IncomingMessage, response: ServerResponse, code: number, encoded: Encoded, warnings: readonly string[],
): Promise<void> {
  const { whole } = encoded.shared ?? {};
  const current = whole?.body === encoded.body ? whole : undefined;
  const body = current?.gzip ?? (await compress(encoded.body, { level: 1 }));
  if (current) current.gzip = body;
  if (request.destroyed || response.destroyed) return;
  const headers = head(encoded.contentType, body.length, warnings);
  headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding');
  response.writeHead(code, headers as never);
  response.end(body);
}

export function wantsCompression(request: IncomingMessage, length: number): boolean {
  if (length <= compressFrom) return false;
  return (request.headers['accept-encoding'] ?? '').split(',').some((coding) => /^\s*gzip\s*(;|$)/.test(coding));
}

const prettyAgents = ['curl', 'Wget', 'Mozilla/5.0'];

/** Whether to indent: asked for, or a person is looking. */
export function isPretty(request: IncomingMessage, pretty: string | undefined): boolean {
  if (pretty) return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(pretty);
  const agent = request.headers['user-agent'];
  return agent !== undefined && prettyAgents.some((prefix) => agent.startsWith(prefix));
}

export function indent(encoded: Encoded): Encoded {
  if (encoded.contentType !== 'application/json') return encoded;
  const text = JSON.stringify(JSON.parse(encoded.body.toString()), null, 2);
  return { contentType: encoded.contentType, body: Buffer.from(text) };
}

/** Any failure as the Status that a client gets. */
export function statusOf(error: unknown, logUnexpected: (error: unknown) => void): Status {
  if (error instanceof StatusError) return error.status;
  logUnexpected(error);
  return errors.internal(error instanceof Error ? error.message : String(error)).status;
}

export function sendStatus(
  response: ServerResponse, status: Status, representation: Representation | undefined, warnings: readonly string[] = [],
): void {
  if (response.headersSent) return void response.destroy();
  const yaml = representation?.mediaType === 'application/yaml';
  const body = Buffer.from(yaml ? toYaml(status as never) : JSON.stringify(status));
  const headers = head(yaml ? 'application/yaml' : 'application/json', body.length, warnings);
  const code = status.code ?? 500;
  const retry = status.details?.retryAfterSeconds;
  if (retry) headers.push('Retry-After', String(retry));
  if (code === 401) headers.push('WWW-Authenticate', 'Bearer');
  response.writeHead(code, headers as never);
  response.end(body);
}
