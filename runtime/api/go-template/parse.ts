import { lex, lineEnd } from './lex';
import type { Part, Token } from './lex';
import type { BranchNode, Definition, ListNode, ParsedTemplate, PipelineNode, Place, TemplateError } from './nodes';
import { describe, ParseFailure, PipelineParser, unquote } from './parse-pipeline';
import type { ParseOptions } from './parse-pipeline';

type Action = Extract<Part, { type: 'action' }>;

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
      if (!(error instanceof ParseFailure)) throw error;
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
    if (tokens.length === 0) throw new ParseFailure(action, 'missing value for command');
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
    if (!open || open.definition) throw new ParseFailure(word, 'unexpected {{else}}');
    if (open.hasElse) throw new ParseFailure(word, `expected end; found {{else}}`);
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
    if (first.type !== 'identifier' || !again) throw new ParseFailure(first, `unexpected ${describe(first)} in else`);
    this.branch(again, action, tokens.slice(1), true);
  }

  private end(action: Action, rest: Token[], word: Token): void {
    const extra = rest.find(({ type }) => type !== 'space');
    if (extra) throw new ParseFailure(extra, `unexpected ${describe(extra)} in end`);
    if (this.stack.length === 0) throw new ParseFailure(word, 'unexpected {{end}}');
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
    if (name?.type !== 'string') throw new ParseFailure(name ?? action, `unexpected ${describe(name)} in ${keyword} clause`);
    if (keyword === 'define' && this.stack.length > 0) throw new ParseFailure(action, 'unexpected {{define}}');
    const extra = keyword === 'define' ? more.find(({ type }) => type !== 'space') : undefined;
    if (extra) throw new ParseFailure(extra, `unexpected ${describe(extra)} in define clause`);
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
    if (name?.type !== 'string') throw new ParseFailure(name ?? action, `unexpected ${describe(name)} in template clause`);
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
    if (extra) throw new ParseFailure(extra, `unexpected ${describe(extra)} in {{${type}}}`);
    if (!this.stack.some(({ keyword }) => keyword === 'range'))
      throw new ParseFailure(word, `{{${type}}} outside {{range}}`);
    this.list.nodes.push({ type, start: action.start, end: action.end });
  }

  private pipeline(tokens: readonly Token[], action: Place, context: string): PipelineNode {
    return new PipelineParser(tokens, action, context, this.variables, this.options, this.errors).run();
  }
}
