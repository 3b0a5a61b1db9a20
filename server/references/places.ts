import { type ParsedDocument, parsePath } from '../../runtime/api/yaml';
import type { TextRange } from '../manifests/ranges';
import type { Steps } from './field-tree';
import type { ObjectLinks } from './reference';

/** Steps from the document's root. */
export function documentSteps({ object }: ObjectLinks, at: Steps): Steps {
  return object.path === '' ? at : [...parsePath(object.path), ...at];
}

/** Where a field of an object is written, in its file; undefined where it isn't. */
export function rangeOf(links: ObjectLinks, at: Steps, part: 'key' | 'value' = 'value'): TextRange | undefined {
  return remembered(links, `at ${part} ${at.join(' ')}`, (document) => {
    const range = document.pathRange(documentSteps(links, at));
    return range && (part === 'key' ? range.key : (range.value ?? range.key));
  });
}

/** The same or, where it isn't written, the nearest around it that is; of mappings and lists their key or first line. */
export function nearestRange(links: ObjectLinks, at: Steps, part: 'key' | 'value' = 'value'): TextRange {
  const [start, end] = links.object.document().range;
  const find = (document: ParsedDocument) => findNearest(links, document, at, part);
  return remembered(links, `near ${part} ${at.join(' ')}`, find) ?? { start, end };
}

function findNearest(
  links: ObjectLinks,
  document: ParsedDocument,
  at: Steps,
  part: 'key' | 'value',
): TextRange | undefined {
  for (let length = at.length; length > 0; length--) {
    const range = document.pathRange(documentSteps(links, at.slice(0, length)));
    if (range) return (part === 'key' && length === at.length && range.key) || range;
  }
  return document.pathRange(documentSteps(links, ['kind']));
}

/** From the start of their documents: findings are placed anew whenever another document has changed. */
const ranges = new WeakMap<object, Map<string, TextRange | null>>();

function remembered(
  links: ObjectLinks,
  place: string,
  find: (document: ParsedDocument) => TextRange | undefined,
): TextRange | undefined {
  const document = links.object.document();
  const [base] = document.range;
  let known = ranges.get(document.identity);
  if (!known) ranges.set(document.identity, (known = new Map()));
  const key = `${links.object.path} ${place}`;
  let range = known.get(key);
  if (range === undefined) {
    const found = find(document);
    known.set(key, (range = found ? { start: found.start - base, end: found.end - base } : null));
  }
  return range ? { start: range.start + base, end: range.end + base } : undefined;
}
