import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { setKey } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { parseManifests } from '../yaml';
import type { ParsedDocument } from '../yaml';
import { isMergeKey, resolveScalar } from '../yaml/convert';
import { timestampText } from '../yaml/scalars';
import { KustomizeError } from './errors';
import { setFieldSource, setSource } from './sources';
import type { Source } from './sources';

/**
 * Kustomize reads YAML with goyaml v3, kubectl with v2: to it, `yes` and `on` are strings, and a plain date is a time,
 * which it prints in full. Between braces a time of day stays text: on the way it is written anew, in quotes.
 */
function scalarOf(node: Scalar, inFlow: boolean): unknown {
  const resolved = resolveScalar(node);
  if (typeof resolved === 'string') return String(node.value);
  const { tag, value } = resolved;
  const text = String(node.value);
  if (tag === '!!bool' && !/^(true|True|TRUE|false|False|FALSE)$/.test(text) && !node.tag?.endsWith(':bool'))
    return text;
  const isTime = tag === '!!timestamp' || node.tag?.endsWith(':timestamp');
  return isTime && !(inFlow && text.includes(':')) ? (timestampText(text) ?? text) : value;
}

export interface LoadedDocument {
  readonly value: unknown;
  readonly source: Source;
  readonly parsed: ParsedDocument;
}

/** Where an offset of a text is in the file that the text is a part of. */
export type Placing = (offset: number) => number;

/** A file's documents with the source of every value. Throws `KustomizeError` for what isn't YAML. */
export function loadDocuments(file: string, text: string, place: Placing = (offset) => offset): LoadedDocument[] {
  return parseManifests(text).map((parsed) => {
    const error = parsed.errors[0];
    if (error) {
      const start = place(error.offset);
      throw new KustomizeError(error.message, { file, start, end: start + 1 }, error.line);
    }
    const duplicate = parsed.duplicates[0];
    if (duplicate) {
      const line = text.slice(0, duplicate.offset).split('\n').length;
      const start = place(duplicate.offset);
      throw new KustomizeError(
        `mapping key '${duplicate.path}' is already defined`,
        { file, start, end: start + 1 },
        line,
      );
    }
    const value = new Reader(file, parsed.node, place).read();
    const [start, end] = parsed.range;
    return { value, source: { file, start: place(start), end: place(end) }, parsed };
  });
}

class Reader {
  private readonly anchors = new Map<string, Node>();
  private flow = 0;

  constructor(
    private readonly file: string,
    private readonly document: Document,
    private readonly place: Placing,
  ) {}

  read(): unknown {
    return this.value(this.document.contents);
  }

  private value(node: Node | null | undefined): unknown {
    if (!node) return null;
    if (isAlias(node)) return this.value(this.anchors.get(node.source));
    if ('anchor' in node && node.anchor) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return scalarOf(node, this.flow > 0);
    if (!isSeq(node) && !isMap(node)) return null;
    if (node.flow) this.flow++;
    const container = isMap(node) ? this.map(node) : node.items.map((item) => this.value(item as Node | null));
    if (node.flow) this.flow--;
    return this.placed(container, node);
  }

  private placed<T extends object>(container: T, node: Node): T {
    const first = isMap(node) ? (node.items[0]?.key as Node | undefined) : undefined;
    setSource(container, this.source(first) ?? this.source(node));
    return container;
  }

  private fieldSource(key: Scalar, value: Node | null): Source | undefined {
    const at = this.source(key);
    const own = isScalar(value) && value.source !== '' ? this.source(value) : undefined;
    return own && at ? { ...own, key: { start: at.start, end: at.end } } : at;
  }

  private source(node: Node | null | undefined): Source | undefined {
    if (!node?.range) return undefined;
    return { file: this.file, start: this.place(node.range[0]), end: this.place(node.range[1]) };
  }

  private map(node: YAMLMap): JsonObject {
    const out: JsonObject = {};
    for (const { key, value } of node.items as Pair<Node | null, Node | null>[]) {
      if (isMergeKey(key)) this.merge(out, value);
    }
    for (const { key, value } of node.items as Pair<Node | null, Node | null>[]) {
      if (isMergeKey(key) || !isScalar(key)) continue;
      const name = String(key.value);
      setKey(out, name, this.value(value));
      setFieldSource(out, name, this.fieldSource(key, value));
    }
    return out;
  }

  private merge(out: JsonObject, value: Node | null): void {
    const sources = isSeq(value) ? [...value.items].reverse() : [value];
    for (const source of sources) {
      const merged = this.value(source as Node | null);
      for (const [key, field] of Object.entries((merged ?? {}) as JsonObject)) setKey(out, key, field);
    }
  }
}
