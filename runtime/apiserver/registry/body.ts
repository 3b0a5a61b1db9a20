import { errors, statusError } from '../../api/status';
import type { StatusError } from '../../api/status';
import { parseManifests, parsePath } from '../../api/yaml';
import type { Duplicate } from '../../api/yaml';
import type { ApiRequest } from '../http/api-request';
import { decodeProtobuf, ProtobufError, protobufMediaType } from '../protobuf/decode';
import { mayRepeatFields, scanJson } from '../http/json-scan';

export interface ParsedBody {
  value: unknown;
  repeated: Repeated;
}

/** Fields that the text has more than once (the last one counts), as strict decoding tells of them. */
export interface Repeated {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

const none: Repeated = { errors: [], warnings: [] };

/** Thrown for text that isn't JSON or YAML; callers know which kind was expected and word the 400. */
export class BodySyntaxError extends Error {
  override readonly name = 'BodySyntaxError';
}

const unknownFormat = (accepted: readonly string[]): StatusError =>
  statusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

const acceptedTypes = ['application/json', 'application/yaml', protobufMediaType];

export function mediaType(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** The body as a value; `strict` finds duplicate fields too. */
export function parseBody(request: ApiRequest, strict: boolean): ParsedBody {
  const { body } = request;
  if (body && !Buffer.isBuffer(body)) return { value: body.value, repeated: none };
  const type = mediaType(request.contentType);
  if (type === '' || type === 'application/json') return parseJson(body?.toString() ?? '', strict);
  if (type === 'application/yaml') return parseYaml(body?.toString() ?? '');
  if (type === protobufMediaType) return parseProtobuf(body);
  throw unknownFormat(acceptedTypes);
}

export function parseJson(text: string, strict: boolean): ParsedBody {
  if (text === '') throw new BodySyntaxError('unexpected end of JSON input');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BodySyntaxError(scanJson(text).error ?? 'invalid character');
  }
  const duplicates = strict && mayRepeatFields(text, value) ? scanJson(text).duplicates : [];
  if (duplicates.length === 0) return { value, repeated: none };
  const texts = duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`);
  return { value, repeated: { errors: texts, warnings: texts } };
}

function parseProtobuf(body: Buffer | undefined): ParsedBody {
  try {
    return { value: decodeProtobuf(body ?? Buffer.alloc(0)), repeated: none };
  } catch (error) {
    // A message or a field that isn't known would be lost; the client can send the same as JSON.
    if (error instanceof ProtobufError) throw unknownFormat(acceptedTypes.slice(0, 2));
    throw error;
  }
}

export function parseYaml(text: string): ParsedBody {
  const [document] = parseManifests(text);
  if (!document) return { value: null, repeated: none };
  const problem = document.errors[0];
  if (problem) throw new BodySyntaxError(problem.message);
  return { value: document.value, repeated: repeatedKeys(text, document.duplicates) };
}

/** YAML's duplicates in the words of its decoder, which counts lines and knows no paths. */
function repeatedKeys(text: string, duplicates: readonly Duplicate[]): Repeated {
  if (duplicates.length === 0) return none;
  const lines = duplicates.map(({ path, offset }) => {
    const line = text.slice(0, offset).split('\n').length;
    return `line ${line}: key ${JSON.stringify(parsePath(path).at(-1))} already set in map`;
  });
  return { errors: [`yaml: unmarshal errors:\n${lines.map((line) => `  ${line}`).join('\n')}`], warnings: lines };
}

/** The beginning of a body, as upstream quotes it in errors. */
export function summarize(request: ApiRequest): string {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.from(JSON.stringify(request.body?.value ?? null));
  if (bytes.length === 0) return '<empty>';
  const head = bytes.subarray(0, 30);
  return (bytes[0] === 0x7b ? head.toString() : head.toString('hex')) + (bytes.length > 30 ? ' ...' : '');
}

export function unreadable(request: ApiRequest, kind: string, why: string): StatusError {
  return errors.badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summarize(request)})`);
}
