import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../runtime/api/yaml';
import { formatYaml } from './format';

const root = join(import.meta.dirname, '../..');

function yamlBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return yamlBelow(path);
    return /\.ya?ml$/.test(name) ? [path] : [];
  });
}

const texts = ['samples', 'test/language/findings'].flatMap((folder) => yamlBelow(join(root, folder))).map((path) => readFileSync(path, 'utf8'));
const values = (text: string): unknown => parseManifests(text).map(({ value }) => value);

/** Holds for every text: what is formatted reads the same, and formatting it again changes nothing. */
function checkFormat(text: string): boolean {
  const formatted = formatYaml(text);
  if (formatted === undefined) return false;
  expect(values(formatted)).toEqual(values(text));
  expect({ text, formatted: formatYaml(formatted) }).toEqual({ text, formatted });
  return true;
}

describe('formatting', () => {
  it.each([
    ['indents by two', 'a:\n    b:\n        c: 1\n', 'a:\n  b:\n    c: 1\n'],
    ['keeps dashes flush or further in', 'a:\n- b: 1\n  c: 2\nd:\n    -   e\n', 'a:\n- b: 1\n  c: 2\nd:\n  - e\n'],
    ['takes spaces away', 'a:   1   \n\n\nb: 2\n\n\n', 'a: 1\n\n\nb: 2\n'],
    ['moves comments with what they are above', 'a:\n    # one\n    b: 1 #  two\n# three\n', 'a:\n  # one\n  b: 1 #  two\n# three\n'],
    ['keeps the lines of a block', 'a:\n    b: |\n        x\n          y\n\n        z\n', 'a:\n  b: |\n    x\n      y\n\n    z\n'],
    ['keeps quotes and flow', `a:\n    b: {x: "1",  y: 'z'}\n`, `a:\n  b: {x: "1",  y: 'z'}\n`],
    ['lists in lists', 'a:\n    -   - 1\n        - 2\n    -   b: 1\n        c:\n            - d\n', 'a:\n  - - 1\n    - 2\n  - b: 1\n    c:\n      - d\n'],
    ['several documents', '---\na:\n     b: 1\n---\n# c\nd: 2', '---\na:\n  b: 1\n---\n# c\nd: 2\n'],
    ['line breaks of Windows', 'a:\r\n    b: 1\r\n', 'a:\r\n  b: 1\r\n'],
    ['text of several lines', 'a:\n    b: one\n       two\n    c: "x\n      y"\n', 'a:\n  b: one\n    two\n  c: "x\n    y"\n'],
  ])('%s', (_, text, expected) => expect(formatYaml(text)).toBe(expected));

  it.each(['a: b: c\n', 'a:\n\tb: 1\n', '', 'a: {{ .Values.x }}\n'])('leaves alone what it cannot read: %j', (text) => {
    expect(formatYaml(text)).toBeUndefined();
  });

  it('never changes a value, and changes nothing the second time', () => {
    const valid = texts.filter((text) => parseManifests(text).every(({ errors }) => errors.length === 0));
    expect(valid.filter((text) => !checkFormat(text) && !text.includes('\t') && values(text) !== undefined)).toEqual([]);
  });

  it('of texts whose indentation is upset', () => {
    let seed = 5;
    const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    let formatted = 0;
    let valid = 0;
    for (let i = 0; i < 600; i++) {
      const lines = (texts[random(texts.length)] ?? '').slice(0, 1200).split('\n');
      const width = 1 + random(4);
      const upset = lines.map((line) => line.replace(/^( {2})+/, (indent) => ' '.repeat((indent.length / 2) * width)));
      upset.splice(random(upset.length), random(2), ['# comment', '      # deep', '', '  '][random(4)] ?? '');
      const text = upset.join('\n');
      if (parseManifests(text).some(({ errors }) => errors.length > 0) || text.includes('\t')) continue;
      valid++;
      if (checkFormat(text)) formatted++;
    }
    expect(formatted).toBeGreaterThan(valid * 0.95);
    expect(valid).toBeGreaterThan(50);
  });
});
