import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { execute, ExecutionError, parseTemplate } from '../go-template';
import type { Executable } from '../go-template';
import { helmFunctions } from './functions';
import { functionNames } from './render';

interface Golden {
  values: unknown;
  cases: { template: string; output: string }[];
}

/** Made with Go's text/template and sprig themselves. */
const { values, cases } = JSON.parse(readFileSync(join(__dirname, 'testdata/functions.golden.json'), 'utf8')) as Golden;
const functions = helmFunctions({ now: () => new Date(0), random: () => 0 });

function run(text: string): string {
  const { body, definitions, errors } = parseTemplate(text, { isFunction: (name) => functionNames.has(name) });
  if (errors[0]) return errors[0].message;
  const file = { file: 't', text };
  const templates = new Map<string, Executable>(
    definitions.map((each) => [each.name, { ...file, name: each.name, body: each.body }]),
  );
  const lookUp = (name: string) => templates.get(name);
  return execute({ ...file, name: 't', body }, { Values: values }, { functions, lookUp })
    .map((chunk) => chunk.text)
    .join('');
}

describe('templates', () => {
  it.each(cases)('$template', ({ template, output }) => {
    expect(run(template)).toBe(output);
  });

  it.each([
    ['{{ .Values.missing.deeper }}', 'nil pointer evaluating interface {}.deeper'],
    ['{{ .Values.a.b.c }}', "can't evaluate field c in type interface {}"],
    ['{{ eq 1 "a" }}', 'error calling eq: incompatible types for comparison'],
    ['{{ index .Values.a.l 9 }}', 'error calling index: index out of range: 9'],
    ['{{ template "nope" }}', 'template "nope" not defined'],
    ['{{ fail "boom" }}', 'error calling fail: boom'],
    ['{{ .Values.a.n | b64enc }}', 'error calling b64enc: wrong type for value; expected string; got float64'],
    ['{{ .Values.none | upper }}', 'error calling upper: invalid value; expected string'],
    ['{{ required "give a name" .Values.none }}', 'error calling required: give a name'],
    ['{{ range "abc" }}{{ end }}', "range can't iterate over abc"],
    ['{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" }}', 'exceeded maximum template depth (1000)'],
    ['{{ repeat 1000 (repeat 100000 "x") | len }}{{ genCA "a" 1 }}', 'genCA needs helm'],
  ])('%s is refused', (text, problem) => {
    let error: unknown;
    try {
      run(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ExecutionError);
    expect((error as ExecutionError).message).toContain(problem);
  });

  it.each([
    ['{{ if .a }}x', 'unexpected EOF: {{if}} has no {{end}}', 0],
    ['x {{ end }}', 'unexpected {{end}}', 5],
    ['{{ else }}', 'unexpected {{else}}', 3],
    ['{{ .a | nofunc }}', 'function "nofunc" not defined', 8],
    ['{{ "abc }}', 'unterminated quoted string', 3],
    ['a {{ .b', 'unclosed action', 2],
    ['{{ .a {{ .b }}', 'unclosed action', 0],
    ['{{ (.a }}', 'unclosed left paren', 0],
    ['{{ $x }}', 'undefined variable "$x"', 3],
    ['{{ if }}{{ end }}', 'missing value for if', 0],
    ['{{ .a | }}', 'missing value for command', 8],
    ['{{/* a }}', 'unclosed comment', 0],
    ['{{ break }}', '{{break}} outside {{range}}', 3],
    ['{{ template a }}', 'unexpected <a> in template clause', 12],
    ['{{ if .a }}{{ else }}{{ else }}{{ end }}', 'expected end; found {{else}}', 24],
    ['{{ .a | "b" }}', 'non executable command in pipeline', 8],
    ['{{ .a! }}', "bad character U+0021 '!'", 5],
    ['{{ 1x }}', 'bad number syntax: "1x"', 3],
  ])('%s is a mistake where it is made', (text, message, start) => {
    const { errors } = parseTemplate(text, { isFunction: (name) => functionNames.has(name) });
    expect(errors.map((error) => [error.message, error.start])).toEqual([[message, start]]);
  });

  it('after a mistake, the rest is still looked at', () => {
    const { errors, definitions } = parseTemplate('{{ if }}{{ .b | }}{{ end }}{{ define "t" }}{{ nope }}{{ end }}', {
      isFunction: () => false,
    });
    expect(errors.map(({ message }) => message)).toEqual([
      'missing value for if',
      'missing value for command',
      'function "nope" not defined',
    ]);
    expect(definitions.map(({ name }) => name)).toEqual(['t']);
  });

  it('every beginning of a template is parsed', () => {
    const text = cases.map(({ template }) => template).join('\n');
    for (let length = 0; length < text.length; length += 13) {
      for (const { start, end } of parseTemplate(text.slice(0, length)).errors) {
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(length + 1);
      }
    }
  });
});
