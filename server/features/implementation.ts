import type { Location } from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { offsetIn } from '../documents/positions';
import type { PlaceRequest } from '../providers';
import { namedAt, placeAt, type CursorPlace } from '../references/cursor-object';
import { stringAt } from '../references/field-tree';
import { kindId } from '../references/kind-id';
import { locationsOf } from '../references/locations';
import type { ObjectLinks, SelectorReference } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';
import { isOwnSelector, selected } from '../references/resolve';
import { referencesOf } from '../references/workspace-references';

/** From a selector, or from the name of what has one, to the workloads behind it; from a definition to its objects. */
export function registerImplementation(context: ServerContext): void {
  const { connection, capabilities, documents } = context;
  capabilities.implementationProvider = true;
  connection.onImplementation(({ textDocument, position }, token) => {
    const file = documents.file(textDocument.uri);
    return file ? implementationsAt({ file, offset: offsetIn(file, position), token }, context) : [];
  });
}

function implementationsAt({ file, offset }: PlaceRequest, context: ServerContext): Location[] {
  const { index } = referencesOf(context);
  const place = placeAt(index, file, offset);
  if (!place) return [];
  const selector = selectorsOf(place.object).find(({ at }) => at.every((step, i) => place.at[i] === step));
  const found = selector ? selected(index, selector) : namedObjects(index, place, file, offset).flatMap(behind(index));
  return locationsOf(
    found.map((object) => ({ object, at: ['metadata', 'name'], part: 'value' })),
    context,
  );
}

/** What is named under the cursor; on what names nothing, the object around it. */
function namedObjects(
  index: ReferenceIndex,
  place: CursorPlace,
  file: PlaceRequest['file'],
  offset: number,
): ObjectLinks[] {
  const named = namedAt(index, file, offset)?.definitions.filter(({ what }) => what === 'object') ?? [];
  return named.length > 0 ? named.map(({ object }) => object) : [place.object];
}

const behind = (index: ReferenceIndex) => (object: ObjectLinks): ObjectLinks[] => {
  const workloads = selectorsOf(object).flatMap((reference) => selected(index, reference));
  return [...workloads, ...objectsOfDefinition(index, object)];
};

const selectorsOf = ({ references }: ObjectLinks): SelectorReference[] =>
  references.filter((each): each is SelectorReference => each.type === 'selector' && !isOwnSelector(each));

function objectsOfDefinition(index: ReferenceIndex, { id, object: { value } }: ObjectLinks): ObjectLinks[] {
  if (id !== 'CustomResourceDefinition') return [];
  const group = stringAt(value, ['spec', 'group']) ?? '';
  return [...index.ofKind(kindId(group, stringAt(value, ['spec', 'names', 'kind']) ?? ''))];
}
