import { Composer, Parser } from 'yaml';
import type { CollectionTag, Document, ParsedNode, ScalarTag, Tags } from 'yaml';
import { PlacedDocument, SyntaxTree, ValueTree } from './placed-document';
import type { ParsedDocument, Tree } from './placed-document';
import type { Range } from './ranges';
import { readSimpleYaml } from './simple';

export { toJson, toYaml } from './emit';
export type { Duplicate } from './convert';
export type { YamlError } from './errors';
export { isJson } from './json-text';
export type { ParsedDocument } from './placed-document';
export { parsePath } from './ranges';
export type { PathRange, Range } from './ranges';

const standard = (name: string) => `tag:yaml.org,2002:${name}`;

/** All scalars as they are written, whatever their tag: what they mean is decided in scalars.ts. */
const own: (ScalarTag | CollectionTag)[] = [
  ...['binary', 'timestamp', 'merge', 'int', 'float', 'bool', 'null'].map((name): ScalarTag => ({
    tag: standard(name),
    resolve: (text) => text,
  })),
  ...['omap', 'pairs'].map((name): CollectionTag => ({
    tag: standard(name),
    collection: 'seq',
    resolve: (node) => node,
  })),
  { tag: standard('set'), collection: 'map', resolve: (node) => node },
];

const options = {
  schema: 'failsafe',
  customTags: (tags: Tags): Tags => [...tags, ...own],
  version: '1.2',
  uniqueKeys: false,
  merge: false,
  strict: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/**
 * The documents of a manifest, YAML or JSON, as kubectl reads them. Documents of nothing but comments are left out. Never
 * throws: what is wrong is in each document's `errors`.
 */
export function parseManifests(text: string): ParsedDocument[] {
  const documents: ParsedDocument[] = [];
  let line = 0;
  for (const { start, end } of stretches(text)) {
    const part = text.slice(start, end);
    for (const document of parseStretch(part)) documents.push(document.moved(start, line));
    line += lineBreaks(part);
  }
  return documents;
}

/**
 * The parts of a text that are read by themselves, as kubectl takes a file apart: each begins at the text's start or with
 * a line of `---`, so what is wrong in one costs no other. JSON objects one after the other are as many parts. A text with
 * directives (`%YAML`), which belong to the document that follows, is one part.
 */
export function stretches(text: string): Range[] {
  const starts = /^%/m.test(text) ? [0] : [0, ...[...text.matchAll(/(?<=\n)---(?=\s|$)/g)].map(({ index }) => index)];
  const parts = starts.map((start, i) => ({ start, end: starts[i + 1] ?? text.length }));
  return /^\s*\{/.test(text) ? parts.flatMap((part) => jsonParts(text, part)) : parts;
}

function jsonParts(text: string, { start, end }: Range): Range[] {
  const part = text.slice(start, end);
  const values = /\}\s*\{/.test(part) ? jsonValues(part) : [];
  return values.length > 1 ? values.map(([from, to]) => ({ start: start + from, end: start + to })) : [{ start, end }];
}

/** The documents of one stretch (mostly one), placed as if it were the whole text: see {@link ParsedDocument.moved}. */
export function parseStretch(text: string): ParsedDocument[] {
  const simple = /^\s*\{/.test(text) ? jsonTree(text) : simpleTree(text);
  const trees: Tree[] = simple ? [simple] : compose(text);
  return trees.filter((tree) => !tree.blank).map((tree) => new PlacedDocument(tree, 0, 0));
}

/**
 * Where the objects begin and end of a text that is one JSON object after the other, which kubectl takes for as many
 * documents; empty if it is anything else.
 */
function jsonValues(text: string): [start: number, end: number][] {
  const ends: number[] = [];
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]|[^\s"{}[\]]+/g)) {
    if (depth === 0 && token !== '{') return [];
    if (token === '{' || token === '[') depth++;
    else if ((token === '}' || token === ']') && --depth === 0) ends.push(index + 1);
  }
  if (depth !== 0) return [];
  return ends.map((end, i) => [ends[i - 1] ?? 0, i === ends.length - 1 ? text.length : end]);
}

export function lineBreaks(text: string): number {
  let count = 0;
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) count++;
  return count;
}

function compose(text: string): SyntaxTree[] {
  try {
    const documents = [...new Composer(options).compose(new Parser().parse(text), true, text.length)];
    return documents.map((document) => {
      const [start, , end] = document.range ?? [0, 0, text.length];
      return new SyntaxTree(document, text, documents.length === 1 ? [0, text.length] : [start, end]);
    });
  } catch (error) {
    // A stack that overflows on absurd nesting is the input's fault.
    if (!(error instanceof RangeError)) throw error;
    return [emptyTree(text, 'yaml: exceeded max depth of 10000')];
  }
}

function emptyTree(text: string, problem?: string): SyntaxTree {
  const [document] = new Composer(options).compose(new Parser().parse(''), true, 0);
  return new SyntaxTree(document as Document<ParsedNode>, text, [0, text.length], problem);
}

function simpleTree(text: string): ValueTree | undefined {
  const value = readSimpleYaml(text);
  return value && new ValueTree(value, text, { make: treeOf, seesDuplicates: true });
}

/** A text that is one JSON object. Numbers that a double can't hold take the long way. */
function jsonTree(text: string): ValueTree | undefined {
  if (/\d{16}/.test(text)) return undefined;
  try {
    return new ValueTree(JSON.parse(text), text, { make: treeOf, seesDuplicates: false });
  } catch {
    return undefined;
  }
}

const treeOf = (text: string): SyntaxTree => compose(text)[0] ?? emptyTree(text);
