import type { SourceFile } from '../documents/source-file';
import { cursorAt } from '../manifests/cursor';
import { type Definition } from './occurrence';
import { definitionAt, definitionsOfUse } from './definitions';
import type { Steps } from './field-tree';
import type { ObjectLinks, Reference } from './reference';
import type { ReferenceIndex } from './reference-index';

/** A place in an object of a file, as a cursor is in it. */
export interface CursorPlace {
  readonly object: ObjectLinks;
  readonly at: Steps;
  readonly part: 'key' | 'value';
}

export function placeAt(index: ReferenceIndex, file: SourceFile, offset: number): CursorPlace | undefined {
  const cursor = cursorAt(file.documents, offset);
  if (!cursor) return undefined;
  const { identity } = cursor.document;
  const object = index
    .inFile(file.uri)
    .find((links) => links.object.path === cursor.objectPath && links.object.document().identity === identity);
  return object && { object, at: cursor.path.map(String), part: cursor.role };
}

/** The object that a line is in, wherever in it. */
export function objectAt(index: ReferenceIndex, file: SourceFile, offset: number): ObjectLinks | undefined {
  const place = placeAt(index, file, offset);
  if (place) return place.object;
  return index.inFile(file.uri).find(({ object }) => {
    const [start, end] = object.document().range;
    return start <= offset && offset < end;
  });
}

/** What is named at a cursor. */
export interface Named {
  /** Set if the cursor is on a use; then `definitions` may be empty. */
  readonly reference: Reference | undefined;
  readonly definitions: readonly Definition[];
  readonly place: CursorPlace;
}

export function namedAt(index: ReferenceIndex, file: SourceFile, offset: number): Named | undefined {
  const place = placeAt(index, file, offset);
  if (!place) return undefined;
  const { object, at, part } = place;
  const definition = definitionAt(object, at, part);
  if (definition) return { reference: undefined, definitions: [definition], place };
  // Of a selector's pair key and value mean the same; of other fields the key means nothing.
  const use = definitionsOfUse(index, object, at);
  if (!use || (part === 'key' && use.reference.type !== 'selector')) return undefined;
  return { ...use, place };
}
