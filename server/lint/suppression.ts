import { isCollection, isMap, isPair, isScalar, isSeq, type Node } from 'yaml';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { SourceFile } from '../documents/source-file';
import type { DocumentFinding, FindingFix } from '../findings/finding';
import { objectsIn } from '../manifests/manifest-objects';
import type { TextRange } from '../manifests/ranges';
import { ignoredByAnnotations } from './annotations';

/** A comment that says which findings not to tell. */
interface Directive extends TextRange {
  /** What it holds for. */
  extent: TextRange;
  /** None: all. */
  codes: string[];
  used: boolean;
}

const word = 'podium-ignore';
const pattern = /#[ \t]*podium-ignore(-document|-file)?(?=[\s:]|$):?[ \t]*([^\r\n]*)/g;
const code = /^[A-Za-z][\w-]*$/;

/**
 * Leaves out what comments (`# podium-ignore CODE, CODE why`, of a line or the one below; `-document`; `-file`) and
 * annotations say not to tell, and tells of comments that leave nothing out. What the API server refuses is told.
 * `isOff` says of a code that nothing is found by it under the settings as they are.
 */
export function applySuppressions(
  findings: readonly DocumentFinding[],
  file: SourceFile,
  isOff: (code: string) => boolean,
): DocumentFinding[] {
  const directives = file.text.includes(word) ? directivesIn(file) : [];
  const annotated = annotatedExtents(file);
  const told = findings.filter((finding) => {
    if (finding.severity === 'error' && finding.source !== 'podium lint') return true;
    const silent = directives.filter((directive) => holdsFor(directive, finding));
    for (const directive of silent) directive.used = true;
    return (
      silent.length === 0 &&
      !annotated.some(({ extent, codes }) => within(finding, extent) && isNamed(finding.code, codes))
    );
  });
  const idle = directives.filter(({ used, codes }) => !used && !(codes.length > 0 && codes.every(isOff)));
  const { text } = file;
  return [...told, ...idle.map((directive) => unused(directive, text))];
}

/** The quick fix that tells the linter to leave a finding alone, as a comment above its line. */
export function suppressionFix(finding: DocumentFinding, { text }: SourceFile): FindingFix | undefined {
  if (/^\s*[{[]/.test(text)) return undefined;
  const line = text.lastIndexOf('\n', finding.start - 1) + 1;
  const indent = /^[ ]*/.exec(text.slice(line))?.[0] ?? '';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const above = /^[ \t]*#[ \t]*podium-ignore[ \t:]+([\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)/.exec(lineAbove(text, line));
  const title = `Leave ${finding.code} alone here`;
  if (above) {
    const at = text.lastIndexOf('\n', line - 2) + 1 + above[0].length;
    return { title, edits: [{ start: at, end: at, text: `, ${finding.code}` }] };
  }
  return { title, edits: [{ start: line, end: line, text: `${indent}# ${word} ${finding.code}${eol}` }] };
}

const lineAbove = (text: string, line: number): string =>
  line === 0 ? '' : text.slice(text.lastIndexOf('\n', line - 2) + 1, line);

const within = ({ start }: TextRange, extent: TextRange): boolean => extent.start <= start && start < extent.end;

const isNamed = (code: string, codes: readonly string[]): boolean => codes.includes(code) || codes.includes('all');

function holdsFor({ extent, codes }: Directive, finding: DocumentFinding): boolean {
  return within(finding, extent) && (codes.length === 0 || isNamed(finding.code, codes));
}

function unused({ start, end, codes }: Directive, text: string): DocumentFinding {
  const what = codes.length === 0 ? 'nothing' : `no ${codes.join(' and no ')}`;
  const line = text.lastIndexOf('\n', start - 1) + 1;
  const alone = text.slice(line, start).trim() === '';
  const next = text.indexOf('\n', end) + 1;
  const before = text.slice(line, start).trimEnd().length;
  return {
    start,
    end,
    severity: 'hint',
    message: `there is ${what} here to leave alone`,
    code: 'unused-suppression',
    source: 'podium lint',
    tags: ['unnecessary'],
    fixes: [
      {
        title: 'Take the comment away',
        edits: [alone ? { start: line, end: next || text.length, text: '' } : { start: line + before, end, text: '' }],
        preferred: true,
      },
    ],
  };
}

function directivesIn(file: SourceFile): Directive[] {
  const { text } = file;
  return [...text.matchAll(pattern)].flatMap((match) => {
    const [whole, scope, rest = ''] = match;
    const start = match.index;
    if (!isComment(file, start)) return [];
    const extent =
      scope === '-file' ? { start: 0, end: Infinity } : scope ? documentAt(file, start) : lineOf(text, start);
    return [{ start, end: start + whole.trimEnd().length, extent, codes: codesIn(rest), used: false }];
  });
}

/** Codes up to the first word that no comma leads to: what follows is the reason. */
function codesIn(text: string): string[] {
  const codes: string[] = [];
  for (const part of text.split(',')) {
    const [first = '', ...reason] = part.trim().split(/\s+/);
    if (!code.test(first)) break;
    codes.push(first);
    if (reason.length > 0) break;
  }
  return codes;
}

/** The line of a comment behind something; of one on a line of its own, the next line that is more than a comment. */
function lineOf(text: string, offset: number): TextRange {
  let line = text.lastIndexOf('\n', offset - 1) + 1;
  if (text.slice(line, offset).trim() !== '') return { start: line, end: endOfLine(text, line) };
  do {
    const end = text.indexOf('\n', line);
    if (end < 0) return { start: line, end: text.length };
    line = end + 1;
  } while (/^[ \t]*(#|\r?$)/.test(text.slice(line, endOfLine(text, line))));
  return { start: line, end: endOfLine(text, line) };
}

function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end;
}

/** The document around an offset or, between documents, the one that follows. */
function documentAt({ documents, text }: SourceFile, offset: number): TextRange {
  const index = documents.findIndex(({ range }) => offset < range[1]);
  const document = documents[index < 0 ? documents.length - 1 : index];
  return { start: document?.range[0] ?? 0, end: document?.range[1] ?? text.length };
}

/** A `#` is a comment unless it stands in a scalar. */
function isComment({ documents }: SourceFile, offset: number): boolean {
  const document = documents.find(({ range: [start, end] }) => start <= offset && offset < end);
  return !document || !isInScalar(document.node.contents, offset);
}

function isInScalar(node: Node | null, offset: number): boolean {
  if (isScalar(node))
    return node.range !== null && node.range !== undefined && node.range[0] <= offset && offset < node.range[1];
  if (!isCollection(node)) return false;
  return node.items.some((item) =>
    isPair(item)
      ? isInScalar(item.key as Node | null, offset) || isInScalar(item.value as Node | null, offset)
      : isInScalar(item as Node | null, offset),
  );
}

/** Objects of a file that annotations leave alone, wholly or by codes. */
function annotatedExtents(file: SourceFile): { extent: TextRange; codes: string[] }[] {
  if (!/podium\/ignore|kube-linter\.io\/|kube-score\/ignore|polaris\.fairwinds\.com\//.test(file.text)) return [];
  return file.documents.flatMap((document) =>
    objectsIn(document.value).flatMap(({ value, path }) => {
      const codes = ignoredByAnnotations(value);
      return codes.length > 0 ? [{ extent: extentOf(document, path), codes }] : [];
    }),
  );
}

function extentOf(document: ParsedDocument, path: string): TextRange {
  const index = /^items\[(\d+)\]$/.exec(path)?.[1];
  const { contents } = document.node;
  const items = isMap(contents) ? contents.get('items', true) : undefined;
  const range =
    index !== undefined && isSeq(items) ? (items.items[Number(index)] as Node | undefined)?.range : undefined;
  const [start, end] = range ?? document.range;
  return { start, end };
}
