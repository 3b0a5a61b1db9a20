import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifests, stretches } from './index';
import { readSimpleYaml } from './simple';

const root = join(import.meta.dirname, '../../..');

function yamlBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return yamlBelow(path);
    return /\.ya?ml$/.test(name) ? [path] : [];
  });
}

const files = ['samples', 'test', 'runtime'].flatMap((folder) => yamlBelow(join(root, folder)));
const documents = files.flatMap((path) => {
  const text = readFileSync(path, 'utf8');
  return stretches(text).map(({ start, end }) => text.slice(start, end));
});

/** What the syntax tree makes of a text; a directive keeps the reader for simple texts out. */
function byTree(text: string): { value: unknown; clean: boolean } {
  const [document, ...others] = parseManifests(`%YAML 1.2\n${text.startsWith('---') ? '' : '---\n'}${text}`);
  const clean = document?.errors.length === 0 && document.duplicates.length === 0 && others.length === 0;
  return { value: document?.value, clean };
}

/** Reads in both ways; true if the text was simple. */
function compare(text: string): boolean {
  const value = readSimpleYaml(text);
  if (value === undefined) return false;
  const tree = byTree(text);
  expect({ text, value, clean: true }).toEqual({ text, ...tree });
  return true;
}

describe('simple YAML is read as the syntax tree reads it', () => {
  it('in the manifests of this project, most of which are simple', () => {
    const simple = documents.filter(compare);
    expect(simple.length).toBeGreaterThan(documents.length / 2);
  });

  it.each([
    'a: 1\nb:\n- x\n- y: 2\n  z: 3\nc: {d: e, "f": [1, 2, "x"]}\n',
    'a: |\n  one\n\n  two\nb: |-\n  x\n\nc: |+\n  y\n\n\nd: 1\n',
    "a: 'it''s' # why\nb: \"x\\ny\" \nc: # nothing\nd:\n\n# comment\n  - - 1\n    - 2\n  -\n    e: f\n",
    '--- # first\nkey.with/slash: a:b#c\nurl: http://x:80/y\nn: -5\noctal: 0644\nyesno: yes\n',
    '- a\n- b\n',
    'a: b: c\n',
    'a: |\n   x\n  y\n',
    'a: plain\n  continued\n',
    'a: 1\na: 2\n',
    'a:\n  b: 1\n c: 2\n',
    'yes: 1\n8080: x\n',
    'a: |\n  no newline at the end',
    'a: "x"y\n',
    "a: [1, 2\nb: 3\n",
    'a: [a b, c]\nb: [1.5, -2, x-y]\n',
    'a:\n- b\n c: d\n',
    'a: - b\n',
    'a: x #\nb: y# z\n',
    'a: |\n    \n  x\n',
    'a: |\n\n\n  x\n   \nb: 1\n',
    'a: {b: }\n',
    'a: {b}\n',
    'a: [b, ]\n',
    'a: -\n',
    'a: ---\n',
    'a: 1e400\n',
    'a: .nan\n',
    'a: 9007199254740993\n',
    ' a: 1\n b: 2\n',
    ' a: 1\nb: 2\n',
    '"a b": 1\n\'c\': 2\n',
    'a: "\\x41"\n',
    '-a: 1\n',
    'a:b: 1\n',
    'a:\n  -b\n',
    'a: {b: {{ .Values.c }}}\n',
    'a: {{ .Values.c }}\n',
    '...\n',
    '__proto__: {a: 1}\n"__proto__": 2\n',
    'a: x\u00a0\nb: |\n  x\n \u00a0y\n',
    'a: 1\n...\nb: 2\n',
  ])('%j', (text) => void compare(text));

  it('with any character left out, doubled or replaced', () => {
    let seed = 11;
    const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    const marks = [':', ' ', '-', '\n', '"', "'", '{', '}', '[', ']', '#', '|', '&a ', '*a', '  ', '? ', '!', ',', '%', '\\'];
    const texts = documents.filter(({ length }) => length < 1500 && length > 10);
    let simple = 0;
    for (let i = 0; i < 6000; i++) {
      const text = texts[random(texts.length)] ?? '';
      const at = random(text.length);
      const mark = [marks[random(marks.length)] ?? '', '', text.slice(at, at + 1 + random(9))][random(3)] ?? '';
      if (compare(text.slice(0, at) + mark + text.slice(at + random(3)))) simple++;
    }
    expect(simple).toBeGreaterThan(1000);
  });
});
