/** The tree of a Go template, as text/template has it, with places: UTF-16 offsets in the text. */
export interface Place {
  start: number;
  end: number;
}

export interface TextNode extends Place {
  type: 'text';
  /** With what `{{-` and `-}}` trim taken off. */
  text: string;
}

export interface ActionNode extends Place {
  type: 'action';
  pipeline: PipelineNode;
}

export interface BranchNode extends Place {
  type: 'if' | 'with' | 'range';
  pipeline: PipelineNode;
  body: ListNode;
  otherwise?: ListNode;
}

export interface TemplateNode extends Place {
  type: 'template';
  name: string;
  /** Of the name, with its quotes. */
  nameRange: Place;
  pipeline?: PipelineNode;
}

export interface JumpNode extends Place {
  type: 'break' | 'continue';
}

export type StatementNode = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode;

export interface ListNode {
  nodes: StatementNode[];
}

export interface PipelineNode extends Place {
  type: 'pipeline';
  /** `$a, $b := …` or `$a = …`. */
  variables: VariableNode[];
  assigns: boolean;
  commands: CommandNode[];
}

export interface CommandNode extends Place {
  args: ArgumentNode[];
}

export interface FieldNode extends Place {
  type: 'field';
  /** `.Values.a` → Values, a; each with its place. */
  names: NamePart[];
}

export interface NamePart extends Place {
  name: string;
}

export interface VariableNode extends Place {
  type: 'variable';
  /** With its `$`. */
  name: string;
  names: NamePart[];
}

/** `(pipeline).field` */
export interface ChainNode extends Place {
  type: 'chain';
  target: ArgumentNode;
  names: NamePart[];
}

export interface IdentifierNode extends Place {
  type: 'identifier';
  name: string;
}

export interface StringNode extends Place {
  type: 'string';
  value: string;
}

export interface NumberNode extends Place {
  type: 'number';
  /** bigint for an integer, number for a float. */
  value: bigint | number;
}

export interface WordNode extends Place {
  type: 'dot' | 'nil' | 'true' | 'false';
}

export type ArgumentNode =
  FieldNode | VariableNode | ChainNode | IdentifierNode | StringNode | NumberNode | WordNode | PipelineNode;

/** `define` or `block`. */
export interface Definition extends Place {
  name: string;
  nameRange: Place;
  body: ListNode;
}

export interface TemplateError extends Place {
  message: string;
}

export interface ParsedTemplate {
  body: ListNode;
  definitions: Definition[];
  /** In the order of their places. What is wrong is left out of the tree, so that the rest can be looked at. */
  errors: TemplateError[];
}

/** Calls back with every node below, statements and arguments. */
export function walk(list: ListNode, visit: (node: StatementNode | ArgumentNode) => void): void {
  for (const node of list.nodes) {
    visit(node);
    if ('pipeline' in node && node.pipeline) walkPipeline(node.pipeline, visit);
    if (node.type === 'if' || node.type === 'with' || node.type === 'range') {
      walk(node.body, visit);
      if (node.otherwise) walk(node.otherwise, visit);
    }
  }
}

export function walkPipeline(pipeline: PipelineNode, visit: (node: StatementNode | ArgumentNode) => void): void {
  visit(pipeline);
  for (const variable of pipeline.variables) visit(variable);
  for (const { args } of pipeline.commands) for (const arg of args) walkArgument(arg, visit);
}

function walkArgument(arg: ArgumentNode, visit: (node: StatementNode | ArgumentNode) => void): void {
  if (arg.type === 'pipeline') return walkPipeline(arg, visit);
  visit(arg);
  if (arg.type === 'chain') walkArgument(arg.target, visit);
}
