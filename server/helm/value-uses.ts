import type {
  ArgumentNode,
  BranchNode,
  ListNode,
  NamePart,
  ParsedTemplate,
  PipelineNode,
  StatementNode,
} from '../../runtime/api/go-template';

/** A template's mention of a value. */
export interface ValueUse {
  /** Below `.Values`: `image`, `tag`. `*` is any element of a list or map. */
  readonly path: readonly string[];
  /** The names that are written here, the last ones of the path. */
  readonly parts: readonly NamePart[];
  /** What stands there is fine with the value's absence, or the whole of it is only looked at. */
  readonly guarded: boolean;
  /** So many steps of the path a condition around has found to be there. */
  readonly checked: number;
}

/** What `.` is: the root, something below `.Values`, or nothing that can be told. */
export type Dot =
  | { readonly kind: 'root' }
  | { readonly kind: 'value'; readonly path: readonly string[] }
  | { readonly kind: 'unknown' };

const root: Dot = { kind: 'root' };
const unknown: Dot = { kind: 'unknown' };

/** Functions that take a value for what it may not be. */
const lenient = new Set([
  'default',
  'coalesce',
  'empty',
  'hasKey',
  'dig',
  'ternary',
  'and',
  'or',
  'not',
  'required',
  'get',
  'kindIs',
  'kindOf',
  'typeIs',
  'typeOf',
  'any',
  'all',
  'index',
  'pluck',
  'toYaml',
  'toJson',
  'merge',
  'mergeOverwrite',
  'quote',
  'squote',
  'eq',
  'ne',
  'tpl',
  'include',
  'dict',
  'list',
]);

interface Scope {
  readonly dot: Dot;
  readonly variables: ReadonlyMap<string, Dot>;
  /** Values that a condition around has found to be there. */
  readonly checked: readonly (readonly string[])[];
}

/** All mentions of values in a template and in what it defines. */
export function valueUses(parsed: ParsedTemplate): ValueUse[] {
  const uses: ValueUse[] = [];
  const visitor = new Visitor(uses);
  for (const body of [parsed.body, ...parsed.definitions.map((each) => each.body)]) visitor.list(body, start);
  return uses;
}

const start: Scope = { dot: root, variables: new Map([['$', root]]), checked: [] };

/** What `.` is at an offset. */
export function scopeAt(parsed: ParsedTemplate, offset: number): { dot: Dot; variables: ReadonlyMap<string, Dot> } {
  const visitor = new Visitor([], offset);
  for (const body of [parsed.body, ...parsed.definitions.map((each) => each.body)]) visitor.list(body, start);
  return visitor.found;
}

class Visitor {
  found: Scope = start;

  constructor(
    private readonly uses: ValueUse[],
    private readonly offset = -1,
  ) {}

  list({ nodes }: ListNode, scope: Scope): void {
    let current = scope;
    for (const node of nodes) {
      if (node.start <= this.offset) this.found = current;
      current = this.statement(node, current);
    }
  }

  private statement(node: StatementNode, scope: Scope): Scope {
    if (node.type === 'action') return this.pipeline(node.pipeline, scope, false);
    if (node.type === 'template' && node.pipeline) this.pipeline(node.pipeline, scope, true);
    if (node.type === 'if' || node.type === 'with' || node.type === 'range') this.branch(node, scope);
    return scope;
  }

  private branch(node: BranchNode, scope: Scope): void {
    const { pipeline, body, otherwise, type } = node;
    const inner = this.pipeline(pipeline, scope, true);
    const value = valueOf(pipeline, scope);
    const checked = [...scope.checked, ...mentioned(pipeline, scope)];
    const element: Dot = value.kind === 'value' ? { kind: 'value', path: [...value.path, '*'] } : unknown;
    const dot = type === 'with' ? value : type === 'range' ? element : scope.dot;
    const variables = new Map(inner.variables);
    if (type === 'range') {
      const last = pipeline.variables.at(-1);
      for (const { name } of pipeline.variables) variables.set(name, name === last?.name ? element : unknown);
    }
    this.inside(body, node, { dot, variables, checked });
    if (otherwise) this.list(otherwise, { ...inner, checked });
  }

  /** Of a place behind the last statement of a body, its scope is that of the body. */
  private inside(body: ListNode, node: BranchNode, scope: Scope): void {
    if (node.pipeline.end <= this.offset && this.offset <= node.end) this.found = scope;
    this.list(body, scope);
  }

  private pipeline(pipeline: PipelineNode, scope: Scope, guarded: boolean): Scope {
    const functions = pipeline.commands.flatMap(({ args: [first] }) =>
      first?.type === 'identifier' ? [first.name] : [],
    );
    const isGuarded = guarded || pipeline.variables.length > 0 || functions.some((name) => lenient.has(name));
    for (const { args } of pipeline.commands) for (const arg of args) this.argument(arg, scope, isGuarded);
    if (pipeline.variables.length === 0) return scope;
    const variables = new Map(scope.variables);
    for (const { name } of pipeline.variables) variables.set(name, valueOf(pipeline, scope));
    return { ...scope, variables };
  }

  private argument(node: ArgumentNode, scope: Scope, guarded: boolean): void {
    if (node.type === 'pipeline') {
      this.pipeline(node, scope, guarded);
      return;
    }
    if (node.type === 'chain') {
      this.argument(node.target, scope, true);
      const below = dotOf(node.target, scope);
      if (below.kind === 'value') this.use([...below.path, ...node.names.map(({ name }) => name)], node.names, true);
      return;
    }
    const found = dotOf(node, scope);
    if (found.kind !== 'value' || (node.type !== 'field' && node.type !== 'variable')) {
      if (found.kind === 'value' && node.type === 'dot') this.use(found.path, [], true);
      return;
    }
    const names = node.names.filter(({ name }, i) => !(i === 0 && name === 'Values' && isRootField(node, scope)));
    const checked = scope.checked.filter((path) => path.every((step, i) => found.path[i] === step));
    this.use(found.path, names, guarded, Math.max(0, ...checked.map(({ length }) => length)));
  }

  private use(path: readonly string[], parts: readonly NamePart[], guarded: boolean, checked = 0): void {
    this.uses.push({ path, parts, guarded, checked });
  }
}

function isRootField(node: ArgumentNode, scope: Scope): boolean {
  if (node.type === 'field') return scope.dot.kind === 'root' || node.names[0]?.name === 'Values';
  return node.type === 'variable' && scope.variables.get(node.name)?.kind === 'root';
}

/** What an argument is, if it is something below `.Values`. */
function dotOf(node: ArgumentNode, scope: Scope): Dot {
  if (node.type === 'dot') return scope.dot;
  if (node.type === 'field') {
    // `.Values` is the chart's wherever it is written: who passes another dot passes the root in it, or means it so.
    if (node.names[0]?.name === 'Values') return below({ kind: 'root' }, node.names);
    return below(scope.dot, node.names);
  }
  if (node.type === 'variable') return below(scope.variables.get(node.name) ?? unknown, node.names);
  if (node.type === 'pipeline') return valueOf(node, scope);
  if (node.type === 'chain') return below(dotOf(node.target, scope), node.names);
  return unknown;
}

function below(dot: Dot, names: readonly NamePart[]): Dot {
  const steps = names.map(({ name }) => name);
  if (steps.length === 0) return dot;
  if (dot.kind === 'value') return { kind: 'value', path: [...dot.path, ...steps] };
  return dot.kind === 'root' && steps[0] === 'Values' ? { kind: 'value', path: steps.slice(1) } : unknown;
}

/** A pipeline of one plain argument is that argument. */
function valueOf({ commands }: PipelineNode, scope: Scope): Dot {
  const [command, ...rest] = commands;
  const [first, ...args] = command?.args ?? [];
  return first && args.length === 0 && rest.length === 0 ? dotOf(first, scope) : unknown;
}

function mentioned({ commands }: PipelineNode, scope: Scope): (readonly string[])[] {
  return commands.flatMap(({ args }) =>
    args.flatMap((arg): (readonly string[])[] => {
      if (arg.type === 'pipeline') return mentioned(arg, scope);
      const found = dotOf(arg, scope);
      return found.kind === 'value' && found.path.length > 0 ? [found.path] : [];
    }),
  );
}
