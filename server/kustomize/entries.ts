import { posix } from 'node:path';
import { fileSource, isRemote } from '../../runtime/api/kustomize';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { TextRange } from '../manifests/ranges';

/** What a file is to a kustomization that names it. */
export type EntryRole = 'resource' | 'component' | 'patch' | 'data' | 'configuration';

/** A place in a kustomization that names a file or a folder. */
export interface Entry {
  readonly role: EntryRole;
  readonly text: string;
  /** Absolute, with `/`. */
  readonly path: string;
  readonly range: TextRange;
  /** Whether a folder may stand here. */
  readonly folder: 'never' | 'may' | 'must';
}

type Steps = (string | number)[];

/** Where entries stand: the path with `*` for any element, what they are, and whether `key=` may precede. */
const places: [path: string, role: EntryRole, folder: Entry['folder'], keyed?: boolean][] = [
  ['resources.*', 'resource', 'may'],
  ['bases.*', 'resource', 'must'],
  ['components.*', 'component', 'must'],
  ['patches.*.path', 'patch', 'never'],
  ['patchesJson6902.*.path', 'patch', 'never'],
  ['patchesStrategicMerge.*', 'patch', 'never'],
  ['replacements.*.path', 'configuration', 'never'],
  ['configurations.*', 'configuration', 'never'],
  ['crds.*', 'configuration', 'never'],
  ['openapi.path', 'configuration', 'never'],
  ...(['configMapGenerator', 'secretGenerator'] as const).flatMap((field): typeof places => [
    [`${field}.*.files.*`, 'data', 'never', true],
    [`${field}.*.envs.*`, 'data', 'never'],
    [`${field}.*.env`, 'data', 'never'],
  ]),
];

/** Which place a path in a kustomization is, if files are named there. */
export function entryPlace(
  path: readonly (string | number)[],
): { role: EntryRole; folder: Entry['folder'] } | undefined {
  const text = path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
  const found = places.find(([place]) => place === text);
  return found && { role: found[1], folder: found[2] };
}

/** All files and folders that a kustomization in `folder` names; what is remote or a patch itself is none. */
export function entriesOf(document: ParsedDocument | undefined, folder: string): Entry[] {
  if (!document) return [];
  return places.flatMap(([place, role, mayBeFolder, keyed]) =>
    scalarsAt(document.value, place.split('.'), []).flatMap(({ text, path }): Entry[] => {
      const value = document.pathRange(path.map(String))?.value;
      if (!value || isRemote(text) || text.includes('\n')) return [];
      const name = keyed ? (nameOf(text) ?? text) : text;
      const range = { start: value.end - endOf(text, name, value), end: value.end };
      const at = posix.isAbsolute(name) ? posix.normalize(name) : posix.join(folder, name);
      return [
        {
          role,
          text: name,
          path: at.replace(/(.)\/$/, '$1'),
          range: quotesOff(range, value, text),
          folder: mayBeFolder,
        },
      ];
    }),
  );
}

function nameOf(text: string): string | undefined {
  try {
    return fileSource(text, { file: '', start: 0, end: 0 }).path;
  } catch {
    return undefined;
  }
}

/** How far before the scalar's end the name begins; of a scalar that is written otherwise than it reads, all of it. */
function endOf(text: string, name: string, { start, end }: TextRange): number {
  return end - start === text.length ? name.length : end - start;
}

function quotesOff(range: TextRange, value: TextRange, text: string): TextRange {
  const quoted = value.end - value.start === text.length + 2;
  return quoted ? { start: value.start + 1, end: value.end - 1 } : range;
}

function scalarsAt(value: unknown, pattern: readonly string[], path: Steps): { text: string; path: Steps }[] {
  const [step, ...rest] = pattern;
  if (step === undefined) return typeof value === 'string' && value !== '' ? [{ text: value, path }] : [];
  if (typeof value !== 'object' || value === null) return [];
  if (step === '*') return Array.isArray(value) ? value.flatMap((item, i) => scalarsAt(item, rest, [...path, i])) : [];
  return Object.hasOwn(value, step) ? scalarsAt((value as Record<string, unknown>)[step], rest, [...path, step]) : [];
}
