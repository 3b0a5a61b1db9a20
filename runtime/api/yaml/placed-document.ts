import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, ParsedNode } from 'yaml';
import { Converter } from './convert';
import type { Duplicate } from './convert';
import { Lines, syntaxProblem, yamlError } from './errors';
import type { TextProblem, YamlError } from './errors';
import { isJson } from './json-text';
import { pathRange } from './ranges';
import type { PathRange, Range } from './ranges';

export interface ParsedDocument {
  /**
   * As kubectl would send it. Integers beyond ±2^53 are bigint (`toJson` writes them). With errors, what could be read.
   */
  readonly value: unknown;
  readonly errors: readonly YamlError[];
  /** Keys that stand twice in a mapping; the last one counts. */
  readonly duplicates: readonly Duplicate[];
  /** Start and end of the document in the text, with the comments around it. */
  readonly range: readonly [number, number];
  /** The document's syntax tree. Its ranges hold until the document is moved: read them, and keep no hold of it. */
  readonly node: Document;
  /** The same object for as long as the document's text is the same, wherever it is moved: a key for caches. */
  readonly identity: object;
  /** Where a path (`spec.containers[0].name`) is written; undefined where it isn't. */
  pathRange(path: string | readonly string[]): PathRange | undefined;
  /** The document in a text where what it was parsed from begins at `start`, after so many lines; nothing is parsed. */
  moved(start: number, linesBefore: number): ParsedDocument;
}

/** What was parsed, with offsets in its own text. */
export interface Tree {
  readonly value: unknown;
  readonly problems: readonly TextProblem[];
  readonly duplicates: readonly Duplicate[];
  readonly range: readonly [number, number];
  /** Nothing but comments. */
  readonly blank: boolean;
  readonly text: string;
  readonly syntax: SyntaxTree;
}

export class SyntaxTree implements Tree {
  readonly value: unknown;
  readonly problems: readonly TextProblem[];
  readonly duplicates: readonly Duplicate[];
  /** What has been added to the offsets in `document`. */
  private base = 0;

  constructor(
    private readonly document: Document<ParsedNode>,
    readonly text: string,
    readonly range: readonly [number, number],
    problem?: string,
  ) {
    const converter = new Converter(document);
    this.value = converter.convert();
    this.duplicates = converter.duplicates;
    const wordings = [...converter.problems, ...(problem ? [{ offset: 0, message: problem }] : [])];
    this.problems = [
      ...(forgiven(document, text.slice(...this.range)) ? [] : document.errors.map(syntaxProblem)),
      ...wordings.map(({ offset, message }): TextProblem => ({ offset, wording: message, telling: 'nothing' })),
    ];
  }

  get syntax(): this {
    return this;
  }

  get blank(): boolean {
    const { contents } = this.document;
    const empty = contents === null || (isScalar(contents) && contents.source === '' && !contents.tag);
    return empty && this.problems.length === 0;
  }

  pathRange(path: string | readonly string[], start: number): PathRange | undefined {
    const range = pathRange(this.document, path);
    const delta = start - this.base;
    if (!range || delta === 0) return range;
    const { key, value } = range;
    return { ...moveRange(range, delta), ...(key && { key: moveRange(key, delta) }), ...(value && { value: moveRange(value, delta) }) };
  }

  /** The tree with the offsets of a text in which its own begins at `start`. */
  nodeAt(start: number): Document {
    if (start !== this.base) {
      moveNodes(this.document, start - this.base);
      this.base = start;
    }
    return this.document;
  }
}

/** A value that was read at once, without problems: the tree is made when it is asked for. */
export class ValueTree implements Tree {
  readonly problems = [];
  readonly blank = false;
  private made: SyntaxTree | undefined;

  constructor(
    readonly value: unknown,
    readonly text: string,
    private readonly reader: { make(text: string): SyntaxTree; seesDuplicates: boolean },
  ) {}

  get syntax(): SyntaxTree {
    return (this.made ??= this.reader.make(this.text));
  }

  get duplicates(): readonly Duplicate[] {
    return this.reader.seesDuplicates ? [] : this.syntax.duplicates;
  }

  get range(): readonly [number, number] {
    return [0, this.text.length];
  }
}

export class PlacedDocument implements ParsedDocument {
  constructor(
    private readonly tree: Tree,
    private readonly start: number,
    private readonly linesBefore: number,
  ) {}

  get value(): unknown {
    return this.tree.value;
  }

  get identity(): object {
    return this.tree;
  }

  get errors(): readonly YamlError[] {
    const { problems, text } = this.tree;
    if (problems.length === 0) return [];
    const lines = new Lines(text);
    return problems.map((problem) => yamlError(problem, lines, this.start, this.linesBefore));
  }

  get duplicates(): readonly Duplicate[] {
    return this.tree.duplicates.map(({ path, offset }) => ({ path, offset: offset + this.start }));
  }

  get range(): readonly [number, number] {
    const [start, end] = this.tree.range;
    return [start + this.start, end + this.start];
  }

  get node(): Document {
    return this.tree.syntax.nodeAt(this.start);
  }

  pathRange(path: string | readonly string[]): PathRange | undefined {
    return this.tree.syntax.pathRange(path, this.start);
  }

  moved(start: number, linesBefore: number): ParsedDocument {
    if (start === this.start && linesBefore === this.linesBefore) return this;
    return new PlacedDocument(this.tree, start, linesBefore);
  }
}

/** JSON indented by tabs isn't YAML, but kubectl reads what starts like JSON as JSON. */
function forgiven(document: Document, text: string): boolean {
  return document.errors.length > 0 && document.errors.every(({ code }) => code === 'TAB_AS_INDENT') && isJson(text);
}

const moveRange = ({ start, end }: Range, delta: number): Range => ({ start: start + delta, end: end + delta });

function moveNodes(document: Document, delta: number): void {
  if (document.range) document.range = shifted(document.range, delta);
  moveNode(document.contents, delta);
}

function moveNode(node: Node | null, delta: number): void {
  if (!node) return;
  if (node.range) node.range = shifted(node.range, delta);
  if (isAlias(node) || isScalar(node)) return;
  if (isSeq(node)) for (const item of node.items) moveNode(item as Node | null, delta);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    moveNode(key as Node | null, delta);
    moveNode(value as Node | null, delta);
  }
}

function shifted([start, valueEnd, nodeEnd]: [number, number, number], delta: number): [number, number, number] {
  return [start + delta, valueEnd + delta, nodeEnd + delta];
}
