import type { Schema } from '../schema';

/** As much of a schema as a path is looked up in. */
interface Fields {
  readonly properties?: { readonly [name: string]: Fields } | undefined;
  readonly additionalProperties?: boolean | Fields | undefined;
  readonly type?: Schema['type'] | undefined;
}

interface Found {
  /** The path as it is written behind the path of the value that it starts from. */
  readonly path: string;
  readonly schema: Fields;
}

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', "'": "'", '\\': '\\',
};
const TOKEN = /[.[\]]|'(?:[^'\\]|\\.)*'|[^.[\]]+/gs;
const END = 'unexpected end of JSON path';
const NOWHERE = 'does not refer to a valid field';

/** What a path like `.spec.color` or `.limits['a.b']` leads to in a schema, or why it leads nowhere (ValidFieldPath). */
export function fieldAt(text: string, schema: Fields, brackets: boolean): Found | string {
  const tokens = text.match(TOKEN) ?? [];
  let found: Found = { path: '', schema };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token !== '.' && token !== '[') return `expected [ or . but got: ${token}`;
    if (token === '[' && !brackets) return 'array notation is not allowed';
    let name = tokens[++i];
    if (name === undefined) return END;
    if (token === '[') {
      if (!/^'.*'$/s.test(name) || name.length < 2) return `expected single quoted string but got ${name}`;
      const odd = name.slice(1, -1).match(/\\./gs)?.find(([, letter]) => !Object.hasOwn(ESCAPED, letter ?? ''));
      if (odd) return `invalid string literal: invalid escape char ${odd}`;
      name = name.slice(1, -1).replace(/\\(.)/gs, (_, letter: string) => ESCAPED[letter] ?? '');
    }
    const next = below(found, name);
    if (!next) return NOWHERE;
    found = next;
    if (token === '.') continue;
    const close = tokens[++i];
    if (close !== ']') return close === undefined ? END : `expected ] but got ${close}`;
  }
  return found;
}

function below({ path, schema }: Found, name: string): Found | undefined {
  const { properties, additionalProperties: values } = schema;
  if (properties && Object.keys(properties).length) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return inner && { path: path ? `${path}.${name}` : name, schema: inner };
  }
  if (!values) return undefined;
  return { path: `${path}[${name}]`, schema: values === true ? {} : values };
}
