import { kindName } from '../references/kind-id';
import type { ObjectLinks } from '../references/reference';
import { folderOf } from '../references/reference-index';
import type { CheckContext, CheckFinding } from './check';
import { inSameFile } from './surroundings';
import { fileText, quote } from './words';

const at = ['metadata', 'name'];

/** One object written twice: whichever is applied last wins. */
export function* duplicateObjects(links: ObjectLinks, { index }: CheckContext): Iterable<CheckFinding> {
  if (links.name === '' || links.id.startsWith('Kustomization.')) return;
  const twins = [...index.named(links.id, links.name)].filter((other) => isTwin(links, other));
  const inFile = twins.find((other) => other.object.uri === links.object.uri);
  // Of a file's own twins the first is left alone.
  if (inFile && isBefore(links, inFile, index)) return;
  const twin = inFile ?? (twins.length === 1 ? twins.find((other) => isBeside(links, other, index)) : undefined);
  if (!twin) return;
  const where = inFile ? 'in this file' : `in ${fileText(twin.object.uri, links.object.uri)}`;
  yield {
    at,
    severity: 'warning',
    code: 'duplicate-object',
    message: `${kindName(links.id)} ${quote(links.name)} is written ${where} too; the one that is applied last wins`,
    related: [{ object: twin, at, message: `${kindName(twin.id)} ${quote(twin.name)}` }],
  };
}

function isTwin(links: ObjectLinks, other: ObjectLinks): boolean {
  return other !== links && other.namespace === links.namespace;
}

function isBefore(links: ObjectLinks, other: ObjectLinks, index: CheckContext['index']): boolean {
  const file = inSameFile(index, links);
  return file.indexOf(links) < file.indexOf(other);
}

/**
 * Whether two files of one folder are parts of one application, and not variants or examples: neither is named after the other,
 * each holds something that the other doesn't, or a kustomization takes both.
 */
function isBeside(links: ObjectLinks, twin: ObjectLinks, index: CheckContext['index']): boolean {
  const [own, other] = [links.object.uri, twin.object.uri];
  if (folderOf(own) !== folderOf(other)) return false;
  if (takenBoth(own, other, index)) return true;
  if (isPatch(own, index) || isPatch(other, index)) return false;
  const [a, b] = [stem(own), stem(other)];
  if (a.startsWith(b) || b.startsWith(a) || sharesWords(a, b)) return false;
  const keys = (uri: string) => index.inFile(uri).map(({ id, name }) => `${id}/${name}`);
  const shared = keys(own).filter((key) => keys(other).includes(key)).length;
  return shared === 1 && isSmall(folderOf(own), index) && index.inFile(own).length + index.inFile(other).length > 2;
}

const stem = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1).replace(/\.\w+$/, '');

/** `web-dev`, `web-prod`. */
function sharesWords(a: string, b: string): boolean {
  const words = new Set(a.split(/[-_.]/));
  return b.split(/[-_.]/).some((word) => words.has(word));
}

function isSmall(folder: string, index: CheckContext['index']): boolean {
  const files = new Set([...index.inFolder(folder)].map(({ object }) => object.uri));
  return files.size <= 30;
}

function takenBoth(own: string, other: string, index: CheckContext['index']): boolean {
  return lists(own, index, 'resources').some((uris) => uris.includes(other));
}

function isPatch(uri: string, index: CheckContext['index']): boolean {
  return lists(uri, index, 'patches').length > 0;
}

/** The lists of resources, or of patches, in the folder's kustomizations that name the file. */
function lists(uri: string, index: CheckContext['index'], field: 'resources' | 'patches'): string[][] {
  const folder = folderOf(uri);
  const found: string[][] = [];
  for (const { id, object } of index.inFolder(folder)) {
    if (!id.startsWith('Kustomization.') || folderOf(object.uri) !== folder) continue;
    const { resources, patches, patchesStrategicMerge } = object.value as Record<string, unknown>;
    const listed = field === 'resources' ? [resources] : [patches, patchesStrategicMerge];
    const uris = listed.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : [])).map((entry) => uriOf(folder, entry));
    if (uris.includes(uri)) found.push(uris);
  }
  return found;
}

function uriOf(folder: string, entry: unknown): string {
  const path = typeof entry === 'string' ? entry : (entry as { path?: unknown } | null)?.path;
  return typeof path === 'string' ? new URL(path, folder).href : '';
}
