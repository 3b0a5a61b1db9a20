import type { Location } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { locationIn } from '../documents/positions';
import type { Occurrence } from './occurrence';
import { nearestRange } from './places';

/** Where occurrences are, in the order of files and places; those in files that can't be read any more are left out. */
export function locationsOf(occurrences: readonly Occurrence[], { workspace }: Pick<ServerContext, 'workspace'>): Location[] {
  const found = occurrences.flatMap(({ object, at, part }): Location[] => {
    const file = workspace.file(object.object.uri);
    return file ? [locationIn(file, nearestRange(object, at, part))] : [];
  });
  const distinct = new Map(found.map((place) => [JSON.stringify(place), place]));
  return [...distinct.values()].sort(
    (a, b) =>
      Number(a.uri > b.uri) - Number(a.uri < b.uri) ||
      a.range.start.line - b.range.start.line ||
      a.range.start.character - b.range.start.character,
  );
}
