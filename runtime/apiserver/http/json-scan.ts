/** What a strict reader says of JSON text: duplicate fields, or the syntax error in the words of Go's encoding/json. */
export interface JsonScan {
  /** Paths of repeated fields, as `spec.containers[0].name`. */
  duplicates: string[];
  error?: string;
}

const space = (code: number) => code === 32 || code === 10 || code === 13 || code === 9;

/** A single pass over the text without building values. Nesting deeper than Go's limit is an error. */
export function scanJson(text: string): JsonScan {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return { duplicates: scanner.duplicates };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { duplicates: [], error: error.message };
    throw error;
  }
}

/**
 * Whether the text, which parses as the value, may have a field twice: then it has more names than the value fields.
 * Cheap, and wrong only for texts whose strings look like names; those are worth a scan.
 */
export function mayRepeatFields(text: string, value: unknown): boolean {
  let names = 0;
  for (let colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', colon + 1)) {
    let before = colon - 1;
    while (space(text.charCodeAt(before))) before--;
    if (text.charCodeAt(before) === 34) names++;
  }
  return names !== fieldCount(value);
}

function fieldCount(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const items = Array.isArray(value) ? (value as unknown[]) : Object.values(value);
  let count = Array.isArray(value) ? 0 : items.length;
  for (const item of items) count += fieldCount(item);
  return count;
}

class JsonSyntaxError extends Error {}

const maxDepth = 10_000;

class Scanner {
  readonly duplicates: string[] = [];
  private at = 0;
  private readonly path: string[] = [];
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): void {
    this.value();
    this.skip();
    if (this.at < this.text.length) throw this.invalid('after top-level value');
  }

  private value(): void {
    this.skip();
    const code = this.text.charCodeAt(this.at);
    if (code === 123) this.object();
    else if (code === 91) this.array();
    else if (code === 34) this.string();
    else if (code === 45 || (code >= 48 && code <= 57)) this.number();
    else this.literal();
  }

  private object(): void {
    this.enter();
    let first: string | undefined;
    let names: Set<string> | undefined;
    this.skip();
    if (this.text.charCodeAt(this.at) === 125) return this.leave();
    for (;;) {
      this.skip();
      if (this.text.charCodeAt(this.at) !== 34) throw this.invalid('looking for beginning of object key string');
      const name = this.string();
      if (first === undefined) first = name;
      else {
        names ??= new Set([first]);
        if (names.has(name)) this.duplicates.push(this.pathOf(name));
        names.add(name);
      }
      this.skip();
      if (this.text.charCodeAt(this.at) !== 58) throw this.invalid('after object key');
      this.at++;
      this.path.push(name);
      this.value();
      this.path.pop();
      this.skip();
      const next = this.text.charCodeAt(this.at);
      if (next === 125) return this.leave();
      if (next !== 44) throw this.invalid('after object key:value pair');
      this.at++;
    }
  }

  private array(): void {
    this.enter();
    this.skip();
    if (this.text.charCodeAt(this.at) === 93) return this.leave();
    for (let index = 0; ; index++) {
      this.path.push(`[${index}]`);
      this.value();
      this.path.pop();
      this.skip();
      const next = this.text.charCodeAt(this.at);
      if (next === 93) return this.leave();
      if (next !== 44) throw this.invalid('after array element');
      this.at++;
    }
  }

  private string(): string {
    const start = ++this.at;
    let plain = true;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 34) break;
      if (code === 92) {
        plain = false;
        this.at++;
        this.escape();
      } else if (code < 32) throw this.invalid('in string literal');
      else if (Number.isNaN(code)) throw this.invalid('');
      else this.at++;
    }
    const raw = this.text.slice(start, this.at);
    this.at++;
    return plain ? raw : (JSON.parse(`"${raw}"`) as string);
  }

  private escape(): void {
    const code = this.text[this.at];
    if (code === undefined || !'"\\/bfnrtu'.includes(code)) throw this.invalid('in string escape code');
    this.at++;
    if (code !== 'u') return;
    for (let i = 0; i < 4; i++, this.at++) {
      if (!/[0-9a-fA-F]/.test(this.text[this.at] ?? '')) throw this.invalid('in \\u hexadecimal character escape');
    }
  }

  private number(): void {
    if (this.text[this.at] === '-') this.at++;
    if (this.text[this.at] === '0') this.at++;
    else if (this.digits() === 0) throw this.invalid('in numeric literal');
    if (this.text[this.at] === '.') {
      this.at++;
      if (this.digits() === 0) throw this.invalid('after decimal point in numeric literal');
    }
    if (this.text[this.at] === 'e' || this.text[this.at] === 'E') {
      this.at++;
      if (this.text[this.at] === '+' || this.text[this.at] === '-') this.at++;
      if (this.digits() === 0) throw this.invalid('in exponent of numeric literal');
    }
  }

  private digits(): number {
    const start = this.at;
    for (let code = this.text.charCodeAt(this.at); code >= 48 && code <= 57; code = this.text.charCodeAt(++this.at));
    return this.at - start;
  }

  private literal(): void {
    const word = ['true', 'false', 'null'].find((candidate) => candidate[0] === this.text[this.at]);
    if (!word) throw this.invalid('looking for beginning of value');
    for (let i = 0; i < word.length; i++, this.at++) {
      if (this.text[this.at] !== word[i]) throw this.invalid(`in literal ${word} (expecting '${word[i]}')`);
    }
  }

  private enter(): void {
    if (++this.depth > maxDepth) throw new JsonSyntaxError('exceeded max depth');
    this.at++;
  }

  private leave(): void {
    this.depth--;
    this.at++;
  }

  private skip(): void {
    while (space(this.text.charCodeAt(this.at))) this.at++;
  }

  private pathOf(name: string): string {
    return [...this.path, name].reduce((path, step) => (path === '' || step.startsWith('[') ? path + step : `${path}.${step}`), '');
  }

  private invalid(context: string): JsonSyntaxError {
    const character = this.text[this.at];
    if (character === undefined) return new JsonSyntaxError('unexpected end of JSON input');
    const shown = character === "'" ? "'\\''" : character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`;
    return new JsonSyntaxError(`invalid character ${shown} ${context}`);
  }
}
