import { builtins } from './builtins';
import type { GoFunction } from './builtins';
import type {
  ArgumentNode,
  BranchNode,
  CommandNode,
  ListNode,
  NamePart,
  PipelineNode,
  Place,
  StatementNode,
  TemplateNode,
} from './nodes';
import { getKey, GoStruct, isMap, isNil, isTrue, print, sortedKeys, ValueError } from './values';

/** A template that can be executed: its own body, and where it is written. */
export interface Executable {
  /** Of the file or of the definition. */
  readonly name: string;
  /** What offsets are of. */
  readonly file: string;
  readonly text: string;
  readonly body: ListNode;
}

/** Why a template can't be executed, in text/template's words; `calls` led there, innermost first. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';

  constructor(
    readonly problem: string,
    readonly file: string,
    readonly place: Place,
    message: string,
    readonly calls: readonly { file: string; place: Place }[] = [],
  ) {
    super(message);
  }
}

/** What was written, and by which node. */
export interface Chunk {
  readonly text: string;
  readonly place: Place;
}

export interface ExecuteOptions {
  readonly functions: Readonly<Record<string, GoFunction>>;
  lookUp(name: string): Executable | undefined;
  /** Asked once a node: throws when it has gone on for too long. */
  tick?(): void;
}

/** text/template's own limit is 100,000; each level takes more of the stack here. */
export const maxDepth = 1000;
/** What a template may write in all. */
const maxOutput = 32 * 1024 * 1024;

interface Variable {
  name: string;
  value: unknown;
}

class Jump extends Error {
  constructor(readonly type: 'break' | 'continue') {
    super(type);
  }
}

/** Executes a template with a value for its dot. Throws `ExecutionError`. */
export function execute(template: Executable, data: unknown, options: ExecuteOptions, depth = 0): Chunk[] {
  const run = new Execution(template, options, depth, { chunks: [], size: 0 }, [{ name: '$', value: data }]);
  run.list(template.body, data);
  return run.output.chunks;
}

/** How deep templates are in each other, for functions that execute templates themselves. */
export interface CallContext {
  readonly depth: number;
}

/** A function that is told how deep it is called. */
export const withDepth = Symbol('withDepth');
export type DepthFunction = GoFunction & { [withDepth]?: (depth: number, args: unknown[]) => unknown };

class Execution {
  constructor(
    private readonly template: Executable,
    private readonly options: ExecuteOptions,
    private readonly depth: number,
    readonly output: { chunks: Chunk[]; size: number },
    private readonly variables: Variable[],
  ) {}

  list(list: ListNode, dot: unknown): void {
    for (const node of list.nodes) this.statement(node, dot);
  }

  private statement(node: StatementNode, dot: unknown): void {
    this.options.tick?.();
    switch (node.type) {
      case 'text':
        return this.write(node.text, node);
      case 'action': {
        const value = this.pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0)
          this.write(isNil(value) ? '' : print(value).replaceAll('<no value>', ''), node);
        return;
      }
      case 'template':
        return this.call(node, dot);
      case 'break':
      case 'continue':
        throw new Jump(node.type);
      default:
        return this.branch(node, dot);
    }
  }

  private write(text: string, place: Place): void {
    if (text === '') return;
    this.output.size += text.length;
    if (this.output.size > maxOutput) throw this.error(place, 'the template writes too much');
    this.output.chunks.push({ text, place });
  }

  private call(node: TemplateNode, dot: unknown): void {
    const value = node.pipeline ? this.pipeline(node.pipeline, dot) : null;
    const template = this.options.lookUp(node.name);
    if (!template) throw this.error(node, `template ${JSON.stringify(node.name)} not defined`);
    if (this.depth >= maxDepth) throw this.error(node, `exceeded maximum template depth (${maxDepth})`);
    const inner = { chunks: [] as Chunk[], size: this.output.size };
    const run = new Execution(template, this.options, this.depth + 1, inner, [{ name: '$', value }]);
    try {
      run.list(template.body, value);
    } catch (error) {
      throw this.called(error, node);
    }
    for (const { text } of inner.chunks) this.write(text, node);
  }

  /** An error of something that was called from here. */
  private called(error: unknown, place: Place): unknown {
    if (!(error instanceof ExecutionError)) return error;
    const { problem, file, place: at, message, calls } = error;
    return new ExecutionError(problem, file, at, message, [...calls, { file: this.template.file, place }]);
  }

  private scoped(act: () => void): void {
    const { length } = this.variables;
    try {
      act();
    } finally {
      this.variables.length = length;
    }
  }

  private branch(node: BranchNode, dot: unknown): void {
    if (node.type === 'range') return this.scoped(() => this.range(node, dot));
    this.scoped(() => {
      const value = this.pipeline(node.pipeline, dot);
      if (isTrue(value)) this.list(node.body, node.type === 'with' ? value : dot);
      else if (node.otherwise) this.list(node.otherwise, dot);
    });
  }

  private range(node: BranchNode, dot: unknown): void {
    const { pipeline, body, otherwise } = node;
    const value = this.commands(pipeline, dot);
    const { length } = this.variables;
    let empty = true;
    const step = (key: unknown, element: unknown): boolean => {
      empty = false;
      this.variables.length = length;
      this.bindRange(pipeline, key, element);
      return this.once(() => this.list(body, element));
    };
    if (Array.isArray(value)) for (const [i, item] of value.entries()) if (!step(BigInt(i), item)) break;
    if (typeof value === 'bigint') for (let i = 0n; i < value; i++) if (!step(i, i)) break;
    if (isMap(value)) for (const key of sortedKeys(value)) if (!step(key, value[key])) break;
    const iterable = isNil(value) || Array.isArray(value) || typeof value === 'bigint' || isMap(value);
    if (!iterable) throw this.error(pipeline, `range can't iterate over ${print(value)}`);
    this.variables.length = length;
    if (empty && otherwise) this.list(otherwise, dot);
  }

  private bindRange({ variables, assigns }: PipelineNode, key: unknown, element: unknown): void {
    const [first, second] = variables;
    const set = (name: string | undefined, value: unknown): void => {
      if (name === undefined) return;
      if (assigns) this.assign(name, value);
      else this.variables.push({ name, value });
    };
    if (second) {
      set(first?.name, key);
      set(second.name, element);
    } else {
      set(first?.name, element);
    }
  }

  /** Runs a loop's body; false if it was broken out of. */
  private once(body: () => void): boolean {
    try {
      this.scoped(body);
      return true;
    } catch (error) {
      if (!(error instanceof Jump)) throw error;
      return error.type === 'continue';
    }
  }

  private assign(name: string, value: unknown): void {
    const variable = this.variables.findLast((other) => other.name === name);
    if (variable) variable.value = value;
  }

  private pipeline(pipeline: PipelineNode, dot: unknown): unknown {
    const value = this.commands(pipeline, dot);
    for (const { name } of pipeline.variables) {
      if (pipeline.assigns) this.assign(name, value);
      else this.variables.push({ name, value });
    }
    return value;
  }

  private commands({ commands }: PipelineNode, dot: unknown): unknown {
    let value: unknown;
    for (const [i, command] of commands.entries()) value = this.command(command, dot, i > 0 ? [value] : []);
    return value;
  }

  private command({ args }: CommandNode, dot: unknown, final: readonly unknown[]): unknown {
    const [first, ...rest] = args;
    if (!first) return null;
    switch (first.type) {
      case 'identifier':
        return this.function(first, rest, dot, final);
      case 'field':
        return this.fields(dot, first.names, first, rest, dot, final);
      case 'variable':
        return this.fields(this.variable(first.name), first.names, first, rest, dot, final);
      case 'chain':
        return this.fields(this.argument(first.target, dot), first.names, first, rest, dot, final);
      default:
        if (rest.length > 0 || final.length > 0)
          throw this.error(first, `can't give argument to non-function ${this.source(first)}`);
        if (first.type === 'nil') throw this.error(first, 'nil is not a command');
        return this.argument(first, dot);
    }
  }

  private argument(node: ArgumentNode, dot: unknown): unknown {
    switch (node.type) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'true':
      case 'false':
        return node.type === 'true';
      case 'string':
      case 'number':
        return node.value;
      case 'pipeline':
        return this.pipeline(node, dot);
      default:
        return this.command({ args: [node], start: node.start, end: node.end }, dot, []);
    }
  }

  private variable(name: string): unknown {
    return this.variables.findLast((variable) => variable.name === name)?.value;
  }

  private fields(
    from: unknown,
    names: readonly NamePart[],
    node: ArgumentNode,
    args: readonly ArgumentNode[],
    dot: unknown,
    final: readonly unknown[],
  ): unknown {
    let value = from;
    const given = args.length > 0 || final.length > 0;
    if (names.length === 0 && given) throw this.error(node, `can't give argument to non-function ${this.source(node)}`);
    for (const [i, { name }] of names.entries()) {
      const last = i === names.length - 1;
      const values = last ? [...args.map((arg) => this.argument(arg, dot)), ...final] : [];
      value = this.field(value, name, node, values, last && given);
    }
    return value;
  }

  private field(value: unknown, name: string, node: ArgumentNode, args: unknown[], given: boolean): unknown {
    if (value instanceof GoStruct) return this.member(value, name, node, args);
    if (isMap(value)) {
      if (given) throw this.error(node, `${name} is not a method but has arguments`);
      return getKey(value, name);
    }
    if (isNil(value)) throw this.error(node, `nil pointer evaluating interface {}.${name}`);
    throw this.error(node, `can't evaluate field ${name} in type interface {}`);
  }

  private member(struct: GoStruct, name: string, node: ArgumentNode, args: unknown[]): unknown {
    const method = Object.hasOwn(struct.methods, name) ? struct.methods[name] : undefined;
    if (method) return this.guarded(node, name, () => method(...args));
    if (Object.hasOwn(struct.fields, name)) return struct.fields[name];
    throw this.error(node, `can't evaluate field ${name} in type ${struct.typeName}`);
  }

  private function(
    node: ArgumentNode & { type: 'identifier' },
    args: readonly ArgumentNode[],
    dot: unknown,
    final: readonly unknown[],
  ): unknown {
    const { name } = node;
    const own = Object.hasOwn(this.options.functions, name) ? this.options.functions[name] : undefined;
    const called = own ?? (Object.hasOwn(builtins, name) ? builtins[name] : undefined);
    if (!called) throw this.error(node, `function ${JSON.stringify(name)} not defined`);
    if (!own && (name === 'and' || name === 'or')) return this.logical(name, args, dot, final);
    const values = [...args.map((arg) => this.argument(arg, dot)), ...final];
    const deep = (called as DepthFunction)[withDepth];
    const place = { start: node.start, end: args.at(-1)?.end ?? node.end };
    return this.guarded(place, name, () => (deep ? deep(this.depth + 1, values) : called(...values)));
  }

  /** Arguments after the one that decides are not evaluated. */
  private logical(name: 'and' | 'or', args: readonly ArgumentNode[], dot: unknown, final: readonly unknown[]): unknown {
    let value: unknown;
    for (const arg of args) {
      value = this.argument(arg, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final.length > 0 ? final[0] : value;
  }

  private guarded(node: Place, name: string, act: () => unknown): unknown {
    try {
      return act();
    } catch (error) {
      if (error instanceof ExecutionError) throw this.called(error, node);
      if (error instanceof ValueError) throw this.error(node, `error calling ${name}: ${error.message}`);
      if (error instanceof RangeError) throw this.error(node, 'the template nests too deep');
      throw error;
    }
  }

  private source({ start, end }: Place): string {
    return this.template.text.slice(start, end);
  }

  private error(place: Place, problem: string): ExecutionError {
    const { file, name, text } = this.template;
    const before = text.slice(0, place.start);
    const line = before.split('\n').length;
    const column = place.start - (before.lastIndexOf('\n') + 1);
    const context = this.source(place);
    const shown = context.length > 20 ? `${context.slice(0, 20)}...` : context;
    const message = `template: ${file}:${line}:${column}: executing ${JSON.stringify(name)} at <${shown}>: ${problem}`;
    return new ExecutionError(problem, file, place, message);
  }
}
