import { describe, expect, it } from 'vitest';
import { fieldAt } from './field-path';

const schema = {
  properties: {
    a: { properties: { "b'c": { type: 'string' as const }, 'd.e': {}, f: { type: 'array' as const } } },
    values: { additionalProperties: { type: 'integer' as const } },
  },
};

describe('a path in a schema', () => {
  it.each([
    ['.a.f', 'a.f'],
    [".a['d.e']", 'a.d.e'],
    [".a['b\\'c']", "a.b'c"],
    [".values['x.y']", 'values[x.y]'],
    ['.values.x', 'values[x]'],
  ])('%s leads to a field', (text, path) => {
    expect(fieldAt(text, schema, true)).toMatchObject({ path });
  });

  it.each([
    ['a', 'expected [ or . but got: a'],
    ['.', 'unexpected end of JSON path'],
    ['.b', 'does not refer to a valid field'],
    ['.a.f.g', 'does not refer to a valid field'],
    ['.a[0]', 'expected single quoted string but got 0'],
    [".a['f'", 'unexpected end of JSON path'],
    [".a['f'.", 'expected ] but got .'],
    [".a['\\x']", 'invalid string literal: invalid escape char \\x'],
  ])('%s leads nowhere', (text, problem) => {
    expect(fieldAt(text, schema, true)).toBe(problem);
  });

  it('has brackets only where they are allowed', () => {
    expect(fieldAt(".a['f']", schema, false)).toBe('array notation is not allowed');
  });
});
