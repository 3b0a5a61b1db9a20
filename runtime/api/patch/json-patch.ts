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
    throw new PatchError('BadRequest', `json: cannot unmarshal ${jsonTypeName(patch)} into Go value of type jsonpatch.Patch`);
  }
  const odd = patch.find((operation) => operation !== null && !isObject(operation));
  if (odd !== undefined) {
    throw new PatchError('BadRequest', `json: cannot unmarshal ${jsonTypeName(odd)} into Go value of type jsonpatch.Operation`);
  }
  if (patch.length > maxJsonPatchOperations) {
    throw new PatchError(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`,
    );
  }
  const session: Session = { copiedBytes: 0, owned: new WeakSet() };
  return patch.reduce((document: Container, operation) => applyOperation(session, document, operation ?? {}), object as Container) as T;
}

function applyOperation(session: Session, document: Container, operation: JsonObject): Container {
  const kind = typeof operation['op'] === 'string' ? operation['op'] : 'unknown';
  const path = () => pointer(operation, 'path', kind);
  switch (kind) {
    case 'add':
      return write(session, document, path(), kind, add(valueOf(operation)));
    case 'remove':
      return write(session, document, path(), kind, remove);
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

function pointer(operation: JsonObject, field: string, kind: string): string {
  const value = operation[field];
  if (typeof value !== 'string') throw unprocessable(`${kind} operation failed to decode ${field}: missing value`);
  return value;
}

function steps(path: string): string[] {
  return path.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function arrayIndex(step: string, length: number): number {
  if (!/^[+-]?\d+$/.test(step)) throw unprocessable(`strconv.Atoi: parsing ${JSON.stringify(step)}: invalid syntax`);
  const index = Number(step);
  return index < 0 ? index + length : index;
}

/** The value at a path; undefined where there is none. */
function read(document: unknown, path: string): unknown {
  let value = document;
  for (const step of steps(path)) {
    if (Array.isArray(value)) value = value[arrayIndex(step, value.length)];
    else if (isObject(value)) value = getKey(value, step);
    else return undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

type Edit = (container: Container, step: string, path: string) => void;

/** Copies the containers along the path (once a patch), then lets the edit change the last one. */
function write(session: Session, document: Container, path: string, kind: string, edit: Edit): Container {
  const way = steps(path);
  const last = way.pop();
  const missing = () => unprocessable(`${kind} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`);
  if (last === undefined) throw missing();
  const root = own(session, document);
  let container = root;
  for (const step of way) {
    const next = Array.isArray(container) ? container[arrayIndex(step, container.length)] : getKey(container, step);
    if (typeof next !== 'object' || next === null) throw missing();
    const copied = own(session, next as Container);
    if (Array.isArray(container)) container[arrayIndex(step, container.length)] = copied;
    else setKey(container, step, copied);
    container = copied;
  }
  edit(container, last, path);
  return root;
}

function own(session: Session, container: Container): Container {
  if (session.owned.has(container)) return container;
  const copied = Array.isArray(container) ? [...container] : { ...container };
  session.owned.add(copied);
  return copied;
}

const outOfBounds = (kind: string, path: string, index: string): PatchError =>
  unprocessable(`${kind} operation does not apply: doc is missing key: ${path}: Unable to access invalid index: ${index}: invalid index referenced`);

const add = (value: unknown): Edit => (container, step, path) => {
  if (!Array.isArray(container)) return setKey(container, step, value);
  if (step === '-') {
    container.push(value);
    return;
  }
  const index = arrayIndex(step, container.length + 1);
  if (index < 0 || index > container.length) throw outOfBounds('add', path, step);
  container.splice(index, 0, value);
};

const remove: Edit = (container, step, path) => {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, step)) {
      throw unprocessable(`error in remove for path: '${path}': Unable to remove nonexistent key: ${step}: missing value`);
    }
    delete container[step];
    return;
  }
  const index = arrayIndex(step, container.length);
  if (index < 0 || index >= container.length) throw outOfBounds('remove', path, step);
  container.splice(index, 1);
};

const replace = (value: unknown): Edit => (container, step, path) => {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, step)) {
      throw unprocessable(`replace operation does not apply: doc is missing key: ${path}: missing value`);
    }
    return setKey(container, step, value);
  }
  const index = arrayIndex(step, container.length);
  if (index < 0 || index >= container.length) throw outOfBounds('replace', path, step);
  container[index] = value;
};

function replaceAt(session: Session, document: Container, path: string, value: unknown): Container {
  if (path !== '') return write(session, document, path, 'replace', replace(value));
  if (typeof value !== 'object' || value === null) throw unprocessable('replace operation hit an unexpected value at the root');
  return value as Container;
}

function move(session: Session, document: Container, operation: JsonObject, path: string): Container {
  const from = pointer(operation, 'from', 'move');
  const value = read(document, from);
  if (value === undefined) throw unprocessable(`move operation does not apply: doc is missing from path: ${from}: missing value`);
  return write(session, write(session, document, from, 'move', remove), path, 'move', add(value));
}

function copy(session: Session, document: Container, operation: JsonObject, path: string): Container {
  const from = pointer(operation, 'from', 'copy');
  const value = read(document, from);
  if (value === undefined) throw unprocessable(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
  const text = JSON.stringify(value);
  session.copiedBytes += Buffer.byteLength(text);
  if (session.copiedBytes > maxCopiedBytes) {
    throw unprocessable(
      `Unable to complete the copy, the accumulated size increase of copy is ${session.copiedBytes}, exceeding the limit ${maxCopiedBytes}`,
    );
  }
  return write(session, document, path, 'copy', add(JSON.parse(text)));
}

function test(document: Container, path: string, expected: unknown): Container {
  if (!deepEqual(read(document, path) ?? null, expected)) {
    throw unprocessable(`testing value ${path} failed: test failed`);
  }
  return document;
}
