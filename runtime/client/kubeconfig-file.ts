import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { Document, isMap, isSeq, parseDocument } from 'yaml';
import { KubeconfigError, parseFile } from './kubeconfig-schema';

const sections = ['clusters', 'contexts', 'users'] as const;

/** Puts another kubeconfig's entries into a file, replacing those of the same names; its context becomes the current one. */
export function mergeKubeconfigFile(file: string, text: string): void {
  const added = parseFile(text, 'kubeconfig to merge');
  edit(file, (document) => {
    for (const section of sections) {
      for (const entry of added[section]) putEntry(document, section, entry);
    }
    if (added['current-context']) document.set('current-context', added['current-context']);
  });
}

/** Takes a context out of a file, and its cluster and user when no other context names them. */
export function removeFromKubeconfigFile(file: string, context: string): void {
  const target = realPath(file);
  const content = parseFile(readOrEmpty(target), file);
  const found = content.contexts.find(({ name }) => name === context);
  if (!found) return;
  const others = content.contexts.filter((other) => other !== found);
  edit(file, (document) => {
    dropEntry(document, 'contexts', context);
    if (!others.some((other) => other.context.cluster === found.context.cluster)) dropEntry(document, 'clusters', found.context.cluster);
    if (!others.some((other) => other.context.user === found.context.user)) dropEntry(document, 'users', found.context.user);
    if (content['current-context'] === context) document.set('current-context', '');
  });
}

/** Comments and what else is in the file stay; the file is replaced as a whole, under kubectl's lock. */
function edit(file: string, change: (document: Document) => void): void {
  const target = realPath(file);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  locked(target, () => {
    const text = readOrEmpty(target);
    parseFile(text, file);
    const document = text.trim() ? parseDocument(text) : new Document({ apiVersion: 'v1', kind: 'Config' });
    change(document);
    replaceFile(target, document.toString({ lineWidth: 0 }));
  });
}

function putEntry(document: Document, section: (typeof sections)[number], entry: { name: string }): void {
  let list = document.get(section);
  if (!isSeq(list)) document.set(section, (list = document.createNode([])));
  if (!isSeq(list)) return;
  const at = list.items.findIndex((item) => isMap(item) && item.get('name') === entry.name);
  const node = document.createNode(entry);
  if (at < 0) list.add(node);
  else list.items[at] = node;
  list.flow = false;
}

function dropEntry(document: Document, section: (typeof sections)[number], name: string): void {
  const list = document.get(section);
  if (isSeq(list)) list.items = list.items.filter((item) => !(isMap(item) && item.get('name') === name));
}

/** client-go's lock: a file beside, which must not exist yet. */
function locked(target: string, run: () => void): void {
  const lock = `${target}.lock`;
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new KubeconfigError(target, taken ? `another program is writing it (remove ${lock} if none is)` : String(error));
  }
  try {
    run();
  } finally {
    rmSync(lock, { force: true });
  }
}

function replaceFile(target: string, text: string): void {
  const beside = `${target}.${randomUUID()}`;
  const fd = openSync(beside, 'wx', modeOf(target));
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, target);
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return 0o600;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Symbolic links stay: what they point at is replaced. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
