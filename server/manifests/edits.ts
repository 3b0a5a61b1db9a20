import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { type ParsedDocument, parsePath } from '../../runtime/api/yaml';
import { blockEntry, blockItem, flowText, type WritingStyle, writingStyle } from './writing';

/** Offsets are UTF-16 units of the file; `text` stands in place of what is between them. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** A change of one field. Paths begin at the document: `spec.containers[0].image`, `metadata.labels[a/b]`. */
export type FieldEdit =
  | { set: string; value: unknown }
  | { remove: string }
  | { rename: string; to: string }
  | { append: string; value: unknown };

/**
 * The text edits that make the change and leave all else as it is written: comments, order, indentation, quotes; in
 * YAML of either style and in JSON. Undefined where it can't be done so: through an alias, a merge or an anchor, or
 * where the path leads through something that is no mapping.
 */
export function textEdits(document: ParsedDocument, text: string, edit: FieldEdit): TextEdit[] | undefined {
  const writer = new Writer(document, text);
  if ('set' in edit) return writer.set(parsePath(edit.set), edit.value);
  if ('append' in edit) return writer.append(parsePath(edit.append), edit.value);
  return 'remove' in edit ? writer.remove(parsePath(edit.remove)) : writer.rename(parsePath(edit.rename), edit.to);
}

/** The text with edits of one call of {@link textEdits} made. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const backwards = edits.toSorted((a, b) => b.start - a.start);
  return backwards.reduce((result, { start, end, text: by }) => result.slice(0, start) + by + result.slice(end), text);
}

type Place = { node: Node | null; pair?: Pair; parent?: YAMLMap | YAMLSeq };

class Writer {
  private readonly style: WritingStyle;

  constructor(
    private readonly document: ParsedDocument,
    private readonly text: string,
  ) {
    this.style = writingStyle(text.slice(...document.range));
  }

  set(steps: readonly string[], value: unknown): TextEdit[] | undefined {
    let place: Place = { node: this.document.node.contents };
    for (const [i, step] of steps.entries()) {
      const next = child(place.node, step);
      if (next) {
        place = next;
        continue;
      }
      if (isMap(place.node) && hasMerge(place.node) && i < steps.length - 1) return undefined;
      return this.insert(place, step, nested(steps.slice(i + 1), value));
    }
    return this.replace(place, value);
  }

  append(steps: readonly string[], value: unknown): TextEdit[] | undefined {
    const place = this.find(steps);
    if (!place || isEmpty(place.node)) return this.set(steps, [value]);
    if (!isSeq(place.node)) return undefined;
    const last = place.node.items.at(-1) as Node | null | undefined;
    if (!last) return this.replace(place, [value]);
    if (place.node.flow) return this.insertInFlow(place.node, contentEnd(last), flowText(value, this.style));
    const column = this.dashColumn(last);
    return column === undefined ? undefined : this.insertLines(contentEnd(last), blockItem(value, column, this.style));
  }

  rename(steps: readonly string[], to: string): TextEdit[] | undefined {
    const key = this.find(steps)?.pair?.key;
    if (!isScalar(key) || !key.range) return undefined;
    const [start, end] = key.range;
    return [{ start, end, text: /^["']/.test(this.text.slice(start)) ? JSON.stringify(to) : to }];
  }

  remove(steps: readonly string[]): TextEdit[] | undefined {
    const place = this.find(steps);
    if (!place?.parent) return undefined;
    // What would be left empty goes too, but no item of a list and nothing that an object begins with.
    const alone = place.parent.items.length === 1;
    if (alone && steps.length > 2 && this.find(steps.slice(0, -1))?.pair) return this.remove(steps.slice(0, -1));
    const { start, end } = this.extent(place);
    if (/&\w/.test(this.text.slice(start, end))) return undefined;
    if (place.parent.flow) return this.removeFromFlow(place.parent, place, start, end);
    return this.removeLines(place.parent, place, start, end);
  }

  private find(steps: readonly string[]): Place | undefined {
    let place: Place | undefined = { node: this.document.node.contents };
    for (const step of steps) {
      place = child(place.node, step);
      if (!place) return undefined;
    }
    return place;
  }

  private extent({ node, pair }: Place): { start: number; end: number } {
    const start = (pair ? (pair.key as Node) : node)?.range?.[0] ?? 0;
    return { start, end: pair ? pairEnd(pair) : contentEnd(node) };
  }

  /** A value in place of the one that is there. */
  private replace({ node, pair }: Place, value: unknown): TextEdit[] | undefined {
    if (isAlias(node) || node?.anchor) return undefined;
    const collection = typeof value === 'object' && value !== null;
    if (pair && collection && !this.inFlow(pair)) return this.replaceBlock(pair, value);
    if (!pair && !node) return undefined;
    if (pair && isEmpty(node) && !hasText(node)) {
      const { end } = this.colon(pair);
      return [{ start: end, end, text: ` ${flowText(value, this.style)}` }];
    }
    if (!node?.range || (!isScalar(node) && !isEmpty(node))) return undefined;
    const [start, end] = node.range;
    if (isScalar(node) && /^BLOCK/.test(node.type ?? '')) return undefined;
    const quote =
      isScalar(node) && typeof value === 'string' ? /^["']/.exec(this.text.slice(start, end))?.[0] : undefined;
    return [{ start, end, text: quote ? quote + String(value) + quote : flowText(value, this.style) }];
  }

  private replaceBlock(pair: Pair, value: unknown): TextEdit[] | undefined {
    const node = pair.value as Node | null;
    if (!isEmpty(node)) return undefined;
    const column = this.column((pair.key as Node).range?.[0] ?? 0);
    const lines = blockEntry(String((pair.key as { value?: unknown }).value), value, column, this.style);
    const below = this.eol(
      lines
        .slice(1)
        .map((line) => `\n${line}`)
        .join(''),
    );
    const start = this.colon(pair).end;
    const end = hasText(node) ? (node?.range?.[1] ?? start) : start;
    // A comment behind the key stays behind it.
    const comment = hasText(node) ? '' : (/^[^\r\n]*/.exec(this.text.slice(start))?.[0] ?? '');
    return [{ start: start + comment.length, end: end + comment.length, text: below }];
  }

  private insert(place: Place, key: string, value: unknown): TextEdit[] | undefined {
    const { node, pair } = place;
    if (isAlias(node) || /^\d+$/.test(key)) return undefined;
    if (isEmpty(node) && (pair || isMap(node))) {
      if (pair && !this.inFlow(pair)) return this.replaceBlock(pair, { [key]: value });
      return node?.range
        ? [{ start: node.range[0], end: node.range[1], text: flowText({ [key]: value }, this.style) }]
        : undefined;
    }
    if (!isMap(node)) return undefined;
    const last = node.items.at(-1);
    if (!last) return undefined;
    if (node.flow)
      return this.insertInFlow(
        node,
        pairEnd(last),
        flowText({ [key]: value }, this.style, this.margin(node))
          .slice(1, -1)
          .trim(),
      );
    const column = this.column((node.items[0]?.key as Node | undefined)?.range?.[0] ?? 0);
    return this.insertLines(pairEnd(last), blockEntry(key, value, column, this.style));
  }

  private insertInFlow(node: YAMLMap | YAMLSeq, end: number, entry: string): TextEdit[] {
    const comma = this.trailingComma(node, end);
    const first = node.items[0];
    const start = (isMap(node) ? ((first as Pair).key as Node) : (first as Node)).range?.[0] ?? end;
    const ownLine = this.text.slice(node.range?.[0] ?? 0, start).includes('\n');
    const between = ownLine ? this.eol(`\n${' '.repeat(this.column(start))}`) : ' ';
    return [{ start: comma ?? end, end: comma ?? end, text: `${comma === undefined ? ',' : ''}${between}${entry}` }];
  }

  private insertLines(after: number, lines: readonly string[]): TextEdit[] {
    if (after > 0 && this.text[after - 1] === '\n') {
      let at = after;
      while (/^\r?\n\r?\n$/.test(this.text.slice(Math.max(0, at - 2), at)) || this.text.slice(at - 3, at) === '\n\r\n')
        at--;
      return [{ start: at, end: at, text: this.eol(lines.map((line) => `${line}\n`).join('')) }];
    }
    const at = after + (/^[^\r\n]*/.exec(this.text.slice(after))?.[0].length ?? 0);
    return [{ start: at, end: at, text: this.eol(lines.map((line) => `\n${line}`).join('')) }];
  }

  private removeLines(parent: YAMLMap | YAMLSeq, place: Place, start: number, end: number): TextEdit[] | undefined {
    const line = this.lineStart(start);
    const before = this.text.slice(line, start);
    const rest = this.text[end - 1] === '\n' ? 0 : (/^[^\r\n]*\r?\n?/.exec(this.text.slice(end))?.[0].length ?? 0);
    if (/^\s*$/.test(before) || (!place.pair && /^\s*-\s+$/.test(before)))
      return [{ start: line, end: end + rest, text: '' }];
    const next = isMap(parent) ? parent.items[parent.items.indexOf(place.pair as Pair) + 1] : undefined;
    const following = (next?.key as Node | undefined)?.range?.[0];
    return following === undefined ? undefined : [{ start, end: following, text: '' }];
  }

  private removeFromFlow(parent: YAMLMap | YAMLSeq, place: Place, start: number, end: number): TextEdit[] {
    const items = parent.items as (Pair | Node)[];
    const index = items.indexOf((place.pair ?? place.node) as Pair | Node);
    const startOf = (item: Pair | Node) =>
      (isMap(parent) ? ((item as Pair).key as Node) : (item as Node)).range?.[0] ?? end;
    const endOf = (item: Pair | Node) => (isMap(parent) ? pairEnd(item as Pair) : contentEnd(item as Node));
    const next = items[index + 1];
    if (next) return [{ start, end: startOf(next), text: '' }];
    const previous = items[index - 1];
    return [{ start: previous ? endOf(previous) : start, end: this.trailingComma(parent, end) ?? end, text: '' }];
  }

  private trailingComma({ range }: YAMLMap | YAMLSeq, end: number): number | undefined {
    const comma = /^\s*,/.exec(this.text.slice(end, range?.[1]));
    return comma ? end + comma[0].length : undefined;
  }

  /** Just behind the colon of a pair. */
  private colon({ key }: Pair): { end: number } {
    const end = (key as Node).range?.[1] ?? 0;
    return { end: end + (/^\s*:/.exec(this.text.slice(end))?.[0].length ?? 0) };
  }

  private dashColumn(item: Node): number | undefined {
    const start = item.range?.[0] ?? 0;
    const line = this.lineStart(start);
    return /^(\s*)-\s/.exec(this.text.slice(line, start + 1))?.[1]?.length;
  }

  /** Whether a pair stands in braces. */
  private inFlow(pair: Pair): boolean {
    const offset = (pair.key as Node).range?.[0] ?? 0;
    const inside = (node: Node | null): boolean => {
      if (!node?.range || offset < node.range[0] || offset >= node.range[1]) return false;
      if (isMap(node))
        return node.items.includes(pair)
          ? node.flow === true
          : node.items.some(({ value }) => inside(value as Node | null));
      return isSeq(node) && (node.items as Node[]).some(inside);
    };
    return inside(this.document.node.contents);
  }

  private margin(node: YAMLMap): number | undefined {
    const start = (node.items[0]?.key as Node | undefined)?.range?.[0];
    if (start === undefined || !this.text.slice(node.range?.[0] ?? 0, start).includes('\n')) return undefined;
    return this.column(start);
  }

  private column(offset: number): number {
    return offset - this.lineStart(offset);
  }

  private lineStart(offset: number): number {
    return this.text.lastIndexOf('\n', offset - 1) + 1;
  }

  private eol(text: string): string {
    return this.text.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
  }
}

function child(node: Node | null, step: string): Place | undefined {
  if (isMap(node)) {
    const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === step);
    return pair && { node: pair.value as Node | null, pair, parent: node };
  }
  if (!isSeq(node) || !/^\d+$/.test(step)) return undefined;
  const item = node.items[Number(step)] as Node | undefined;
  return item && { node: item, parent: node };
}

const hasMerge = (map: YAMLMap) => map.items.some(({ key }) => isScalar(key) && key.value === '<<');

const hasText = (node: Node | null) => node !== null && !(isScalar(node) && node.source === '');

/** Nothing, `null`, `{}` or `[]`. */
function isEmpty(node: Node | null): boolean {
  if (node === null) return true;
  if (isMap(node) || isSeq(node)) return node.items.length === 0 && node.flow === true;
  return (
    isScalar(node) && (node.source === '' || node.source === 'null' || node.source === '~') && node.type === 'PLAIN'
  );
}

function pairEnd({ key, value }: Pair): number {
  const node = value as Node | null;
  return node && hasText(node) ? contentEnd(node) : ((key as Node).range?.[1] ?? 0) + 1;
}

/** Where what is written of a node ends, without the comments and blank lines behind it. */
function contentEnd(node: Node | null): number {
  if ((isMap(node) || isSeq(node)) && !node.flow) {
    const last = node.items.at(-1);
    if (last) return isMap(node) ? pairEnd(last as Pair) : contentEnd(last as Node);
  }
  return node?.range?.[1] ?? 0;
}

function nested(steps: readonly string[], value: unknown): unknown {
  return steps.reduceRight((inner: unknown, step) => ({ [step]: inner }), value);
}

/** Whether all of several edits could be made. */
export function applicable(edits: readonly (TextEdit[] | undefined)[]): edits is readonly TextEdit[][] {
  return edits.every((edit) => edit !== undefined);
}
