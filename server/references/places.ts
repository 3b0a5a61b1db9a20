import { parsePath } from '../../runtime/api/yaml';
import type { TextRange } from '../manifests/ranges';
import type { Steps } from './field-tree';
import type { ObjectLinks } from './reference';

/** Steps from the document's root. */
export function documentSteps({ object }: ObjectLinks, at: Steps): Steps {
  return object.path === '' ? at : [...parsePath(object.path), ...at];
}

/** Where a field of an object is written, in its file; undefined where it isn't. */
export function rangeOf(links: ObjectLinks, at: Steps, part: 'key' | 'value' = 'value'): TextRange | undefined {
  const range = links.object.document().pathRange(documentSteps(links, at));
  const found = range && (part === 'key' ? range.key : (range.value ?? range.key));
  return found && { start: found.start, end: found.end };
}

/** The same or, where it isn't written, the nearest around it that is; of mappings and lists their key or first line. */
export function nearestRange(links: ObjectLinks, at: Steps, part: 'key' | 'value' = 'value'): TextRange {
  const document = links.object.document();
  for (let length = at.length; length > 0; length--) {
    const range = document.pathRange(documentSteps(links, at.slice(0, length)));
    if (!range) continue;
    const { start, end } = (part === 'key' && length === at.length && range.key) || range;
    return { start, end };
  }
  const [start, end] = document.range;
  const { start: from, end: to } = document.pathRange(documentSteps(links, ['kind'])) ?? { start, end };
  return { start: from, end: to };
}
