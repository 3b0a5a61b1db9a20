import type { Token } from './lex';
import type { ArgumentNode, CommandNode, NamePart, PipelineNode, Place, TemplateError, VariableNode } from './nodes';

export interface ParseOptions {
  /** Whether a function of that name may be called; all may if this isn't given. */
  isFunction?(name: string): boolean;
}

/** An action that can't be read: where, and why in the words of text/template. */
export class ParseFailure extends Error {
  constructor(
    readonly place: Place,
    message: string,
  ) {
    super(message);
  }
}

export function describe(token: Token | undefined): string {
  if (!token) return '"}}"';
  return token.type === 'space' ? 'space' : `<${token.text}>`;
}

/** Reads what stands between the delimiters of an action, after its keyword. Throws ParseFailure. */
export class PipelineParser {
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly action: Place,
    private readonly context: string,
    private readonly variables: string[],
    private readonly options: ParseOptions,
    private readonly errors: TemplateError[],
  ) {}

  run(): PipelineNode {
    const pipeline = this.pipeline();
    const extra = this.tokens[this.at];
    if (extra) throw new ParseFailure(extra, `unexpected ${describe(extra)} in ${this.context}`);
    return pipeline;
  }

  private skipSpace(): void {
    while (this.tokens[this.at]?.type === 'space') this.at++;
  }

  private pipeline(): PipelineNode {
    this.skipSpace();
    const start = this.tokens[this.at]?.start ?? this.action.start;
    const { variables, assigns } = this.declarations();
    const commands: CommandNode[] = [];
    for (;;) {
      this.skipSpace();
      const command = this.command();
      if (command) commands.push(command);
      else throw this.missing(commands.length > 0);
      this.skipSpace();
      if (this.tokens[this.at]?.type !== 'pipe') break;
      this.at++;
    }
    for (const command of commands.slice(1)) this.checkStage(command);
    if (!assigns) this.variables.push(...variables.map(({ name }) => name));
    return { type: 'pipeline', start, end: commands.at(-1)!.end, variables, assigns, commands };
  }

  private missing(piped: boolean): ParseFailure {
    const token = this.tokens[this.at];
    const place = token ?? { start: Math.max(this.action.start, this.action.end - 2), end: this.action.end };
    if (token && token.type !== 'close') return new ParseFailure(token, `unexpected ${describe(token)} in ${this.context}`);
    return new ParseFailure(piped ? place : this.action, `missing value for ${this.context}`);
  }

  /** What comes after a `|` is called with what came before. */
  private checkStage({ args: [first] }: CommandNode): void {
    if (first && ['string', 'number', 'dot', 'nil', 'true', 'false'].includes(first.type))
      throw new ParseFailure(first, 'non executable command in pipeline');
  }

  private declarations(): { variables: VariableNode[]; assigns: boolean } {
    const before = this.at;
    const variables: VariableNode[] = [];
    for (;;) {
      this.skipSpace();
      const token = this.tokens[this.at];
      if (token?.type !== 'variable') break;
      this.at++;
      variables.push({ type: 'variable', start: token.start, end: token.end, name: token.text, names: [] });
      this.skipSpace();
      const next = this.tokens[this.at];
      if (next?.type === 'comma' && variables.length === 1 && this.context === 'range') this.at++;
      else if (next?.type === 'declare' || next?.type === 'assign') {
        this.at++;
        const assigns = next.type === 'assign';
        if (assigns) for (const variable of variables) this.known(variable);
        return { variables, assigns };
      } else break;
    }
    this.at = before;
    return { variables: [], assigns: false };
  }

  private known(variable: VariableNode): void {
    if (!this.variables.includes(variable.name)) throw new ParseFailure(variable, `undefined variable "${variable.name}"`);
  }

  private command(): CommandNode | undefined {
    const args: ArgumentNode[] = [];
    for (;;) {
      const operand = this.operand();
      if (!operand) break;
      args.push(operand);
      const next = this.tokens[this.at];
      if (next?.type !== 'space') {
        if (
          next &&
          next.type !== 'pipe' &&
          next.type !== 'close' &&
          next.type !== 'declare' &&
          next.type !== 'assign' &&
          next.type !== 'comma'
        )
          throw new ParseFailure(next, `unexpected ${describe(next)} in operand`);
        break;
      }
      this.skipSpace();
    }
    const [first] = args;
    return first && { args, start: first.start, end: args.at(-1)!.end };
  }

  private operand(): ArgumentNode | undefined {
    const node = this.term();
    if (!node || this.tokens[this.at]?.type !== 'field') return node;
    const names = this.fields();
    const end = names.at(-1)!.end;
    if (node.type === 'field' || node.type === 'variable') return { ...node, end, names: [...node.names, ...names] };
    if (['string', 'number', 'nil', 'true', 'false', 'dot'].includes(node.type))
      throw new ParseFailure(names[0]!, `unexpected . after term ${JSON.stringify(node.type)}`);
    return { type: 'chain', start: node.start, end, target: node, names };
  }

  private fields(): NamePart[] {
    const names: NamePart[] = [];
    for (let token = this.tokens[this.at]; token?.type === 'field'; token = this.tokens[++this.at])
      names.push(namePart(token));
    return names;
  }

  private term(): ArgumentNode | undefined {
    const token = this.tokens[this.at];
    if (!token) return undefined;
    const { start, end, text } = token;
    switch (token.type) {
      case 'identifier':
        this.at++;
        return this.word(token);
      case 'dot':
        this.at++;
        return { type: 'dot', start, end };
      case 'field':
        this.at++;
        return { type: 'field', start, end, names: [namePart(token)] };
      case 'variable': {
        this.at++;
        const variable: VariableNode = { type: 'variable', start, end, name: text, names: [] };
        this.known(variable);
        return variable;
      }
      case 'string':
        this.at++;
        return { type: 'string', start, end, value: unquote(token) };
      case 'char':
        this.at++;
        return { type: 'number', start, end, value: BigInt(unquoteText(text.slice(1, -1)).codePointAt(0) ?? 0) };
      case 'number':
        this.at++;
        return { type: 'number', start, end, value: numberOf(text) };
      case 'open':
        return this.parenthesis(token);
      default:
        return undefined;
    }
  }

  private word({ start, end, text }: Token): ArgumentNode {
    if (text === 'true' || text === 'false' || text === 'nil') return { type: text, start, end };
    if (this.options.isFunction && !this.options.isFunction(text)) {
      this.errors.push({ start, end, message: `function "${text}" not defined` });
    }
    return { type: 'identifier', start, end, name: text };
  }

  private parenthesis(open: Token): PipelineNode {
    this.at++;
    const pipeline = this.pipeline();
    this.skipSpace();
    const close = this.tokens[this.at];
    if (close?.type !== 'close')
      throw new ParseFailure(
        close ?? open,
        close ? `unexpected ${describe(close)} in parenthesized pipeline` : 'unclosed left paren',
      );
    this.at++;
    return { ...pipeline, start: open.start, end: close.end };
  }
}

const namePart = ({ start, end, text }: Token): NamePart => ({ start: start + 1, end, name: text.slice(1) });

function numberOf(text: string): bigint | number {
  const plain = text.replaceAll('_', '');
  if (/^[+-]?(0[xXoObB][0-9a-fA-F]+|[0-9]+)$/.test(plain)) {
    const negative = plain.startsWith('-');
    const digits = plain.replace(/^[+-]/, '');
    const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return negative ? -magnitude : magnitude;
  }
  return Number(plain);
}

/** The value of a string literal, quoted either way. */
export function unquote({ text }: Token): string {
  return text.startsWith('`') ? text.slice(1, -1).replaceAll('\r', '') : unquoteText(text.slice(1, -1));
}

const escapes: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unquoteText(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/g,
    (_, hex?: string, short?: string, long?: string, octal?: string, char?: string) => {
      const code = hex ?? short ?? long;
      if (code) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff));
      if (octal) return String.fromCodePoint(Number.parseInt(octal, 8));
      return escapes[char ?? ''] ?? char ?? '';
    },
  );
}
