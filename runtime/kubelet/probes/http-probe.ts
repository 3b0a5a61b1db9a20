import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HTTPHeader } from '../../api/kinds';
import { longestOutput, type ProbeResult } from './probe-result';

export interface HttpTarget {
  scheme: string;
  host: string;
  port: number;
  path: string;
  headers: readonly HTTPHeader[];
  timeoutMs: number;
  userAgent: string;
}

const redirectsFollowed = 10;

/**
 * GET of the target; 200 to 399 is success. Certificates aren't verified. Redirects are followed on the same host
 * only.
 */
export function httpProbe(target: HttpTarget, redirects = redirectsFollowed): Promise<ProbeResult> {
  const url = targetUrl(target);
  return new Promise((resolve) => {
    const failed = (output: string): void => resolve({ result: 'failure', output });
    const signal = AbortSignal.timeout(target.timeoutMs);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(
      url,
      { method: 'GET', agent: false, signal, rejectUnauthorized: false, headers: probeHeaders(target, url) },
      (response) => {
        const location = response.headers.location;
        const status = response.statusCode ?? 0;
        if (status >= 300 && status < 400 && location) {
          response.destroy();
          resolve(follow(target, url, location, redirects));
        } else {
          void readBody(response).then(
            (body) => resolve(verdict(status, body)),
            (error: Error) => failed(requestError(url, error, signal)),
          );
        }
      },
    );
    request.on('error', (error) => failed(requestError(url, error, signal)));
    request.end();
  });
}

function targetUrl({ scheme, host, port, path }: HttpTarget): URL {
  const authority = host.includes(':') ? `[${host}]` : host;
  const base = `${scheme.toLowerCase()}://${authority}:${port}`;
  return new URL(path.startsWith('/') ? `${base}${path}` : `${base}/${path}`);
}

function probeHeaders({ headers, userAgent }: HttpTarget, url: URL): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  const add = (name: string, value: string): void => {
    const present = Object.keys(result).find((key) => key.toLowerCase() === name.toLowerCase());
    if (present) result[present] = [result[present] as string, value].flat();
    else result[name] = value;
  };
  for (const { name, value } of headers) add(name, value);
  const has = (name: string): boolean => Object.keys(result).some((key) => key.toLowerCase() === name);
  if (!has('user-agent')) result['User-Agent'] = userAgent;
  if (!has('accept')) result.Accept = '*/*';
  for (const key of Object.keys(result))
    if (result[key] === '' && ['user-agent', 'accept'].includes(key.toLowerCase())) delete result[key];
  if (!has('host')) result.Host = url.host;
  result.Connection = 'close';
  return result;
}

function follow(
  target: HttpTarget,
  from: URL,
  location: string,
  redirects: number,
): ProbeResult | Promise<ProbeResult> {
  const to = new URL(location, from);
  if (to.hostname !== from.hostname)
    return { result: 'success', output: 'Probe terminated redirects, Response body: ' };
  if (redirects === 0)
    return { result: 'failure', output: `Get "${to.href}": stopped after ${redirectsFollowed} redirects` };
  const port = Number(to.port || (to.protocol === 'https:' ? 443 : 80));
  return httpProbe({ ...target, scheme: to.protocol.slice(0, -1), port, path: to.pathname + to.search }, redirects - 1);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= longestOutput) break;
  }
  return Buffer.concat(chunks).subarray(0, longestOutput).toString();
}

function verdict(status: number, body: string): ProbeResult {
  return status >= 200 && status < 400
    ? { result: 'success', output: body }
    : { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
}

function requestError(url: URL, error: Error, signal: AbortSignal): string {
  const timeout = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  return `Get "${url.href}": ${signal.aborted ? timeout : dialError(error, url.hostname, Number(url.port))}`;
}

/** A failed connection in Go's words. */
export function dialError(error: Error & { code?: string; syscall?: string }, host: string, port: number): string {
  const address = `${host.replace(/^\[|\]$/g, '')}:${port}`;
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    EHOSTUNREACH: 'no route to host',
    ENETUNREACH: 'network is unreachable',
    ETIMEDOUT: 'i/o timeout',
  };
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${host}: no such host`;
  if (error.code === 'ECONNRESET')
    return error.syscall === 'read' ? `read tcp ${address}: read: connection reset by peer` : 'EOF';
  const reason = error.code && reasons[error.code];
  if (!reason) return error.message;
  return error.code === 'ETIMEDOUT' ? `dial tcp ${address}: i/o timeout` : `dial tcp ${address}: connect: ${reason}`;
}
