import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { isMergeKey, resolveScalar } from './convert';
import { keyText } from './scalars';

export interface Range {
  start: number;
  end: number;
}

/** Where a field is written. `start` and `end` are what an editor underlines: a scalar value, else the key. */
export interface PathRange extends Range {
  key?: Range;
  value?: Range;
}

/** `spec.containers[0].name`, `metadata.labels[a/b]` as steps. */
export function parsePath(path: string): string[] {
  if (!path.includes('[')) return path.split('.').filter((step) => step !== '');
  return [...path.matchAll(/\[([^\]]*)\]|([^.[]+)/g)].map(([, bracketed, name]) => bracketed ?? name ?? '');
}

interface Place {
  pair?: Pair;
  node: Node | null;
}

function deref(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

/** What is read as itself, whatever its style: no number, no truth value, no null. */
const word = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][\w./-]*$/i;

const keyOf = (pair: Pair): string | undefined => {
  if (!isScalar(pair.key)) return undefined;
  const { value, tag } = pair.key;
  if (tag === undefined && typeof value === 'string' && word.test(value)) return value;
  const resolved = resolveScalar(pair.key);
  return typeof resolved === 'string' ? undefined : keyText(resolved);
};

function inMap(document: Document, map: YAMLMap, step: string): Place | undefined {
  const pair = map.items.findLast((item) => keyOf(item) === step);
  if (pair) return { pair, node: pair.value as Node | null };
  for (const item of map.items) {
    if (!isMergeKey(item.key)) continue;
    const value = item.value as Node | null;
    for (const source of isSeq(value) ? (value.items as Node[]) : [value]) {
      const target = deref(document, source);
      const found = isMap(target) ? inMap(document, target, step) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}

function step(document: Document, node: Node | null, name: string): Place | undefined {
  const target = deref(document, node);
  if (isMap(target)) return inMap(document, target, name);
  if (!isSeq(target) || !/^\d+$/.test(name)) return undefined;
  const item = target.items[Number(name)] as Node | undefined;
  return item && { node: item };
}

export function pathRange(document: Document, path: string | readonly string[]): PathRange | undefined {
  let place: Place | undefined = { node: document.contents };
  for (const name of typeof path === 'string' ? parsePath(path) : path) {
    place = step(document, place.node, name);
    if (!place) return undefined;
  }
  const key = place.pair && rangeOf(place.pair.key as Node | null);
  const value = rangeOf(place.node);
  const focus = isMap(place.node) || isSeq(place.node) ? (key ?? firstLine(place.node) ?? value) : (value ?? key);
  return focus && { ...focus, ...(key && { key }), ...(value && { value }) };
}

function rangeOf(node: Node | null): Range | undefined {
  const range = node?.range;
  if (!range || (isScalar(node) && node.source === '' && range[0] === range[1])) return undefined;
  return { start: range[0], end: range[1] };
}

/** Of an item of a list: its first key, so that a whole block isn't underlined. */
function firstLine(node: Node): Range | undefined {
  return isMap(node) ? rangeOf((node.items[0]?.key ?? null) as Node | null) : undefined;
}
