import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { TextRange } from './ranges';

/** Where a node is written, without the comments after it; undefined for one that isn't. */
export function nodeRange(node: Node | null | undefined): TextRange | undefined {
  return node?.range ? { start: node.range[0], end: node.range[1] } : undefined;
}

/** A key as it is written, without quotes. */
export function keyName(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

export interface Child {
  /** A field's name or an item's number. */
  name: string | number;
  key: Node | undefined;
  value: Node | null;
}

/** Fields of a mapping, items of a sequence, in the order in which they are written. */
export function childrenOf(node: Node | null): Child[] {
  if (isMap(node)) {
    return (node.items as Pair<Node, Node | null>[]).map(({ key, value }) => ({ name: keyName(key), key, value }));
  }
  return isSeq(node) ? node.items.map((item, i) => ({ name: i, key: undefined, value: item as Node | null })) : [];
}

/** The value of a mapping's field. */
export function fieldNode(node: Node | null, name: string): Node | null {
  return childrenOf(node).find((child) => child.key && child.name === name)?.value ?? null;
}

/** From a child's key (of an item: its value) to the end of its value. */
export function childRange({ key, value }: Child): TextRange | undefined {
  const first = nodeRange(key) ?? nodeRange(value);
  return first && { start: first.start, end: Math.max(first.end, nodeRange(value)?.end ?? 0) };
}

/** Without the line break and blank lines at its end. */
export function trimmedRange(text: string, { start, end }: TextRange): TextRange {
  let last = end;
  while (last > start && /\s/.test(text[last - 1] ?? '')) last--;
  return { start, end: last };
}
