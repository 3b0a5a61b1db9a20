import { stringAt } from '../references/field-tree';
import { kindName } from '../references/kind-id';
import type { ObjectLinks } from '../references/reference';

export const quote = (text: string): string => JSON.stringify(text);

/** `Deployment "web"`; `Job "sum-…"` of a generated name. */
export function objectText({ id, name, object }: ObjectLinks): string {
  return `${kindName(id)} ${quote(name || `${stringAt(object.value, ['metadata', 'generateName']) ?? ''}…`)}`;
}

/** `Deployment "web" (deploy.yaml)`, the file where it isn't the reader's own. */
export function objectAndFile(links: ObjectLinks, reader: ObjectLinks): string {
  const { uri } = links.object;
  if (uri === reader.object.uri) return objectText(links);
  return `${objectText(links)} (${fileText(uri, reader.object.uri)})`;
}

/** The file's name or, from another folder, its path from the folder that both share. */
export function fileText(uri: string, from: string): string {
  const [steps, own] = [uri.split('/'), from.split('/')];
  let shared = 0;
  while (shared < own.length - 1 && steps[shared] === own[shared]) shared++;
  return decodeURIComponent(steps.slice(shared).join('/'));
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
