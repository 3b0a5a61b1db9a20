import { posix } from 'node:path';
import { CompletionItemKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import type { CompletionCursor } from '../manifests/cursor';
import type { Suggestion } from '../providers';
import { slashPathOf, uriOf } from '../workspace/local-files';
import { entryPlace } from './entries';
import type { Entry } from './entries';
import type { Kustomizations } from './kustomizations';

/** Links and definitions of the files that a kustomization names. */
export function registerKustomizePaths({ providers }: ServerContext, kustomizations: Kustomizations): void {
  const targetOf = (entry: Entry): string | undefined => {
    const kind = kustomizations.files.kind(entry.path);
    if (kind === 'file') return uriOf(entry.path);
    const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'].map((name) =>
      posix.join(entry.path, name),
    );
    const found = kind === 'folder' ? names.find((name) => kustomizations.files.kind(name) === 'file') : undefined;
    return found && uriOf(found);
  };
  const entriesIn = (file: SourceFile): readonly Entry[] => {
    const path = file.kind === 'kustomization' ? slashPathOf(file.uri) : undefined;
    return path === undefined ? [] : kustomizations.entries(path);
  };
  providers.add('documentLink', 'kustomize', ({ file }) =>
    entriesIn(file).flatMap((entry) => {
      const target = targetOf(entry);
      return target ? [{ range: rangeIn(file, entry.range), target }] : [];
    }),
  );
  providers.add('definition', 'kustomize', ({ file, offset }) => {
    const entry = entriesIn(file).find(({ range: { start, end } }) => start <= offset && offset <= end);
    const uri = entry && targetOf(entry);
    return uri ? [{ uri, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } } }] : [];
  });
}

const manifest = /\.(ya?ml|json)$/;

/** Files and folders beside the kustomization, as far as a path is written already. */
export function pathSuggestions(
  file: SourceFile,
  cursor: CompletionCursor,
  kustomizations: Kustomizations,
): Suggestion[] {
  // An empty item of a list is taken for a key at first.
  const place = entryPlace(cursor.role === 'key' ? [...cursor.path.slice(0, -1)] : cursor.path);
  const path = slashPathOf(file.uri);
  if (!place || path === undefined) return [];
  const written = file.text.slice(cursor.word.start, cursor.word.end);
  const before = written.slice(0, written.lastIndexOf('/') + 1);
  const folder = posix.join(posix.dirname(path), before);
  const taken = new Set(kustomizations.entries(path).map((entry) => entry.path));
  return kustomizations.files.list(folder).flatMap((name): Suggestion[] => {
    const at = posix.join(folder, name);
    const kind = kustomizations.files.kind(at);
    const wanted = kind === 'folder' || (place.folder !== 'must' && (place.role === 'data' || manifest.test(name)));
    if (!wanted || at === path || taken.has(at) || name.startsWith('.') || name === 'node_modules') return [];
    const isFolder = kind === 'folder';
    return [
      {
        label: `${before}${name}`,
        insert: `${before}${name}`,
        kind: isFolder ? CompletionItemKind.Folder : CompletionItemKind.File,
      },
    ];
  });
}
