import { type InlayHint, MarkupKind } from 'vscode-languageserver/node';
import type { ServerContext } from '../../context';
import { positionIn } from '../../documents/positions';
import type { SourceFile } from '../../documents/source-file';
import { liveHints } from '../state/hints';
import { type LiveFileObject, objectsOf, stepsIn } from './live-file';
import type { TypingLines } from './typing-lines';

/** A hint at its place in the text. */
export interface PlacedHint {
  /** Equal for the same field of the same object, wherever it stands. */
  readonly id: string;
  readonly offset: number;
  readonly text: string;
  readonly tooltip: string | undefined;
}

/** Everything that the cluster has to say behind the fields of a file. */
export function placedHints(file: SourceFile, context: ServerContext): PlacedHint[] {
  if (context.cluster.state !== 'connected') return [];
  const source = context.cluster.source();
  const hints = objectsOf(file.uri, context).flatMap((object) =>
    liveHints(object.written, source).flatMap(({ path, text, tooltip }) => {
      const offset = behind(object, path, file.text);
      const { group, kind, namespace, name } = object.written;
      return offset === undefined
        ? []
        : [{ id: [group, kind, namespace, name, ...path].join('/'), offset, text, tooltip }];
    }),
  );
  return hints.sort((a, b) => a.offset - b.offset);
}

/** Behind the value, if it begins on its key's line; else behind the key's colon. Undefined for what isn't written. */
function behind(object: LiveFileObject, path: readonly string[], text: string): number | undefined {
  const range = object.document.pathRange(stepsIn(object, path));
  if (!range) return undefined;
  const { key, value } = range;
  if (!key || !value) return range.end;
  const between = text.slice(key.end, value.start);
  if (!between.includes('\n')) return value.end;
  return key.end + between.indexOf(':') + 1;
}

/** Inlay hints of what the cluster makes of the objects. On the line that is typed at nothing changes. */
export function registerLiveHints(context: ServerContext, typing: TypingLines): void {
  const shown = new Map<string, Map<string, PlacedHint>>();
  context.documents.onDidClose(({ uri }) => shown.delete(uri));
  context.providers.add('inlayHint', 'cluster', ({ file, range }) => {
    const before = shown.get(file.uri) ?? new Map<string, PlacedHint>();
    const hints = steady(placedHints(file, context), before, file, typing.lineOf(file.uri));
    shown.set(file.uri, new Map(hints.map((hint) => [hint.id, hint])));
    return hints
      .filter(({ offset }) => range.start <= offset && offset <= range.end)
      .map((hint) => inlayHint(hint, file));
  });
}

/** Hints of the typed line say what they said before. */
function steady(
  hints: readonly PlacedHint[],
  before: ReadonlyMap<string, PlacedHint>,
  file: SourceFile,
  line: number | undefined,
): PlacedHint[] {
  if (line === undefined) return [...hints];
  return hints.flatMap((hint) => {
    if (positionIn(file, hint.offset).line !== line) return [hint];
    const last = before.get(hint.id);
    return last ? [{ ...hint, text: last.text, tooltip: last.tooltip }] : [];
  });
}

function inlayHint({ offset, text, tooltip }: PlacedHint, file: SourceFile): InlayHint {
  return {
    position: positionIn(file, offset),
    label: text,
    paddingLeft: true,
    ...(tooltip && { tooltip: { kind: MarkupKind.Markdown, value: tooltip } }),
  };
}
