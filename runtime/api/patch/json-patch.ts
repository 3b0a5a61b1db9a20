import { PatchError, unprocessable } from './patch-error';
import { deepEqual, getKey, isObject, jsonTypeName, setKey } from './json';
import type { JsonObject } from './json';

export const maxJsonPatchOperations = 10_000;

/** What `copy` operations may add in all: the request body's limit, as upstream bounds it. */
const maxCopiedBytes = 3 * 1024 * 1024;

type Container = JsonObject | unknown[];
interface Session {
  copiedBytes: number;
  /** Containers made for this patch: they may be written in place. */
  readonly owned: WeakSet<object>;
}

/**
 * RFC 6902, with the readings of the library that the API server uses: negative array indices count from the end, `test`
 * of a missing path succeeds against null. The object isn't changed; what the patch leaves alone is shared with it.
 */
export function applyJsonPatch<T extends object>(object: T, patch: unknown): T {
  if (!Array.isArray(patch)) {
    throw new PatchError(
      'BadRequest',
      `json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type jsonpatch.Patch`,
    );
  }
  const odd = patch.find((operation) => operation !== null && !isObject(operation));
  if (odd !== undefined) {
    throw new PatchError(
      'BadRequest',
      `json: cannot unmarshal ${jsonTypeName(odd)} into Go value of type jsonpatch.Operation`,
    );
  }
  if (patch.length > maxJsonPatchOperations) {
    throw new PatchError(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`,
    );
  }
  const session: Session = { copiedBytes: 0, owned: new WeakSet() };
  return patch.reduce(
    (document: Container, operation) => applyOperation(session, document, operation ?? {}),
    object as Container,
  ) as T;
}

function applyOperation(session: Session, document: Container, operation: JsonObject): Container {
  const kind = typeof operation['op'] === 'string' ? operation['op'] : 'unknown';
  const path = () => pointer(operation, 'path', kind);
  switch (kind) {
    case 'add':
      return write(session, document, where(kind, path()), add(valueOf(operation)));
    case 'remove':
      return write(session, document, where(kind, path()), remove);
    case 'replace':
      return replaceAt(session, document, path(), valueOf(operation));
    case 'move':
      return move(session, document, operation, path());
    case 'copy':
      return copy(session, document, operation, path());
    case 'test':
      return test(document, path(), valueOf(operation));
    default:
      throw unprocessable(`Unexpected kind: ${kind}`);
  }
}

const valueOf = (operation: JsonObject): unknown => operation['value'] ?? null;

function pointer(operation: JsonObject, field: 'path' | 'from', kind: string): string {
  const value = operation[field];
  if (typeof value === 'string') return value;
  throw unprocessable(
    `${kind} operation failed to decode ${field}: ${field === 'from' ? 'operation, missing from field: ' : ''}missing value`,
  );
}

function steps(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function arrayIndex(step: string, length: number): number | undefined {
  if (!/^[+-]?\d+$/.test(step)) return undefined;
  const index = Number(step);
  return index < 0 ? index + length : index;
}

/** The value at a path; undefined where there is none. */
function read(document: unknown, path: string): unknown {
  return steps(path).reduce((value, step) => child(value, step), document);
}

function child(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return value[arrayIndex(step, value.length) ?? -1] as unknown;
  return isObject(value) ? getKey(value, step) : undefined;
}

/** Changes a container at a key; what it says is the problem. */
type Edit = (container: Container, step: string) => string | undefined;

interface Where {
  path: string;
  /** What is said if there is no container at the path. */
  missing: string;
  /** What comes before an edit's problem. */
  failed: string;
}

const where = (kind: string, path: string): Where => ({
  path,
  missing: `${kind} operation does not apply: doc is missing path: ${JSON.stringify(path)}`,
  failed: `error in ${kind} for path: '${path}'`,
});

/** Copies the containers along the path (once a patch), then lets the edit change the last one. */
function write(session: Session, document: Container, { path, missing, failed }: Where, edit: Edit): Container {
  const way = steps(path);
  const last = way.pop();
  if (last === undefined) throw unprocessable(`${missing}: missing value`);
  const root = own(session, document);
  let container = root;
  for (const step of way) {
    const next = child(container, step);
    if (typeof next !== 'object' || next === null) throw unprocessable(`${missing}: missing value`);
    const copied = own(session, next as Container);
    if (Array.isArray(container)) container[arrayIndex(step, container.length)!] = copied;
    else setKey(container, step, copied);
    container = copied;
  }
  const problem = edit(container, last);
  if (problem !== undefined) throw unprocessable(`${failed}: ${problem}`);
  return root;
}

function own(session: Session, container: Container): Container {
  if (session.owned.has(container)) return container;
  const copied = Array.isArray(container) ? [...container] : { ...container };
  session.owned.add(copied);
  return copied;
}

const notAnIndex = (step: string): string =>
  `value was not a proper array index: '${step}': strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`;
const outOfBounds = (step: string): string => `Unable to access invalid index: ${step}: invalid index referenced`;

const add =
  (value: unknown): Edit =>
  (container, step) => {
    if (!Array.isArray(container)) {
      setKey(container, step, value);
      return undefined;
    }
    const index = step === '-' ? container.length : arrayIndex(step, container.length + 1);
    if (index === undefined) return notAnIndex(step);
    if (index < 0 || index > container.length) return outOfBounds(step);
    container.splice(index, 0, value);
    return undefined;
  };

const remove: Edit = (container, step) => {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, step)) return `Unable to remove nonexistent key: ${step}: missing value`;
    delete container[step];
    return undefined;
  }
  const index = arrayIndex(step, container.length);
  if (index === undefined) return notAnIndex(step);
  if (index < 0 || index >= container.length) return outOfBounds(step);
  container.splice(index, 1);
  return undefined;
};

/** A field that isn't there is added: the library asks lists alone whether they have the element. */
const replace =
  (value: unknown): Edit =>
  (container, step) => {
    if (!Array.isArray(container)) {
      setKey(container, step, value);
      return undefined;
    }
    const index = arrayIndex(step, container.length);
    if (index === undefined || index < 0 || index >= container.length) return 'missing value';
    container[index] = value;
    return undefined;
  };

function replaceAt(session: Session, document: Container, path: string, value: unknown): Container {
  if (path !== '') {
    const failed = `replace operation does not apply: doc is missing key: ${path}`;
    return write(session, document, { ...where('replace', path), failed }, replace(value));
  }
  if (typeof value !== 'object' || value === null)
    throw unprocessable('replace operation hit an unexpected value at the root');
  return value as Container;
}

/** Move and copy word a missing source and a missing destination alike. */
const transfer = (kind: string, side: 'from' | 'destination', path: string): Where => ({
  path,
  missing: `${kind} operation does not apply: doc is missing ${side} path: ${path}`,
  failed: `error in ${kind} for path: '${side === 'from' ? (steps(path).at(-1) ?? '') : path}'`,
});

function move(session: Session, document: Container, operation: JsonObject, path: string): Container {
  const from = pointer(operation, 'from', 'move');
  const value = read(document, from);
  const rest = write(session, document, transfer('move', 'from', from), remove);
  return write(session, rest, transfer('move', 'destination', path), add(value));
}

/** A source that isn't there copies as null, if there is something that could hold it. */
function copy(session: Session, document: Container, operation: JsonObject, path: string): Container {
  const from = pointer(operation, 'from', 'copy');
  const { missing } = transfer('copy', 'from', from);
  const holder = read(document, from.slice(0, Math.max(0, from.lastIndexOf('/'))));
  if (typeof holder !== 'object' || holder === null) throw unprocessable(`${missing}: missing value`);
  const text = JSON.stringify(read(document, from) ?? null);
  session.copiedBytes += Buffer.byteLength(text);
  if (session.copiedBytes > maxCopiedBytes) {
    throw unprocessable(
      `Unable to complete the copy, the accumulated size increase of copy is ${session.copiedBytes}, exceeding the limit ${maxCopiedBytes}`,
    );
  }
  return write(session, document, transfer('copy', 'destination', path), add(JSON.parse(text)));
}

function test(document: Container, path: string, expected: unknown): Container {
  if (!deepEqual(read(document, path) ?? null, expected)) {
    throw unprocessable(`testing value ${path} failed: test failed`);
  }
  return document;
}
