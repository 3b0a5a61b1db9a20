import { isAlias, isMap, isScalar, isSeq, Scalar } from 'yaml';
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { setKey } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { keyText, resolvePlain, resolveTagged } from './scalars';
import type { Resolved } from './scalars';

export interface Duplicate {
  /** `spec.containers[0].image` */
  path: string;
  /** Offset of the later of the two. */
  offset: number;
}

export interface Problem {
  offset: number;
  message: string;
}

/** Nesting beyond this is refused rather than followed. */
const maxDepth = 1000;

const mergeProblem = 'yaml: map merge requires map or sequence of maps as the value';
const tagPrefix = 'tag:yaml.org,2002:';

/** A key with the `.` that its path needs, or brackets if it has a dot of its own. */
export const childPath = (path: string, key: string): string =>
  /[.[\]]/.test(key) || key === '' ? `${path}[${key}]` : path ? `${path}.${key}` : key;

function tagOf(node: Node): string | undefined {
  const tag = 'tag' in node ? node.tag : undefined;
  return tag?.startsWith(tagPrefix) ? `!!${tag.slice(tagPrefix.length)}` : tag;
}

/** A scalar as kubectl resolves it; a string is the problem. */
export function resolveScalar(node: Scalar): Resolved | string {
  const tag = tagOf(node);
  const text = typeof node.value === 'string' ? node.value : '';
  if (tag === undefined)
    return node.type === Scalar.PLAIN || node.type === undefined ? resolvePlain(text) : { tag: '!!str', value: text };
  const resolved = resolveTagged(tag, text);
  if (typeof resolved === 'string') return resolved;
  return { tag: tag === '!!float' ? '!!float' : '!!str', value: resolved.value };
}

export function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || key.value !== '<<') return false;
  const tag = tagOf(key);
  return tag === '!!merge' || (tag === undefined && key.type === Scalar.PLAIN);
}

/** The value beside a key that can't be one, as far as Go prints it in a word. */
function printed(value: Node | null): string {
  const resolved = isScalar(value) ? resolveScalar(value) : undefined;
  return typeof resolved === 'object' && resolved.value !== null ? JSON.stringify(String(resolved.value)) : '<nil>';
}

/** Makes JSON of a document's nodes as goyaml and sigs.k8s.io/yaml do, and says what stands in the way. */
export class Converter {
  readonly problems: Problem[] = [];
  readonly duplicates: Duplicate[] = [];
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private visited = 0;
  private visitedInAliases = 0;
  private aliasDepth = 0;
  private stopped = false;

  constructor(private readonly document: Document) {}

  convert(): unknown {
    return this.value(this.document.contents, '', 0);
  }

  private value(node: Node | null | undefined, path: string, depth: number): unknown {
    if (!node || this.stopped || this.excessive(node, depth)) return null;
    if (isAlias(node)) return this.alias(node, path, depth);
    if ('anchor' in node && node.anchor) this.anchors.set(node.anchor, node);
    if (isMap(node)) return this.inside(node, () => this.map(node, path, depth));
    if (isSeq(node)) return this.inside(node, () => this.sequence(node, path, depth));
    return isScalar(node) ? this.scalar(node) : null;
  }

  private inside<T>(node: Node, read: () => T): T {
    this.open.add(node);
    const value = read();
    this.open.delete(node);
    return value;
  }

  private report(node: Node | null | undefined, message: string): null {
    this.problems.push({ offset: node?.range?.[0] ?? 0, message });
    return null;
  }

  /** goyaml's limit: aliases may make up nearly all of a small document, and a tenth of a huge one. */
  private excessive(node: Node, depth: number): boolean {
    this.visited++;
    if (this.aliasDepth > 0) this.visitedInAliases++;
    const share = Math.min(0.99, Math.max(0.1, 0.99 - (0.89 * (this.visited - 400_000)) / 3_600_000));
    const aliasing = this.visitedInAliases > 100 && this.visited > 1000 && this.visitedInAliases / this.visited > share;
    if (!aliasing && depth <= maxDepth) return false;
    this.stopped = true;
    this.report(
      node,
      aliasing ? 'yaml: document contains excessive aliasing' : `yaml: exceeded max depth of ${maxDepth}`,
    );
    return true;
  }

  private alias(node: Node & { source: string }, path: string, depth: number): unknown {
    const target = this.anchors.get(node.source);
    if (!target) return this.report(node, `yaml: unknown anchor '${node.source}' referenced`);
    if (this.open.has(target)) return this.report(node, `yaml: anchor '${node.source}' value contains itself`);
    this.aliasDepth++;
    const value = this.value(target, path, depth + 1);
    this.aliasDepth--;
    return value;
  }

  private scalar(node: Scalar): unknown {
    const resolved = resolveScalar(node);
    if (typeof resolved === 'string') return this.report(node, resolved);
    const { value } = resolved;
    if (typeof value !== 'number') return value;
    if (Number.isFinite(value)) return value + 0;
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    return this.report(node, `json: unsupported value: ${name}`);
  }

  private sequence(node: YAMLSeq, path: string, depth: number): unknown[] {
    return node.items.map((item, i) => this.value(item as Node | null, `${path}[${i}]`, depth + 1));
  }

  private map(node: YAMLMap, path: string, depth: number): JsonObject {
    const out: JsonObject = {};
    const own = new Set<string>();
    for (const pair of node.items) {
      if (isMergeKey(pair.key)) {
        this.merge(out, pair.value as Node | null, path, depth);
        continue;
      }
      const key = this.key(pair as Pair<Node | null, Node | null>);
      if (key === undefined) continue;
      const below = childPath(path, key);
      if (own.has(key) && this.aliasDepth === 0)
        this.duplicates.push({ path: below, offset: (pair.key as Node).range?.[0] ?? 0 });
      own.add(key);
      setKey(out, key, this.value(pair.value as Node | null, below, depth + 1));
    }
    return out;
  }

  private key({ key, value }: Pair<Node | null, Node | null>): string | undefined {
    let node = key;
    if (isAlias(node)) node = this.anchors.get(node.source) ?? null;
    if (isMap(node) || isSeq(node)) {
      this.report(key, `yaml: invalid map key: ${isMap(node) ? 'map[interface {}]interface {}' : '[]interface {}'}`);
      return undefined;
    }
    if (isScalar(node)) {
      if (node.anchor) this.anchors.set(node.anchor, node);
      const resolved = resolveScalar(node);
      const text = typeof resolved === 'string' ? undefined : keyText(resolved);
      if (text !== undefined) return text;
      if (typeof resolved === 'string') {
        this.report(key, resolved);
        return undefined;
      }
    }
    const text = isScalar(node) ? String(node.value) : '';
    const type = /^\d+$/.test(text) ? `uint64, key: 0x${BigInt(text).toString(16)}` : '%!s(<nil>), key: <nil>';
    this.report(key ?? value, `unsupported map key of type: ${type}, value: ${printed(value)}`);
    return undefined;
  }

  /** `<<`: what is merged overwrites what stands before it, and is overwritten by what follows; of a list the first wins. */
  private merge(out: JsonObject, value: Node | null, path: string, depth: number): void {
    const sources = isSeq(value) ? [...value.items].reverse() : [value];
    for (const source of sources) {
      const target = isAlias(source) ? this.anchors.get(source.source) : (source as Node | null);
      if (!isMap(target)) {
        this.report(
          value,
          isAlias(source) && !target ? `yaml: unknown anchor '${source.source}' referenced` : mergeProblem,
        );
        return;
      }
      const merged = this.value(source as Node, path, depth + 1);
      for (const [key, field] of Object.entries((merged ?? {}) as JsonObject)) setKey(out, key, field);
    }
  }
}
