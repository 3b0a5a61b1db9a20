import { expect, it } from 'vitest';
import { jsonCursorAt } from './json-cursor';

/** Role, path and what a completion would replace, at `|`. */
function at(marked: string): string {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const cursor = jsonCursorAt(text, offset);
  return cursor ? `${cursor.role} ${cursor.path.slice(0, -1).join('.')} ${text.slice(cursor.word.start, cursor.word.end)}` : '';
}

it.each([
  ['{"kind": "Pod", "spec": {"|"}}', 'key spec ""'],
  ['{"kind": "Pod", "spec": {"no|"}}', 'key spec "no"'],
  ['{"kind": "Pod", "spec": {no|}}', 'key spec no'],
  ['{"kind": "Pod", "spec": {"a": 1 "no|', 'key spec "no'],
  ['{"kind": "Pod", "spec": {\n"no|\n"a": 1}}', 'key spec "no'],
  ['{"kind": "Pod", "spec": {"a": "x|"}}', 'value spec "x"'],
  ['{"kind": "Pod", "spec": {"a": |, "b": 1}}', 'value spec '],
  ['{"kind": "Pod"}\n{"kind": "Pod", "spec": {"|"}}', 'key spec ""'],
])('%s', (marked, expected) => expect(at(marked)).toBe(expected));

it('takes any text and any place', () => {
  const text = '{"kind": "Pod", "x": [1, {"a\\"b": "c"}, "d\n"], "spec": {"containers": [{"name": "a"}]}}';
  for (let end = 0; end <= text.length; end++)
    for (let offset = 0; offset <= end; offset += 3)
      expect(() => jsonCursorAt(text.slice(0, end), offset)).not.toThrow();
});
