import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifests, toJson, toYaml } from './index';
import type { ParsedDocument } from './index';

const testdata = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const parse = (text: string): ParsedDocument => parseManifests(text)[0]!;
const sortKeys = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort())
    : value;
/** JSON text with its numbers in one spelling: as a double, with the digits that it has where a double can't hold them. */
const canonical = (json: string): string =>
  JSON.stringify(
    JSON.parse(
      json.replaceAll(/(?<=^|[[:,])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?=$|[\],}])/gi, (n) =>
        Number.isSafeInteger(Number(n)) || !/^-?\d+$/.test(n) ? String(Number(n)) : `"${n}"`,
      ),
    ),
    sortKeys,
  );

interface GoldenScalar {
  yaml: string;
  json?: string;
  error?: string;
}

describe('scalars are what kubectl 1.33 makes of them', () => {
  const rows = JSON.parse(testdata('scalars.golden.json')) as GoldenScalar[];
  it.each(rows)('$yaml', ({ yaml, json, error }) => {
    const document = parse(`apiVersion: x/v1\nkind: X\nmetadata: {name: x}\nvalue: ${yaml}\n`);
    if (error !== undefined) {
      expect(document.errors[0]?.message).toBe(error);
    } else {
      expect(document.errors).toEqual([]);
      expect(canonical(toJson((document.value as { value: unknown }).value))).toBe(canonical(json!));
    }
  });

  it('keeps int64 exact', () => {
    expect(parse('[9007199254740993, 9223372036854775807, -9223372036854775808, 9007199254740991]').value).toEqual([
      9007199254740993n,
      9223372036854775807n,
      -9223372036854775808n,
      9007199254740991,
    ]);
    expect(toJson({ a: [1n, undefined], b: undefined, c: 'x' })).toBe('{"a":[1,null],"c":"x"}');
  });
});

describe('documents', () => {
  it('are split at ---, and those of comments alone left out', () => {
    expect(
      parseManifests('# head\n---\na: 1\n---\n# nothing\n---\nb: 2\n...\n---\n').map(({ value }) => value),
    ).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('may be JSON, indented by tabs too', () => {
    expect(parse('{\n\t"kind": "List",\n\t"items": [{"a": "\\/"}]\n}\n')).toMatchObject({
      value: { kind: 'List', items: [{ a: '/' }] },
      errors: [],
    });
  });

  it('are JSON objects one after the other', () => {
    const text = '{"a": "}\\"{"}\n\n{"b": [{"c": 1}]} {"d":\n tru}\n';
    const documents = parseManifests(text);
    expect(documents.map(({ value }) => value)).toEqual([{ a: '}"{' }, { b: [{ c: 1 }] }, { d: 'tru' }]);
    expect(documents.map(({ range: [start, end] }) => text.slice(start, end).trim())).toEqual([
      '{"a": "}\\"{"}',
      '{"b": [{"c": 1}]}',
      '{"d":\n tru}',
    ]);
    const place = documents[1]!.pathRange('b[0].c')!.value!;
    expect(text.slice(place.start, place.end)).toBe('1');
    expect(parseManifests('{a: 1}\nb: 2\n')).toHaveLength(1);
    expect(parseManifests('{"a": 1}\n{"b": ')).toHaveLength(1);
  });

  it('name duplicate keys, of which the last counts', () => {
    const { value, duplicates } = parse(
      'spec:\n  containers:\n  - name: a\n    image: x\n    image: z\nspec2: {yes: 1, true: 2}\n',
    );
    expect(value).toEqual({ spec: { containers: [{ name: 'a', image: 'z' }] }, spec2: { true: 2 } });
    expect(duplicates).toEqual([
      { path: 'spec.containers[0].image', offset: 49 },
      { path: 'spec2.true', offset: 74 },
    ]);
    expect(parse('{"a": 1, "a": 2}').duplicates).toEqual([{ path: 'a', offset: 9 }]);
  });

  it('hold __proto__ as an ordinary key', () => {
    expect(Object.keys(parse('__proto__: {a: 1}').value as object)).toEqual(['__proto__']);
  });
});

describe('errors', () => {
  it.each([
    ['x: 1\na: b: c\n', 'yaml: line 2: mapping values are not allowed in this context', 2, 4],
    ['a: - b\n', 'yaml: block sequence entries are not allowed in this context', 1, 4],
    ['a:\n\t- b\n', 'yaml: line 2: found character that cannot start any token', 2, 1],
    ['a: @foo\n', 'yaml: found character that cannot start any token', 1, 4],
    ['key: "abc\n', 'yaml: line 2: found unexpected end of stream', 2, 1],
    ['a: "\\q"\n', 'yaml: found unknown escape character', 1, 5],
    ['a: 1\nb: *y\n', "yaml: unknown anchor 'y' referenced", 2, 4],
    ['a: !!binary "%%"\n', 'yaml: !!binary value contains invalid base64 data', 1, 13],
  ])('%j: %s', (text, message, line, column) => {
    expect(parse(text).errors[0]).toMatchObject({ message: `error converting YAML to JSON: ${message}`, line, column });
  });

  it('give the offset in the whole text for a later document', () => {
    const text = 'a: 1\n---\nb: c: d\n';
    expect(parseManifests(text)[1]!.errors[0]).toMatchObject({ offset: text.indexOf(' c:') + 1, line: 3 });
  });
});

describe('pathRange', () => {
  const text = [
    'metadata:',
    '  name: web',
    '  labels: {a/b: "x", app.io/name: y}',
    'spec:',
    '  containers:',
    '  - name: c',
    '    ports:',
    '    - containerPort: 80',
    '  base: &base {cpu: 1}',
    '  other: *base',
    '  merged:',
    '    <<: *base',
    '  empty:',
    '',
  ].join('\n');
  const document = parse(text);
  const at = (path: string | string[]): string | undefined => {
    const range = document.pathRange(path);
    return range && text.slice(range.start, range.end);
  };

  it.each([
    ['metadata.name', 'web'],
    ['metadata.labels[a/b]', '"x"'],
    ['metadata.labels[app.io/name]', 'y'],
    ['spec.containers', 'containers'],
    ['spec.containers[0]', 'name'],
    ['spec.containers[0].ports[0].containerPort', '80'],
    ['spec.other.cpu', '1'],
    ['spec.merged.cpu', '1'],
    ['spec.empty', 'empty'],
    ['spec.containers[1]', undefined],
    ['spec.nothing', undefined],
  ])('%s is at %s', (path, expected) => expect(at(path)).toBe(expected));

  it('tells key and value apart, and takes steps instead of a path', () => {
    const range = document.pathRange(['metadata', 'name'])!;
    expect(text.slice(range.key!.start, range.key!.end)).toBe('name');
    expect(text.slice(range.value!.start, range.value!.end)).toBe('web');
  });
});

describe('toYaml', () => {
  const input = JSON.parse(testdata('emit.input.json')) as { values: string[]; nested: Record<string, unknown> };
  input.nested['int'] = 9007199254740993n;

  it('prints what kubectl -o yaml prints', () => {
    expect(toYaml(input)).toBe(testdata('emit.golden.yaml'));
  });

  it('prints what reads as the same', () => {
    const strange = [
      ...input.values,
      '\u0001',
      'a\u0085b',
      '\u2028',
      'x\u2029y',
      '\u007f',
      '\ud83d\ude00',
      'a\r\nb',
      '\n \n',
      ' \n',
      '- \n',
      'a: |\n',
    ];
    expect(parse(toYaml({ strange })).value).toEqual({ strange });
  });
});

describe('hostile input', () => {
  const random = (seed: number) => () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;

  it('never makes it throw', () => {
    const next = random(7);
    const pieces = [
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '&x ',
      '*x',
      '!!int ',
      '? ',
      '"',
      "'",
      '|',
      '>',
      '#',
      '---\n',
      '<<',
      '\t',
      '%',
      '@',
      '0',
      ',',
      '\u0000',
      'é',
      '...\n',
      '!',
    ];
    for (let i = 0; i < 3000; i++) {
      const text = Array.from(
        { length: 1 + Math.floor(next() * 25) },
        () => pieces[Math.floor(next() * pieces.length)],
      ).join('');
      for (const document of parseManifests(text)) {
        document.pathRange('a.a[0]');
        toYaml(document.value);
      }
    }
  });

  it('is refused when aliases multiply', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${
          i === 0
            ? '1'
            : Array(10)
                .fill(`*${String.fromCharCode(96 + i)}`)
                .join(', ')
        }]`,
    );
    expect(parse(levels.join('\n')).errors.map((e) => e.message)).toContain(
      'error converting YAML to JSON: yaml: document contains excessive aliasing',
    );
  });

  it('is refused when it nests without end', () => {
    for (const text of ['['.repeat(100_000), '- '.repeat(20_000), '{a: '.repeat(50_000)])
      expect(parse(text).errors.length).toBeGreaterThan(0);
  });

  it('takes time in proportion to its length', () => {
    const time = (n: number): number => {
      const text = Array.from({ length: n }, (_, i) => `k${i}: {name: v${i}, list: [1, 2, 3]}`).join('\n');
      const start = performance.now();
      parseManifests(text);
      return performance.now() - start;
    };
    time(500);
    const small = Math.min(time(1000), time(1000));
    expect(time(8000)).toBeLessThan(small * 40 + 200);
  });
});
