import { setKey } from '../patch/json';
import type { JsonObject } from '../patch/json';
import { resolvePlain } from './scalars';

/** Thrown where a text uses more of YAML than is read here. */
const unusual = Symbol('unusual YAML');

const plainKey = /[A-Za-z0-9_./][\w./~$-]*(?=:(?:[ \n]|$))/y;
const quotedKey = /(?:"([^"\\\n]*)"|'([^'\n]*)')(?=:(?:[ \n]|$))/y;
const doubleQuoted = /"(?:[^"\\\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const singleQuoted = /'(?:[^'\n]|'')*'/y;
const restOfLine = / *(?: #[^\n]*)?(?:\n|$)/y;
const flowPlain = /-?[A-Za-z0-9_./][^,[\]{}#:\n"'&*!|>%@`]*/y;
const flowKey = /(?:([A-Za-z0-9_./][\w./~$-]*)(?=: )|"([^"\\\n]*)"(?=:)|'([^'\n]*)'(?=: ))/y;
const literalHeader = /\|([-+]?) *(?: #[^\n]*)?\n/y;
/** A plain scalar can't begin with these, or begins something else with them. */
const indicators = new Set(',[]{}#&*!|>\'"%@`?:'.split(''));
const maxDepth = 200;

/**
 * The value of a document in the YAML that manifests are mostly written in: block mappings and sequences, scalars of one line,
 * literal blocks, small flow collections. Many times faster than the syntax tree. Undefined for whatever needs a closer look
 * (anchors, tags, folded text, duplicate keys, any mistake): what is returned equals the tree's value, without errors.
 */
export function readSimpleYaml(text: string): JsonObject | undefined {
  if (/[\t\r\0\uFEFF\u0085\u2028\u2029]/.test(text)) return undefined;
  try {
    return new SimpleReader(text).document();
  } catch (error) {
    if (error === unusual) return undefined;
    throw error;
  }
}

class SimpleReader {
  /** The line that is read: where its content begins, in which column that is, its end, and where the next line begins. */
  private at = 0;
  private indent = 0;
  private end = 0;
  private next = 0;
  private ended = false;
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): JsonObject {
    this.advance();
    if (!this.ended && this.text.startsWith('---', this.at)) {
      this.requireRest(this.at + 3);
      this.advance();
    }
    if (this.ended || this.isDash()) throw unusual;
    const value = this.map(this.indent);
    if (!this.ended) throw unusual;
    return value;
  }

  /** To the next line that is neither blank nor a comment. */
  private advance(): void {
    const { text } = this;
    while (this.next < text.length) {
      const start = this.next;
      const newline = text.indexOf('\n', start);
      this.end = newline < 0 ? text.length : newline;
      this.next = newline < 0 ? text.length : newline + 1;
      let at = start;
      while (text.charCodeAt(at) === 32) at++;
      if (at >= this.end || text.charCodeAt(at) === 35) continue;
      this.at = at;
      this.indent = at - start;
      return;
    }
    this.ended = true;
  }

  private isDash(): boolean {
    const { text, at } = this;
    return text.charCodeAt(at) === 45 && (at + 1 === this.end || text.charCodeAt(at + 1) === 32);
  }

  private map(indent: number): JsonObject {
    if (++this.depth > maxDepth) throw unusual;
    const out: JsonObject = {};
    while (!this.ended && this.indent === indent) {
      const { key, after } = this.key();
      if (Object.hasOwn(out, key)) throw unusual;
      setKey(out, key, this.value(after, indent));
    }
    if (!this.ended && this.indent > indent) throw unusual;
    this.depth--;
    return out;
  }

  private key(): { key: string; after: number } {
    const { text, at } = this;
    plainKey.lastIndex = at;
    const plain = plainKey.exec(text)?.[0];
    if (plain !== undefined) {
      if (resolvePlain(plain).tag !== '!!str') throw unusual;
      return { key: plain, after: at + plain.length + 1 };
    }
    quotedKey.lastIndex = at;
    const quoted = quotedKey.exec(text);
    const key = quoted?.[1] ?? quoted?.[2];
    if (!quoted || key === undefined) throw unusual;
    return { key, after: at + quoted[0].length + 1 };
  }

  private isKey(): boolean {
    plainKey.lastIndex = this.at;
    quotedKey.lastIndex = this.at;
    return plainKey.test(this.text) || quotedKey.test(this.text);
  }

  /** What stands behind a colon; `indent` is its key's. */
  private value(after: number, indent: number): unknown {
    if (!this.isRest(after)) return this.scalar(this.skipSpaces(after), indent);
    this.advance();
    if (this.ended || this.indent < indent) return null;
    if (this.indent > indent) return this.block();
    return this.isDash() ? this.sequence(indent) : null;
  }

  private block(): unknown {
    return this.isDash() ? this.sequence(this.indent) : this.map(this.indent);
  }

  private sequence(indent: number): unknown[] {
    if (++this.depth > maxDepth) throw unusual;
    const out: unknown[] = [];
    while (!this.ended && this.indent === indent && this.isDash()) out.push(this.item(indent));
    if (!this.ended && this.indent > indent) throw unusual;
    this.depth--;
    return out;
  }

  private item(indent: number): unknown {
    const after = this.at + 1;
    if (this.isRest(after)) {
      this.advance();
      return this.ended || this.indent <= indent ? null : this.block();
    }
    const start = this.skipSpaces(after);
    this.indent = indent + start - this.at;
    this.at = start;
    if (this.isDash()) return this.sequence(this.indent);
    return this.isKey() ? this.map(this.indent) : this.scalar(start, indent);
  }

  /** A scalar or flow collection; nothing further in than `indent` may follow, which would be its continuation. */
  private scalar(at: number, indent: number): unknown {
    const { text } = this;
    const first = text[at] ?? '';
    if (first === '|') return this.literal(at, indent);
    let value: unknown;
    if (first === '"' || first === "'" || first === '{' || first === '[') {
      const flow = new FlowReader(text, at);
      value = flow.value(0);
      this.requireRest(flow.at);
    } else value = this.plain(at);
    this.advance();
    if (!this.ended && this.indent > indent) throw unusual;
    return value;
  }

  private plain(at: number): unknown {
    const { text } = this;
    const line = text.slice(at, this.end);
    const comment = line.indexOf(' #');
    const plain = withoutEndSpaces(comment < 0 ? line : line.slice(0, comment));
    const first = plain[0] ?? '';
    if (indicators.has(first) || plain.includes(': ') || plain.endsWith(':')) throw unusual;
    if (first === '-' && (plain.length === 1 || plain[1] === ' ')) throw unusual;
    return resolved(plain);
  }

  /** A literal block, of which `indent` is the key's or dash's around it. */
  private literal(at: number, indent: number): string {
    const { text } = this;
    literalHeader.lastIndex = at;
    const header = literalHeader.exec(text);
    if (!header) throw unusual;
    const lines: string[] = [];
    let margin = -1;
    let start = this.next;
    while (start < text.length) {
      const newline = text.indexOf('\n', start);
      if (newline < 0) throw unusual;
      const line = text.slice(start, newline);
      const width = this.skipSpaces(start) - start;
      if (width === line.length) {
        if (margin >= 0 ? width > margin : width > 0) throw unusual;
        lines.push('');
      } else {
        if (margin < 0) margin = width;
        if (width < margin) {
          if (width > indent) throw unusual;
          break;
        }
        lines.push(line.slice(margin));
      }
      start = newline + 1;
    }
    if (margin <= indent) throw unusual;
    this.next = start;
    this.advance();
    return chomped(lines, header[1] ?? '');
  }

  private skipSpaces(at: number): number {
    while (this.text.charCodeAt(at) === 32) at++;
    return at;
  }

  /** Whether nothing but a comment follows on the line. */
  private isRest(at: number): boolean {
    restOfLine.lastIndex = at;
    return restOfLine.test(this.text);
  }

  private requireRest(at: number): void {
    if (!this.isRest(at)) throw unusual;
  }
}

/** Scalars in quotes and collections in brackets, on one line. */
class FlowReader {
  constructor(
    private readonly text: string,
    public at: number,
  ) {}

  value(depth: number): unknown {
    if (depth > maxDepth) throw unusual;
    switch (this.text[this.at]) {
      case '{':
        return this.map(depth);
      case '[':
        return this.list(depth);
      case '"':
        return this.double();
      case "'":
        return this.take(singleQuoted).slice(1, -1).replaceAll("''", "'");
      default:
        return resolved(withoutEndSpaces(this.take(flowPlain)));
    }
  }

  private double(): string {
    const quoted = this.take(doubleQuoted);
    return quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  }

  private list(depth: number): unknown[] {
    const out: unknown[] = [];
    this.separated(']', () => out.push(this.value(depth + 1)));
    return out;
  }

  private map(depth: number): JsonObject {
    const out: JsonObject = {};
    this.separated('}', () => {
      flowKey.lastIndex = this.at;
      const match = flowKey.exec(this.text);
      const key = match?.[1] ?? match?.[2] ?? match?.[3];
      if (!match || key === undefined || Object.hasOwn(out, key)) throw unusual;
      if (match[1] !== undefined && resolvePlain(key).tag !== '!!str') throw unusual;
      this.at += match[0].length + 1;
      this.spaces();
      setKey(out, key, this.value(depth + 1));
    });
    return out;
  }

  private separated(close: string, read: () => void): void {
    this.at++;
    this.spaces();
    if (this.text[this.at] === close) {
      this.at++;
      return;
    }
    for (;;) {
      read();
      this.spaces();
      const mark = this.text[this.at++];
      if (mark === close) return;
      if (mark !== ',') throw unusual;
      this.spaces();
    }
  }

  private spaces(): void {
    while (this.text.charCodeAt(this.at) === 32) this.at++;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw unusual;
    this.at += found.length;
    return found;
  }
}

/** Spaces alone: other white space belongs to a scalar. */
function withoutEndSpaces(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 32) end--;
  return text.slice(0, end);
}

function resolved(plain: string): unknown {
  const { value } = resolvePlain(plain);
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) throw unusual;
  return value + 0;
}

function chomped(lines: string[], chomp: string): string {
  let last = lines.length;
  while (last > 0 && lines[last - 1] === '') last--;
  const text = lines.slice(0, last).join('\n');
  if (chomp === '-') return text;
  return chomp === '+' ? `${lines.join('\n')}\n` : `${text}\n`;
}
