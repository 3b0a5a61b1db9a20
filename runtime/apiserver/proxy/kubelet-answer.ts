import type { IncomingMessage } from 'node:http';
import { errors, StatusError } from '../../api/status';
import { readText } from './respond';

const maxReadBytes = 50_000;

/** A failure that has a message and nothing else: what any error in Go becomes on its way out. */
export function plainError(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 });
}

const reasons: Readonly<Record<number, [reason: string, message: string]>> = {
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted, but may still be processing the request'],
};

/** Throws the Status of a kubelet's answer that is none, in the words of registry/generic/rest/response_checker.go. */
export async function checkAnswer(incoming: IncomingMessage, kind: string, name: string): Promise<void> {
  const code = incoming.statusCode ?? 500;
  if (code >= 200 && code <= 206) return;
  const text = await readText(incoming, maxReadBytes);
  if (code === 500) throw errors.internal(text);
  if (code === 400) throw errors.badRequest(text);
  const [reason, message] = reasons[code] ?? (code === 403
    ? ['Forbidden', text]
    : ['InternalError', `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`]);
  throw new StatusError({
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `${message} ( ${kind} ${name})`, reason,
    details: { name, kind }, code,
  });
}
