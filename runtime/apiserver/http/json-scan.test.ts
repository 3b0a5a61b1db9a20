import { describe, expect, it } from 'vitest';
import { mayRepeatFields, scanJson } from './json-scan';

describe('reading JSON strictly', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"spec":{"containers":[{"name":"x"},{"name":"y","name":"z"}]}}', ['spec.containers[1].name']],
    ['{"a":{"b":1},"c":{"b":1}}', []],
    ['{"a\\u0062":1,"ab":2}', ['ab']],
    ['[1,2.5e3,-0,true,false,null,"\\n"]', []],
  ])('finds what is there twice in %s', (text, duplicates) => {
    expect(scanJson(text)).toEqual({ duplicates });
  });

  it.each([
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{a}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['nope', "invalid character 'o' in literal null (expecting 'u')"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['@', "invalid character '@' looking for beginning of value"],
  ])('words the error of %j as Go does', (text, error) => {
    expect(scanJson(text).error).toBe(error);
  });

  it('agrees with JSON.parse on what is JSON, whatever it is given', () => {
    const pieces = ['{', '}', '[', ']', ':', ',', '"a"', '"', '1', '-', '.5', 'e3', 'true', 'null', ' ', '\\'];
    let seed = 7;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
    for (let i = 0; i < 5000; i++) {
      const text = Array.from({ length: 1 + random(8) }, () => pieces[random(pieces.length)]).join('');
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      expect(scanJson(text).error === undefined, text).toBe(valid);
    }
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(scanJson('['.repeat(20_000)).error).toBe('exceeded max depth');
  });
});

describe('a quick look for repeated fields', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', false], ['{"a":1,"a":2}', true], ['{"a" \n:1,"a"\t: 2}', true], ['[{"a":"x:y"},{"a":"http://z:1"}]', false],
    ['{"a":[{"b":1,"b":2}]}', true], ['{"a":"\\":"}', true], ['[]', false], ['"a:b"', false],
  ])('%s: %s', (text, expected) => {
    expect(mayRepeatFields(text, JSON.parse(text))).toBe(expected);
  });
});
