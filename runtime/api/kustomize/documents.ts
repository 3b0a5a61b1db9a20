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

/** A file's documents with the source of every value. Throws `KustomizeError` for what isn't YAML. */
export function loadDocuments(file: string, text: string): LoadedDocument[] {
  return parseManifests(text).map((parsed) => {
    const error = parsed.errors[0];
    if (error) {
      throw new KustomizeError(error.message, { file, start: error.offset, end: error.offset + 1 }, error.line);
    }
    const duplicate = parsed.duplicates[0];
    if (duplicate) {
      const line = text.slice(0, duplicate.offset).split('\n').length;
      const place = { file, start: duplicate.offset, end: duplicate.offset + 1 };
      throw new KustomizeError(`mapping key '${duplicate.path}' is already defined`, place, line);
    }
    const value = new Reader(file, parsed.node).read();
    return { value, source: { file, start: parsed.range[0], end: parsed.range[1] }, parsed };
  });
}

class Reader {
  private readonly anchors = new Map<string, Node>();
  private flow = 0;

  constructor(
    private readonly file: string,
    private readonly document: Document,
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

  private source(node: Node | null | undefined): Source | undefined {
    return node?.range ? { file: this.file, start: node.range[0], end: node.range[1] } : undefined;
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
      setFieldSource(out, name, isScalar(value) && value.source !== '' ? this.source(value) : this.source(key));
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
