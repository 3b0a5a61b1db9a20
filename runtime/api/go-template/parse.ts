import { lex, lineEnd } from './lex';
import type { Part, Token } from './lex';
import type {
  ArgumentNode,
  BranchNode,
  CommandNode,
  Definition,
  ListNode,
  NamePart,
  ParsedTemplate,
  PipelineNode,
  Place,
  TemplateError,
  VariableNode,
} from './nodes';

type Action = Extract<Part, { type: 'action' }>;

export interface ParseOptions {
  /** Whether a function of that name may be called; all may if this isn't given. */
  isFunction?(name: string): boolean;
}

/**
 * Parses a template as text/template does, and goes on after an error: each action that can't be read is reported and
 * left out. Never throws.
 */
export function parseTemplate(text: string, options: ParseOptions = {}): ParsedTemplate {
  return new Parser(text, options).run();
}

/** A control structure whose end hasn't come yet. */
interface Open {
  keyword: string;
  action: Action;
  list: ListNode;
  branch?: BranchNode;
  /** `else if` is closed by the same end as the branch that it belongs to. */
  chained?: boolean;
  definition?: Definition;
  hasElse?: boolean;
  variables: number;
}

const keywords = new Set(['if', 'with', 'range', 'else', 'end', 'define', 'block', 'template', 'break', 'continue']);

class Failure extends Error {
  constructor(
    readonly place: Place,
    message: string,
  ) {
    super(message);
  }
}

class Parser {
  private readonly errors: TemplateError[] = [];
  private readonly definitions: Definition[] = [];
  private readonly body: ListNode = { nodes: [] };
  private readonly stack: Open[] = [];
  private variables: string[] = ['$'];

  constructor(
    private readonly text: string,
    private readonly options: ParseOptions,
  ) {}

  run(): ParsedTemplate {
    for (const part of lex(this.text)) {
      if (part.type === 'text') this.list.nodes.push(part);
      else if (part.type === 'action') this.action(part);
    }
    for (const { action, keyword } of this.stack.filter(({ chained }) => !chained)) {
      this.errors.push({
        start: action.start,
        end: lineEnd(this.text, action.start),
        message: `unexpected EOF: {{${keyword}}} has no {{end}}`,
      });
    }
    this.errors.sort((a, b) => a.start - b.start);
    return { body: this.body, definitions: this.definitions, errors: this.errors };
  }

  private get list(): ListNode {
    return this.stack.at(-1)?.list ?? this.body;
  }

  private action(action: Action): void {
    if (action.error) this.errors.push(action.error);
    const tokens = action.tokens.filter(({ type }, i, all) => type !== 'space' || (i > 0 && i < all.length - 1));
    const [first] = tokens;
    const keyword = first?.type === 'identifier' && keywords.has(first.text) ? first.text : undefined;
    try {
      if (keyword) this.control(keyword, action, tokens.slice(1), first!);
      else if (!action.error) this.plain(action, tokens);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { start, end } = error.place;
      if (!action.error) this.errors.push({ start, end: Math.max(end, start + 1), message: error.message });
      this.recover(keyword, action);
    }
  }

  /** A structure that can't be read is still one that an end belongs to. */
  private recover(keyword: string | undefined, action: Action): void {
    if (!keyword || !['if', 'with', 'range', 'define', 'block'].includes(keyword)) return;
    this.push({ keyword, action, list: { nodes: [] }, variables: this.variables.length });
  }

  private push(open: Open): void {
    this.stack.push(open);
  }

  private plain(action: Action, tokens: Token[]): void {
    if (tokens.length === 0) throw new Failure(action, 'missing value for command');
    const pipeline = this.pipeline(tokens, action, 'command');
    this.list.nodes.push({ type: 'action', start: action.start, end: action.end, pipeline });
  }

  private control(keyword: string, action: Action, rest: Token[], word: Token): void {
    switch (keyword) {
      case 'if':
      case 'with':
      case 'range':
        return this.branch(keyword, action, rest);
      case 'else':
        return this.otherwise(action, rest, word);
      case 'end':
        return this.end(action, rest, word);
      case 'define':
      case 'block':
        return this.define(keyword, action, rest);
      case 'template':
        return this.template(action, rest);
      default:
        return this.jump(keyword as 'break' | 'continue', action, rest, word);
    }
  }

  private branch(type: 'if' | 'with' | 'range', action: Action, rest: Token[], chained = false): void {
    const variables = this.variables.length;
    const pipeline = this.pipeline(rest, action, type);
    const branch: BranchNode = { type, start: action.start, end: action.end, pipeline, body: { nodes: [] } };
    this.list.nodes.push(branch);
    this.push({ keyword: type, action, list: branch.body, branch, chained, variables });
  }

  private otherwise(action: Action, rest: Token[], word: Token): void {
    const open = this.stack.at(-1);
    if (!open || open.definition) throw new Failure(word, 'unexpected {{else}}');
    if (open.hasElse) throw new Failure(word, `expected end; found {{else}}`);
    open.hasElse = true;
    open.list = { nodes: [] };
    this.variables.length = Math.min(
      this.variables.length,
      open.variables + (open.branch?.pipeline.variables.length ?? 0),
    );
    if (open.branch) open.branch.otherwise = open.list;
    const tokens = rest[0]?.type === 'space' ? rest.slice(1) : rest;
    const [first] = tokens;
    if (!first) return;
    const again = first.text === 'if' || first.text === 'with' ? first.text : undefined;
    if (first.type !== 'identifier' || !again) throw new Failure(first, `unexpected ${describe(first)} in else`);
    this.branch(again, action, tokens.slice(1), true);
  }

  private end(action: Action, rest: Token[], word: Token): void {
    const extra = rest.find(({ type }) => type !== 'space');
    if (extra) throw new Failure(extra, `unexpected ${describe(extra)} in end`);
    if (this.stack.length === 0) throw new Failure(word, 'unexpected {{end}}');
    for (let open = this.stack.pop(); open; open = this.stack.pop()) {
      this.variables.length = open.variables;
      if (open.branch) open.branch.end = action.end;
      if (open.definition) open.definition.end = action.end;
      if (!open.chained) return;
    }
  }

  private define(keyword: 'define' | 'block', action: Action, rest: Token[]): void {
    const tokens = rest[0]?.type === 'space' ? rest.slice(1) : rest;
    const [name, ...more] = tokens;
    if (name?.type !== 'string') throw new Failure(name ?? action, `unexpected ${describe(name)} in ${keyword} clause`);
    if (keyword === 'define' && this.stack.length > 0) throw new Failure(action, 'unexpected {{define}}');
    const extra = keyword === 'define' ? more.find(({ type }) => type !== 'space') : undefined;
    if (extra) throw new Failure(extra, `unexpected ${describe(extra)} in define clause`);
    const definition: Definition = {
      start: action.start,
      end: action.end,
      name: unquote(name),
      nameRange: name,
      body: { nodes: [] },
    };
    if (keyword === 'block') {
      const pipeline = this.pipeline(more, action, 'block clause');
      this.list.nodes.push({
        type: 'template',
        start: action.start,
        end: action.end,
        name: definition.name,
        nameRange: name,
        pipeline,
      });
    }
    this.definitions.push(definition);
    this.push({ keyword, action, list: definition.body, definition, variables: this.variables.length });
  }

  private template(action: Action, rest: Token[]): void {
    const tokens = rest[0]?.type === 'space' ? rest.slice(1) : rest;
    const [name, ...more] = tokens;
    if (name?.type !== 'string') throw new Failure(name ?? action, `unexpected ${describe(name)} in template clause`);
    const hasPipeline = more.some(({ type }) => type !== 'space');
    const node = {
      type: 'template' as const,
      start: action.start,
      end: action.end,
      name: unquote(name),
      nameRange: name,
    };
    this.list.nodes.push(hasPipeline ? { ...node, pipeline: this.pipeline(more, action, 'template clause') } : node);
  }

  private jump(type: 'break' | 'continue', action: Action, rest: Token[], word: Token): void {
    const extra = rest.find((token) => token.type !== 'space');
    if (extra) throw new Failure(extra, `unexpected ${describe(extra)} in {{${type}}}`);
    if (!this.stack.some(({ keyword }) => keyword === 'range'))
      throw new Failure(word, `{{${type}}} outside {{range}}`);
    this.list.nodes.push({ type, start: action.start, end: action.end });
  }

  private pipeline(tokens: readonly Token[], action: Place, context: string): PipelineNode {
    return new PipelineParser(tokens, action, context, this.variables, this.options, this.errors).run();
  }
}

function describe(token: Token | undefined): string {
  if (!token) return '"}}"';
  return token.type === 'space' ? 'space' : `<${token.text}>`;
}

class PipelineParser {
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
    if (extra) throw new Failure(extra, `unexpected ${describe(extra)} in ${this.context}`);
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

  private missing(piped: boolean): Failure {
    const token = this.tokens[this.at];
    const place = token ?? { start: Math.max(this.action.start, this.action.end - 2), end: this.action.end };
    if (token && token.type !== 'close') return new Failure(token, `unexpected ${describe(token)} in ${this.context}`);
    return new Failure(piped ? place : this.action, `missing value for ${this.context}`);
  }

  /** What comes after a `|` is called with what came before. */
  private checkStage({ args: [first] }: CommandNode): void {
    if (first && ['string', 'number', 'dot', 'nil', 'true', 'false'].includes(first.type))
      throw new Failure(first, 'non executable command in pipeline');
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
    if (!this.variables.includes(variable.name)) throw new Failure(variable, `undefined variable "${variable.name}"`);
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
          throw new Failure(next, `unexpected ${describe(next)} in operand`);
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
      throw new Failure(names[0]!, `unexpected . after term ${JSON.stringify(node.type)}`);
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
      throw new Failure(
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

function unquote({ text }: Token): string {
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
