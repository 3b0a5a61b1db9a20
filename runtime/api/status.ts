import type { Status, StatusDetails } from './generated/types';
import type { Finding } from './finding';

/** What an error is about, for `Status.details` and the message: `pods "web" not found`. */
export interface StatusSubject {
  group?: string;
  /** Resource for most errors (`pods`), kind for Invalid (`Pod`), as upstream does it. */
  kind: string;
  name?: string;
}

/** An error that a client sees, as a `Status`. The one error class that crosses the API server's boundary. */
export class StatusError extends Error {
  override readonly name = 'StatusError';

  constructor(readonly status: Status) {
    super(status.message ?? status.reason ?? 'unknown error');
  }

  /** HTTP status code. */
  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

export function isStatusError(error: unknown, reason?: StatusReason): error is StatusError {
  return error instanceof StatusError && (reason === undefined || error.reason === reason);
}

export type StatusReason =
  | 'BadRequest' | 'Unauthorized' | 'Forbidden' | 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Gone' | 'Invalid'
  | 'Expired' | 'ServerTimeout' | 'Timeout' | 'TooManyRequests' | 'MethodNotAllowed' | 'NotAcceptable'
  | 'RequestEntityTooLarge' | 'UnsupportedMediaType' | 'InternalError' | 'ServiceUnavailable';

const codes: Record<StatusReason, number> = {
  BadRequest: 400, Unauthorized: 401, Forbidden: 403, NotFound: 404, AlreadyExists: 409, Conflict: 409, Gone: 410,
  Invalid: 422, Expired: 410, ServerTimeout: 500, Timeout: 504, TooManyRequests: 429, MethodNotAllowed: 405,
  NotAcceptable: 406, RequestEntityTooLarge: 413, UnsupportedMediaType: 415, InternalError: 500, ServiceUnavailable: 503,
};

export function statusError(reason: StatusReason, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...(details && { details }), code: codes[reason],
  });
}

const qualified = ({ group, kind }: StatusSubject) => (group ? `${kind}.${group}` : kind);
const details = (subject: StatusSubject, extra: StatusDetails = {}): StatusDetails => ({
  ...(subject.name && { name: subject.name }), ...(subject.group && { group: subject.group }), kind: subject.kind, ...extra,
});

/** The errors of apimachinery's `errors` package, in its words (pkg/api/errors/errors.go). */
export const errors = {
  notFound: (s: StatusSubject) => statusError('NotFound', `${qualified(s)} ${JSON.stringify(s.name ?? '')} not found`, details(s)),
  alreadyExists: (s: StatusSubject) =>
    statusError('AlreadyExists', `${qualified(s)} ${JSON.stringify(s.name ?? '')} already exists`, details(s)),
  conflict: (s: StatusSubject, why: string) =>
    statusError('Conflict', `Operation cannot be fulfilled on ${qualified(s)} ${JSON.stringify(s.name ?? '')}: ${why}`, details(s)),
  modified: (s: StatusSubject) =>
    errors.conflict(s, 'the object has been modified; please apply your changes to the latest version and try again'),
  forbidden: (s: StatusSubject, why: string) =>
    statusError('Forbidden', s.name ? `${qualified(s)} ${JSON.stringify(s.name)} is forbidden: ${why}` : `${qualified(s)} is forbidden: ${why}`, details(s)),
  invalid: (s: StatusSubject, findings: readonly Finding[]) => {
    const lines = findings.map((f) => `${f.path}: ${f.message}`);
    const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
    return statusError('Invalid', `${qualified(s)} ${JSON.stringify(s.name ?? '')} is invalid: ${list}`, details(s, {
      causes: findings.map((f) => ({ reason: f.reason, message: f.message, field: f.path })),
    }));
  },
  badRequest: (message: string) => statusError('BadRequest', message),
  unauthorized: () => statusError('Unauthorized', 'Unauthorized'),
  gone: (message: string) => statusError('Gone', message),
  expired: (message: string) => statusError('Expired', message),
  methodNotAllowed: (s: StatusSubject, action: string) =>
    statusError('MethodNotAllowed', `${action} is not supported on resources of kind "${qualified(s)}"`, details(s)),
  tooManyRequests: (message: string, retryAfterSeconds: number) =>
    statusError('TooManyRequests', message, { retryAfterSeconds }),
  timeout: (message: string, retryAfterSeconds = 0) => statusError('Timeout', `Timeout: ${message}`, { retryAfterSeconds }),
  internal: (message: string) =>
    statusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
  serviceUnavailable: (message: string) => statusError('ServiceUnavailable', message),
  notAcceptable: (message: string) => statusError('NotAcceptable', message),
  unsupportedMediaType: (message: string) => statusError('UnsupportedMediaType', message),
  requestEntityTooLarge: (message: string) => statusError('RequestEntityTooLarge', message),
};
