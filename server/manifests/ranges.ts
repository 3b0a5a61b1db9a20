import { type ParsedDocument, parsePath, type PathRange } from '../../runtime/api/yaml';

/** UTF-16 offsets in the text. */
export interface TextRange {
  start: number;
  end: number;
}

/** Where a finding is shown; not `exact` if its own field isn't written, so that the words must name it. */
export interface Place extends TextRange {
  exact: boolean;
}

/** The key of a path or, where it isn't written, the nearest thing around it that is. */
export function keyRange(document: ParsedDocument, path: string): Place {
  const { range, exact } = nearest(document, parsePath(path));
  return place((exact && range.key) || range, exact);
}

/**
 * The value at a path or, where it isn't written, the nearest thing around it that is. A finding about a whole map
 * (labels, annotations, selectors) often quotes the one key or value that is wrong: then that one.
 */
export function valueRange(document: ParsedDocument, path: string, message: string): Place {
  const steps = parsePath(path);
  const quoted = quotedValue(message);
  const entry = quoted === undefined ? undefined : entryRange(document, steps, quoted);
  if (entry) return place(entry, true);
  const { range, exact } = nearest(document, steps);
  return place(range, exact);
}

function nearest(document: ParsedDocument, steps: readonly string[]): { range: PathRange; exact: boolean } {
  for (let length = steps.length; length > 0; length--) {
    const range = document.pathRange(steps.slice(0, length));
    if (range) return { range, exact: length === steps.length };
  }
  const [start, end] = document.range;
  return { range: document.pathRange(['kind']) ?? { start, end }, exact: false };
}

function place({ start, end }: TextRange, exact: boolean): Place {
  return { start, end, exact };
}

/** `web_1` of `Invalid value: "web_1": must be …`. */
function quotedValue(message: string): string | undefined {
  const text = /^\w+ value: ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  return text === undefined ? undefined : (JSON.parse(text) as string);
}

function entryRange(document: ParsedDocument, steps: readonly string[], quoted: string): TextRange | undefined {
  const value = valueAt(document.value, steps);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (Object.hasOwn(value, quoted)) return document.pathRange([...steps, quoted])?.key;
  const key = Object.keys(value).find((name) => (value as Record<string, unknown>)[name] === quoted);
  return key === undefined ? undefined : document.pathRange([...steps, key])?.value;
}

function valueAt(root: unknown, steps: readonly string[]): unknown {
  let at = root;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}
