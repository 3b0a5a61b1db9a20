import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionCursorAt } from '../manifests/cursor';
import { findingsOf } from './api';

const folder = join(__dirname, '../../test/language/findings');
const manifests = readdirSync(folder)
  .filter((name) => /\.(yaml|json)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

const messages = (text: string): string[] => findingsOf(text).map(({ message }) => message);

describe('findings of any text', () => {
  it.each(manifests)(
    'every beginning of $name is looked into without an exception, and ranges lie in the text',
    ({ text }) => {
      for (let length = 0; length <= text.length; length++) {
        const prefix = text.slice(0, length);
        for (const { start, end } of findingsOf(prefix)) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(length);
        }
      }
    },
    60_000,
  );

  it.each(manifests)('every place in $name can be completed at without an exception', ({ text }) => {
    for (let offset = 0; offset <= text.length; offset += 3)
      expect(() => completionCursorAt(text, offset)).not.toThrow();
  });

  it.each([
    'apiVersion: v1\nkind: Pod\nspec: 5\n',
    'apiVersion: v1\nkind: Pod\nmetadata: []\n',
    'apiVersion: v1\nkind: Pod\nmetadata:\nspec:\n',
    'apiVersion: v1\nkind: List\nitems: {}\n',
    'apiVersion: v1\nkind: List\nitems: [1, null, {}]\n',
    'apiVersion: v1\nkind: Pod\nspec: &a {containers: *a}\n',
    '"apiVersion": "v1"\n"kind": "Pod"\n__proto__: {a: 1}\n',
    `apiVersion: v1\nkind: Pod\nspec: ${'['.repeat(5000)}`,
    `${' '.repeat(3)}\u0000`,
    '\uFEFFapiVersion: v1\nkind: Pod\n',
  ])('hostile text is answered, not thrown at: %.40j', (text) => {
    expect(() => findingsOf(text)).not.toThrow();
  });
});

describe('a mistake in the syntax', () => {
  const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n';

  it.each([' x\n', 'data: [a, }\n'])('is told once: %j', (rest) => {
    expect(messages(head + rest)).toHaveLength(1);
  });

  it('is told beside others', () => {
    expect(messages(`${head}data:\n  a: b: c\n  d: e: f\n`)).toHaveLength(2);
  });
});

describe('what is left alone', () => {
  it.each([
    ['a compose file', 'version: "3"\nservices:\n  web:\n    image: a\n'],
    ['a chart', 'apiVersion: v2\nname: web\nversion: 1.0.0\n'],
    ['a template', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n'],
    ['broken YAML of something else', 'a: b: c\n'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(messages(text)).toEqual([]);
  });

  it('a custom resource, of which it is told that nothing is known', () => {
    const text = 'apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: A_B\n';
    expect(findingsOf(text)).toMatchObject([{ severity: 'information', code: 'NoSchema' }]);
  });

  it('a template inside a string does not hide the rest', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: A\ndata:\n  alert: |\n    {{ $labels.instance }} is down\n';
    expect(messages(text)).toHaveLength(1);
  });
});
