import type { CodeLens, Location } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import type { ReferencesCommand, ReferencesTarget } from '../../runtime/client/editor-protocol';
import { locationsOf } from '../references/locations';
import type { Occurrence } from '../references/occurrence';
import { rangeOf } from '../references/places';
import type { ObjectLinks, SelectorReference } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';
import { isOwnSelector, labelsPlace, selected } from '../references/resolve';
import { namesOf, selectorsOf } from '../references/uses';
import { referencesOf } from '../references/workspace-references';

const command: ReferencesCommand = 'podium.showReferences';

/** How many refer to an object, above its name; how many a selector selects, above it. */
export function registerReferenceLenses(context: ServerContext): void {
  context.providers.add('codeLens', 'references', ({ file }) => lensesOf(file, context));
}

function lensesOf(file: SourceFile, context: ServerContext): CodeLens[] {
  const { index } = referencesOf(context);
  return index.inFile(file.uri).flatMap((object) => [
    ...nameLens(file, object, index, context),
    ...object.references.flatMap((reference) =>
      reference.type === 'selector' && !isOwnSelector(reference) && !reference.peer
        ? selectorLens(file, reference, index, context)
        : [],
    ),
  ]);
}

function nameLens(file: SourceFile, object: ObjectLinks, index: ReferenceIndex, context: ServerContext): CodeLens[] {
  const uses = [
    ...namesOf(index, object),
    ...selectorsOf(index, object).filter((each) => !isOwnSelector(each) && !each.peer),
  ].filter(({ from }) => from !== object);
  if (uses.length === 0) return [];
  const title = uses.length === 1 ? '1 reference' : `${uses.length} references`;
  const places = uses.map(({ from, at }): Occurrence => ({ object: from, at, part: 'value' }));
  return lens(file, object, ['metadata', 'name'], title, places, context);
}

function selectorLens(file: SourceFile, reference: SelectorReference, index: ReferenceIndex, context: ServerContext): CodeLens[] {
  const all = selected(index, reference);
  if (all.length === 0) return [];
  const what = reference.selects === 'pods' ? 'workload' : 'object';
  const title = `selects ${all.length} ${what}${all.length === 1 ? '' : 's'}`;
  const places = all.map((object): Occurrence => ({ object, at: labelsPlace(reference, object), part: 'key' }));
  return lens(file, reference.from, reference.at, title, places, context);
}

function lens(
  file: SourceFile,
  object: ObjectLinks,
  at: readonly string[],
  title: string,
  places: readonly Occurrence[],
  context: ServerContext,
): CodeLens[] {
  const range = rangeOf(object, at, 'key');
  if (!range) return [];
  const shown = rangeIn(file, range);
  const locations: Location[] = locationsOf(places, context);
  const target: ReferencesTarget = { uri: file.uri, position: shown.start, locations };
  // Without the command the words are shown alone.
  const known = context.initialization.commands?.includes(command);
  return [{ range: shown, command: known ? { title, command, arguments: [target] } : { title, command: '' } }];
}
