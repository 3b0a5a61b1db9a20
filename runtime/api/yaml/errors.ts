import type { YAMLParseError } from 'yaml';

export interface YamlError {
  /** As kubectl words it: `error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context`. */
  message: string;
  /** UTF-16 offset in the whole text; `line` and `column` count from 1. */
  offset: number;
  line: number;
  column: number;
}

/** Something wrong with a text, wherever in a file the text stands. */
export interface TextProblem {
  offset: number;
  wording: string;
  /** Whether it tells its line, as libyaml does of what it can't scan or parse. */
  telling: 'line' | 'nothing';
}

/** Lines of a text, for positions. */
export class Lines {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.starts.push(i + 1);
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.starts[low]! + 1 };
  }
}

/**
 * A problem of a text that begins at an offset of the file, after so many lines. Like libyaml's, an error in the first line
 * names no line.
 */
export function yamlError(problem: TextProblem, lines: Lines, start: number, linesBefore: number): YamlError {
  const at = lines.at(problem.offset);
  const line = at.line + linesBefore;
  const where = problem.telling === 'line' ? `yaml: ${line > 1 ? `line ${line}: ` : ''}` : '';
  const message = `error converting YAML to JSON: ${where}${problem.wording}`;
  return { message, offset: problem.offset + start, line, column: at.column };
}

/** A syntax error in libyaml's words. */
export function syntaxProblem(error: YAMLParseError): TextProblem {
  return { offset: error.pos[0], wording: wording(error), telling: 'line' };
}

function wording({ code, message }: YAMLParseError): string {
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'mapping values are not allowed in this context';
    case 'TAB_AS_INDENT':
    case 'BAD_SCALAR_START':
      return 'found character that cannot start any token';
    case 'BAD_DQ_ESCAPE':
      return 'found unknown escape character';
    case 'MISSING_CHAR':
      return message.includes('quote') ? 'found unexpected end of stream' : "could not find expected ':'";
    case 'BAD_ALIAS':
      return 'did not find expected alphabetic or numeric character';
    case 'UNEXPECTED_TOKEN':
      if (message.includes('in flow')) return 'did not find expected node content';
      return message.includes('block-seq-ind')
        ? 'block sequence entries are not allowed in this context'
        : 'did not find expected key';
    case 'BAD_INDENT':
      if (message.includes('Flow sequence')) return "did not find expected ',' or ']'";
      return message.includes('Flow map') ? "did not find expected ',' or '}'" : 'did not find expected key';
    default:
      return `did not find expected key (${message})`;
  }
}
