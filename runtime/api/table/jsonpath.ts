import { getKey, isObject } from '../patch/json';

/** A JSONPath that can't be read. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

type Step = (values: unknown[]) => unknown[];

/**
 * The JSONPath of client-go as printer columns use it: fields (`.a`, `['a']`, `\.` for a dot in a name), indices, slices,
 * unions, wildcards, recursive descent and filters (`[?(@.type=="Ready")]`). What is missing yields nothing.
 */
export function compileJsonPath(text: string): (object: unknown) => unknown[] {
  const steps = new Parser(
    text
      .trim()
      .replace(/^\{|\}$/g, '')
      .trim(),
  ).steps();
  return (object) => steps.reduce((values, step) => step(values), [object]);
}

const children = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
const present = (values: unknown[]): unknown[] => values.filter((value) => value !== undefined);

const field =
  (name: string): Step =>
  (values) =>
    present(values.map((value) => (isObject(value) ? getKey(value, name) : undefined)));
const wildcard: Step = (values) => values.flatMap(children);
const descend: Step = (values) => values.flatMap((value) => [value, ...descend(children(value))]);

function slice(start: number | undefined, end: number | undefined, step: number): Step {
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return [];
      return value.slice(start, end).filter((_, i) => i % step === 0);
    });
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  steps(): Step[] {
    const steps: Step[] = [];
    if (this.text[this.at] === '$' || this.text[this.at] === '@') this.at++;
    while (this.at < this.text.length) steps.push(...this.step());
    return steps;
  }

  private step(): Step[] {
    if (this.text[this.at] === '[') return [this.brackets()];
    if (this.text.startsWith('..', this.at)) {
      this.at += 2;
      return this.text[this.at] === '[' ? [descend] : [descend, this.name()];
    }
    if (this.text[this.at] === '.') {
      this.at++;
      return this.at === this.text.length || this.text[this.at] === '[' ? [] : [this.name()];
    }
    return [this.name()];
  }

  private name(): Step {
    let name = '';
    while (this.at < this.text.length && !'.['.includes(this.text[this.at]!)) {
      if (this.text[this.at] === '\\') this.at++;
      name += this.text[this.at++] ?? '';
    }
    if (!name) throw new JsonPathError(`unrecognized character in ${this.text}`);
    return name === '*' ? wildcard : field(name);
  }

  private brackets(): Step {
    const content = this.bracketContent();
    const filter = /^\?\((.*)\)$/s.exec(content);
    if (filter) return parseFilter(filter[1]!);
    const parts = splitUnion(content).map((part) => this.subscript(part.trim()));
    return (values) => parts.flatMap((part) => part(values));
  }

  /** Up to the bracket that closes; quotes and inner brackets are skipped. */
  private bracketContent(): string {
    const start = ++this.at;
    let depth = 1;
    let quote = '';
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at]!;
      if (quote) quote = c === quote ? '' : quote;
      else if (c === '"' || c === "'") quote = c;
      else if (c === '[') depth++;
      else if (c === ']' && --depth === 0) return this.text.slice(start, this.at++);
    }
    throw new JsonPathError('unterminated array');
  }

  private subscript(part: string): Step {
    if (part === '*') return wildcard;
    const quoted = /^'(.*)'$|^"(.*)"$/s.exec(part);
    if (quoted) return field(quoted[1] ?? quoted[2] ?? '');
    const range = /^(-?\d+)?(?:(:)(-?\d+)?)?(?::(\d+)?)?$/.exec(part);
    if (!range || part === '') throw new JsonPathError(`invalid array index ${part}`);
    const start = range[1] === undefined ? undefined : Number(range[1]);
    if (range[2] !== ':')
      return (values) => present(values.map((value) => (Array.isArray(value) ? value.at(start ?? 0) : undefined)));
    return slice(start, range[3] === undefined ? undefined : Number(range[3]), Number(range[4] ?? 1) || 1);
  }
}

function splitUnion(content: string): string[] {
  return content.match(/'[^']*'|"[^"]*"|[^,]+/g) ?? [''];
}

const operators: Record<string, (left: unknown, right: unknown) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<=': (a, b) => typeof a === typeof b && (a as number) <= (b as number),
  '>=': (a, b) => typeof a === typeof b && (a as number) >= (b as number),
  '<': (a, b) => typeof a === typeof b && (a as number) < (b as number),
  '>': (a, b) => typeof a === typeof b && (a as number) > (b as number),
};

function parseFilter(text: string): Step {
  const match = /^\s*(@.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?$/s.exec(text);
  if (!match) throw new JsonPathError(`unrecognized filter ${text}`);
  const left = compileJsonPath(match[1]!);
  const compare = match[2] === undefined ? undefined : operators[match[2]];
  const right = match[3] === undefined ? () => undefined : operand(match[3]);
  return (values) =>
    values.flatMap(children).filter((item) => {
      const [value] = left(item);
      return value !== undefined && (!compare || compare(value, right(item)));
    });
}

function operand(text: string): (item: unknown) => unknown {
  if (text.startsWith('@')) {
    const path = compileJsonPath(text);
    return (item) => path(item)[0];
  }
  const quoted = /^'(.*)'$|^"(.*)"$/s.exec(text);
  const value = quoted ? (quoted[1] ?? quoted[2]) : text === 'true' ? true : text === 'false' ? false : Number(text);
  return () => value;
}
