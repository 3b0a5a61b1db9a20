import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../runtime/api/yaml';
import { applyEdits, type FieldEdit, textEdits } from './edits';

function edited(text: string, edit: FieldEdit): string | undefined {
  const document = parseManifests(text).at(-1);
  const edits = document && textEdits(document, text, edit);
  return edits && applyEdits(text, edits);
}

describe('a field is set', () => {
  it.each<[string, string, FieldEdit, string]>([
    ['in place, its quotes kept', 'a: "x" # why\n', { set: 'a', value: 'y' }, 'a: "y" # why\n'],
    ['in place, quoted where it has to be', 'a: x\n', { set: 'a', value: 'true' }, 'a: "true"\n'],
    ['behind a key without value', 'a: # why\nb: 1\n', { set: 'a', value: 2 }, 'a: 2 # why\nb: 1\n'],
    ['below a key without value', 'a: # why\nb: 1\n', { set: 'a.c', value: 2 }, 'a: # why\n  c: 2\nb: 1\n'],
    [
      'behind what is there, before comments',
      'a:\n  b: 1 # b\n  # end\nc: 1\n',
      { set: 'a.d', value: 2 },
      'a:\n  b: 1 # b\n  d: 2\n  # end\nc: 1\n',
    ],
    [
      'behind a block of text',
      'a:\n  b: |\n    x\n\nc: 1\n',
      { set: 'a.d', value: 2 },
      'a:\n  b: |\n    x\n  d: 2\n\nc: 1\n',
    ],
    ['of the second document', 'a: 1\n---\nb: 1\n', { set: 'c', value: 2 }, 'a: 1\n---\nb: 1\nc: 2\n'],
    ['without a newline at the end', 'a: 1', { set: 'b', value: 2 }, 'a: 1\nb: 2'],
    ['in braces', 'a: {b: 1} # why\n', { set: 'a.c', value: 'x' }, 'a: {b: 1, c: x} # why\n'],
    ['in empty braces', 'a: {} # why\n', { set: 'a.c.d', value: [1] }, 'a:\n  c:\n    d:\n    - 1 # why\n'],
    [
      'in JSON',
      '{\n  "a": {\n    "b": 1\n  }\n}',
      { set: 'a.c', value: { d: 'x' } },
      '{\n  "a": {\n    "b": 1,\n    "c": {\n      "d": "x"\n    }\n  }\n}',
    ],
    ['in JSON of one line', '{"a":{}}', { set: 'a.c', value: 'x' }, '{"a":{"c":"x"}}'],
    ['with lists as the file indents them', 'a:\n  - 1\n', { set: 'b', value: [2] }, 'a:\n  - 1\nb:\n  - 2\n'],
    ['with lists that the file does not indent', 'a:\n- 1\n', { set: 'b', value: [2] }, 'a:\n- 1\nb:\n- 2\n'],
    [
      'by a key with dots',
      'metadata:\n  labels: {}\n',
      { set: 'metadata.labels[a.b/c]', value: 'x' },
      'metadata:\n  labels:\n    a.b/c: x\n',
    ],
    ['in an item', 'a:\n- b: 1\n- b: 2\n', { set: 'a[0].c', value: 3 }, 'a:\n- b: 1\n  c: 3\n- b: 2\n'],
  ])('%s', (_, text, edit, expected) => {
    expect(edited(text, edit)).toBe(expected);
  });

  it.each<[string, string, FieldEdit]>([
    ['through an alias', 'x: &x\n  a: 1\ny: *x\n', { set: 'y.a', value: 2 }],
    ['through a merge', 'x: &x\n  a:\n    b: 1\ny:\n  <<: *x\n', { set: 'y.a.b', value: 2 }],
    ['below a scalar', 'a: 1\n', { set: 'a.b', value: 2 }],
    ['in an item that is not there', 'a:\n- 1\n', { set: 'a[3].b', value: 2 }],
    ['where an anchor is defined', 'a: &a 1\nb: *a\n', { set: 'a', value: 2 }],
  ])('not %s', (_, text, edit) => {
    expect(edited(text, edit)).toBeUndefined();
  });
});

describe('a field is removed', () => {
  it.each<[string, string, string, string]>([
    ['with its line', 'a: 1\nb: 2 # why\nc: 3\n', 'b', 'a: 1\nc: 3\n'],
    ['with its block', 'a: 1\nb:\n  - 1\n  - 2\nc: 3\n', 'b', 'a: 1\nc: 3\n'],
    ['with what would be left empty', 'a:\n  x: 1\n  b:\n    c:\n      d: 1\n', 'a.b.c.d', 'a:\n  x: 1\n'],
    ['but not with a field of the object itself', 'a:\n  b:\n    c: 1\n', 'a.b.c', 'a:\n'],
    ['from the first line of an item', 'a:\n- b: 1\n  c: 2\n', 'a[0].b', 'a:\n- c: 2\n'],
    ['as an item', 'a:\n- 1\n- 2 # why\n- 3\n', 'a[1]', 'a:\n- 1\n- 3\n'],
    ['from braces', 'a: {b: 1, c: 2, d: 3}\n', 'a.c', 'a: {b: 1, d: 3}\n'],
    ['from the end of braces', 'a: {b: 1, c: 2}\n', 'a.c', 'a: {b: 1}\n'],
    ['from JSON', '{\n  "a": 1,\n  "b": 2\n}', 'b', '{\n  "a": 1\n}'],
  ])('%s', (_, text, path, expected) => {
    expect(edited(text, { remove: path })).toBe(expected);
  });
});

describe('an item is appended', () => {
  it.each<[string, string, FieldEdit, string]>([
    ['to a list', 'a:\n  - x # why\nb: 1\n', { append: 'a', value: 'z' }, 'a:\n  - x # why\n  - z\nb: 1\n'],
    ['to a list in brackets', 'a: [x]\n', { append: 'a', value: 'z' }, 'a: [x, z]\n'],
    ['to no list yet', 'a: []\n', { append: 'a', value: { b: 1, c: 2 } }, 'a:\n- b: 1\n  c: 2\n'],
  ])('%s', (_, text, edit, expected) => {
    expect(edited(text, edit)).toBe(expected);
  });
});

it('a key is renamed, in its quotes', () => {
  expect(edited('"a": 1 # why\n', { rename: 'a', to: 'b' })).toBe('"b": 1 # why\n');
  expect(edited('x:\n  a: 1\n', { rename: 'x.a', to: 'b' })).toBe('x:\n  b: 1\n');
});
