import { Composer, isScalar, Parser } from 'yaml';
import type { CollectionTag, Document, ParsedNode, ScalarTag, Tags } from 'yaml';
import { Converter } from './convert';
import type { Duplicate } from './convert';
import { Lines, syntaxError, yamlError } from './errors';
import type { YamlError } from './errors';
import { pathRange } from './ranges';
import type { PathRange } from './ranges';

export { toJson, toYaml } from './emit';
export type { Duplicate } from './convert';
export type { YamlError } from './errors';
export { parsePath } from './ranges';
export type { PathRange, Range } from './ranges';

export interface ParsedDocument {
  /**
   * As kubectl would send it. Integers beyond ±2^53 are bigint (`toJson` writes them). With errors, what could be read.
   */
  readonly value: unknown;
  readonly errors: readonly YamlError[];
  /** Keys that stand twice in a mapping; the last one counts. */
  readonly duplicates: readonly Duplicate[];
  /** Start and end of the document in the text. */
  readonly range: readonly [number, number];
  /** The document's syntax tree. */
  readonly node: Document;
  /** Where a path (`spec.containers[0].name`) is written; undefined where it isn't. */
  pathRange(path: string | readonly string[]): PathRange | undefined;
}

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
  const json = parseJsonText(text);
  if (json) return [json];
  return compose(text).filter((document) => !isBlank(document));
}

function compose(text: string): ParsedDocument[] {
  const lines = new Lines(text);
  const documents: ParsedDocument[] = [];
  const composer = new Composer(options);
  try {
    for (const document of composer.compose(new Parser().parse(text), true, text.length)) {
      documents.push(parsedDocument(document, text, lines));
    }
  } catch (error) {
    // A stack that overflows on absurd nesting is the input's fault.
    if (!(error instanceof RangeError)) throw error;
    documents.push(tooDeep(text, lines));
  }
  return documents;
}

function tooDeep(text: string, lines: Lines): ParsedDocument {
  const empty = composeEmpty();
  const errors = [yamlError(lines, 0, 'yaml: exceeded max depth of 10000')];
  return { value: null, errors, duplicates: [], range: [0, text.length], node: empty, pathRange: () => undefined };
}

function composeEmpty(): Document {
  const [document] = new Composer(options).compose(new Parser().parse(''), true, 0);
  return document as Document;
}

function parsedDocument(document: Document<ParsedNode>, text: string, lines: Lines): ParsedDocument {
  const converter = new Converter(document);
  const range: [number, number] = [document.range?.[0] ?? 0, document.range?.[1] ?? text.length];
  const value = converter.convert();
  const syntax = forgiven(document, text.slice(...range))
    ? []
    : document.errors.map((error) => syntaxError(lines, error));
  const problems = converter.problems.map(({ offset, message }) => yamlError(lines, offset, message));
  return {
    value,
    range,
    errors: [...syntax, ...problems],
    duplicates: converter.duplicates,
    node: document,
    pathRange: (path) => pathRange(document, path),
  };
}

/** JSON indented by tabs isn't YAML, but kubectl reads what starts like JSON as JSON. */
function forgiven(document: Document, text: string): boolean {
  return document.errors.length > 0 && document.errors.every(({ code }) => code === 'TAB_AS_INDENT') && isJson(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isBlank({ node, errors }: ParsedDocument): boolean {
  const { contents } = node;
  return errors.length === 0 && (contents === null || (isScalar(contents) && contents.source === '' && !contents.tag));
}

/** A body that is one JSON object: read at once; the tree is made when it is asked for. */
function parseJsonText(text: string): ParsedDocument | undefined {
  // Numbers that a double can't hold take the long way.
  if (!/^\s*\{/.test(text) || /\d{16}/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  let tree: ParsedDocument | undefined;
  const full = () => (tree ??= compose(text)[0] ?? tooDeep(text, new Lines(text)));
  return {
    value,
    errors: [],
    range: [0, text.length],
    get duplicates() {
      return full().duplicates;
    },
    get node() {
      return full().node;
    },
    pathRange: (path) => full().pathRange(path),
  };
}
