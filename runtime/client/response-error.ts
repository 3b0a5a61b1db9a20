import type { Status } from '../api/kinds';
import { StatusError } from '../api/status';
import type { StatusReason } from '../api/status';

/** The server could not be reached, or the connection broke: nothing is known of the request's outcome. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** The system's code, such as ECONNREFUSED. */
  readonly code: string;

  constructor(server: string, cause: unknown) {
    super(`unable to connect to the server ${server}: ${cause instanceof Error ? cause.message || codeOf(cause) : String(cause)}`, { cause });
    this.code = codeOf(cause);
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

const generic: Record<number, [StatusReason, string]> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'],
  409: ['Conflict', 'the server reported a conflict'],
  410: ['Gone', 'the server says that the requested resource is gone'],
  413: ['RequestEntityTooLarge', 'the request is too large'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted, but may still be processing the request'],
};

/** The server's own Status, or one made of the HTTP status as client-go does (NewGenericServerResponse). */
export function responseError(code: number, method: string, body: string, retryAfterSeconds?: number): StatusError {
  const status = parseStatus(body);
  if (status) return new StatusError({ ...status, code: status.code || code });
  const text = body.trim();
  const [reason, message] = code === 409 && method === 'POST' ? ['AlreadyExists', generic[409]![1]] as const : describe(code, text);
  return new StatusError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code,
    details: {
      ...(text && { causes: [{ reason: 'UnexpectedServerResponse', message: text }] }),
      ...(retryAfterSeconds && { retryAfterSeconds }),
    },
  });
}

function describe(code: number, text: string): readonly [string, string] {
  if (code === 403) return ['Forbidden', text || 'unknown'];
  if (code === 415) return ['UnsupportedMediaType', text || 'unknown'];
  const known = generic[code];
  if (known) return known;
  return code >= 500
    ? ['InternalError', `an error on the server (${JSON.stringify(text || 'unknown')}) has prevented the request from succeeding`]
    : ['Unknown', `the server responded with the status code ${code} but did not return more information`];
}

function parseStatus(body: string): Status | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}
