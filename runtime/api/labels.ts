import { finding, Path } from './finding';
import type { Finding } from './finding';
import { labelValueProblems, qualifiedNameProblems } from './names';

export type SelectorOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'gt' | 'lt' | 'exists' | '!';

/** A selector that can't be understood, in upstream's words. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

export interface LabelSelectorLike {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

export type LabelMap = Readonly<Record<string, string>>;

const BINARY_OPERATORS = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'] as const;
const OPERATORS: readonly string[] = [...BINARY_OPERATORS, 'exists', '!'];
const INT64 = /^[+-]?\d{1,19}$/;

function valueCountFinding(operator: SelectorOperator, values: readonly string[], at: Path): Finding | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length > 0) return undefined;
      return finding.invalid(at, values, "for 'in', 'notin' operators, values set can't be empty");
    case '=':
    case '==':
    case '!=':
      if (values.length === 1) return undefined;
      return finding.invalid(at, values, 'exact-match compatibility requires one single value');
    case 'exists':
    case '!':
      if (values.length === 0) return undefined;
      return finding.invalid(at, values, 'values set must be empty for exists and does not exist');
    default:
      if (values.length === 1) return undefined;
      return finding.invalid(at, values, "for 'Gt', 'Lt' operators, exactly one value is required");
  }
}

function requirementFindings(key: string, operator: SelectorOperator, values: readonly string[]): Finding[] {
  const found: Finding[] = [];
  const keyProblems = qualifiedNameProblems(key);
  if (keyProblems.length) found.push(finding.invalid(Path.of('key'), key, keyProblems.join('; ')));
  const valuesPath = Path.of('values');
  if (!OPERATORS.includes(operator)) found.push(finding.notSupported(Path.of('operator'), operator, OPERATORS));
  else {
    const count = valueCountFinding(operator, values, valuesPath);
    if (count) found.push(count);
  }
  if (operator === 'gt' || operator === 'lt') {
    values.forEach((value, i) => {
      if (INT64.test(value)) return;
      found.push(finding.invalid(valuesPath.index(i), value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    });
  }
  values.forEach((value, i) => {
    const problems = labelValueProblems(value);
    if (problems.length) found.push(finding.invalid(valuesPath.index(i).key(key), value, problems.join('; ')));
  });
  return found;
}

/** Several field errors joined as Go's aggregate prints them. */
function aggregate(found: readonly Finding[]): string {
  const texts = [...new Set(found.map(({ path, message }) => `${path}: ${message}`))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

const has = (labels: LabelMap, key: string) => Object.prototype.hasOwnProperty.call(labels, key);

/** One condition on one label key. */
export class Requirement {
  private constructor(
    readonly key: string,
    readonly operator: SelectorOperator,
    readonly values: readonly string[],
  ) {}

  /** Throws `SelectorError` if key, operator and values don't go together. */
  static of(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
    const found = requirementFindings(key, operator, values);
    if (found.length) throw new SelectorError(aggregate(found));
    return new Requirement(key, operator, values);
  }

  /** Without the checks: for keys and values that were validated before. */
  static trusted(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
    return new Requirement(key, operator, values);
  }

  matches(labels: LabelMap): boolean {
    switch (this.operator) {
      case '=':
      case '==':
      case 'in':
        return has(labels, this.key) && this.values.includes(labels[this.key] ?? '');
      case '!=':
      case 'notin':
        return !has(labels, this.key) || !this.values.includes(labels[this.key] ?? '');
      case 'exists':
        return has(labels, this.key);
      case '!':
        return !has(labels, this.key);
      default:
        return this.comparesTo(labels);
    }
  }

  private comparesTo(labels: LabelMap): boolean {
    const value = has(labels, this.key) ? labels[this.key] : undefined;
    if (value === undefined || !INT64.test(value)) return false;
    const [left, right] = [BigInt(value.replace('+', '')), BigInt((this.values[0] ?? '0').replace('+', ''))];
    return this.operator === 'gt' ? left > right : left < right;
  }

  toString(): string {
    const values = [...this.values].sort().join(',');
    switch (this.operator) {
      case 'exists':
        return this.key;
      case '!':
        return `!${this.key}`;
      case 'in':
      case 'notin':
        return `${this.key} ${this.operator} (${values})`;
      case 'gt':
        return `${this.key}>${values}`;
      case 'lt':
        return `${this.key}<${values}`;
      default:
        return `${this.key}${this.operator}${values}`;
    }
  }
}

const NO_LABELS: LabelMap = {};

/** A label selector: every requirement holds. Immutable. */
export class Selector {
  private constructor(
    /** Sorted by key. */
    readonly requirements: readonly Requirement[],
    /** False only for the selector that selects no object at all. */
    readonly selectable: boolean,
  ) {}

  static readonly everything = new Selector([], true);
  static readonly nothing = new Selector([], false);

  static of(requirements: readonly Requirement[]): Selector {
    if (requirements.length === 0) return Selector.everything;
    return new Selector([...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)), true);
  }

  /** True if it selects every object. */
  get empty(): boolean {
    return this.selectable && this.requirements.length === 0;
  }

  matches(labels: LabelMap | undefined | null): boolean {
    if (!this.selectable) return false;
    const map = labels ?? NO_LABELS;
    for (const requirement of this.requirements) if (!requirement.matches(map)) return false;
    return true;
  }

  /** The one value that the selector allows for a key, if it pins one. */
  requiresExactMatch(key: string): string | undefined {
    const requirement = this.requirements.find((candidate) => candidate.key === key);
    if (!requirement || requirement.values.length !== 1) return undefined;
    return ['=', '==', 'in'].includes(requirement.operator) ? requirement.values[0] : undefined;
  }

  /** Canonical text: requirements by key, values sorted. */
  toString(): string {
    return this.requirements.join(',');
  }
}

type TokenKind = 'end' | 'error' | 'identifier' | 'in' | 'notin' | ')' | '(' | ',' | '!' | '==' | '=' | '>' | '<' | '!=';

interface Token {
  kind: TokenKind;
  literal: string;
}

const SYMBOL_TOKENS: readonly TokenKind[] = [')', ',', '!', '==', '=', '>', '<', '!=', '('];
const SPECIAL = '=!(),><';
const isSpace = (character: string) => character === ' ' || character === '\t' || character === '\r' || character === '\n';

function scanSymbol(text: string, start: number): Token {
  let last: TokenKind | undefined;
  let end = start;
  for (; end < text.length && SPECIAL.includes(text.charAt(end)); end++) {
    const kind = SYMBOL_TOKENS.find((candidate) => candidate === text.slice(start, end + 1));
    if (!kind && last) break;
    last = kind;
  }
  if (!last) return { kind: 'error', literal: `error expected: keyword found '${text.slice(start, end)}'` };
  return { kind: last, literal: text.slice(start, end) };
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const character = text.charAt(i);
    if (isSpace(character)) {
      i++;
      continue;
    }
    if (SPECIAL.includes(character)) {
      const token = scanSymbol(text, i);
      found.push(token);
      i += token.kind === 'error' ? text.length : token.literal.length;
      continue;
    }
    const start = i;
    while (i < text.length && !isSpace(text.charAt(i)) && !SPECIAL.includes(text.charAt(i))) i++;
    const literal = text.slice(start, i);
    found.push({ kind: literal === 'in' || literal === 'notin' ? literal : 'identifier', literal });
  }
  found.push({ kind: 'end', literal: '' });
  return found;
}

const END: Token = { kind: 'end', literal: '' };

/** Recursive descent over the tokens; every message is upstream's. */
class Parser {
  private readonly tokens: Token[];
  private position = 0;

  constructor(text: string) {
    this.tokens = tokens(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const { kind, literal } = this.peek();
      if (kind === 'end') return requirements;
      if (kind !== 'identifier' && kind !== '!') {
        throw new SelectorError(`found '${literal}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.wrappedRequirement());
      const separator = this.take();
      if (separator.kind === 'end') return requirements;
      if (separator.kind !== ',') throw new SelectorError(`found '${separator.literal}', expected: ',' or 'end of string'`);
      const next = this.peek();
      if (next.kind !== 'identifier' && next.kind !== '!') {
        throw new SelectorError(`found '${next.literal}', expected: identifier after ','`);
      }
    }
  }

  private wrappedRequirement(): Requirement {
    try {
      return this.requirement();
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
  }

  /** In the place of a key or value, `in` and `notin` are plain words. */
  private peek(words = true): Token {
    const token = this.tokens[this.position] ?? END;
    return words && (token.kind === 'in' || token.kind === 'notin') ? { ...token, kind: 'identifier' } : token;
  }

  private take(words = true): Token {
    const token = this.peek(words);
    this.position++;
    return token;
  }

  private requirement(): Requirement {
    let token = this.take();
    const negated = token.kind === '!';
    if (negated) token = this.take();
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.literal}', expected: identifier`);
    const problems = qualifiedNameProblems(token.literal);
    if (problems.length) {
      // The path of a selector that stands in no object is Go's nil.
      throw new SelectorError(`<nil>: Invalid value: ${JSON.stringify(token.literal)}: ${problems.join('; ')}`);
    }
    if (negated) return Requirement.of(token.literal, '!', []);
    const { kind } = this.peek();
    if (kind === 'end' || kind === ',') return Requirement.of(token.literal, 'exists', []);
    const operator = this.operator();
    const values = operator === 'in' || operator === 'notin' ? this.valueSet() : [this.exactValue()];
    return Requirement.of(token.literal, operator, values);
  }

  private operator(): SelectorOperator {
    const { kind, literal } = this.take(false);
    if (kind === '>') return 'gt';
    if (kind === '<') return 'lt';
    if (kind === 'in' || kind === 'notin' || kind === '=' || kind === '==' || kind === '!=') return kind;
    throw new SelectorError(`found '${literal}', expected: ${BINARY_OPERATORS.join(', ')}`);
  }

  private valueSet(): string[] {
    const open = this.take();
    if (open.kind !== '(') throw new SelectorError(`found '${open.literal}' expected: '('`);
    const first = this.peek();
    if (first.kind === ')') {
      this.take();
      return [];
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      throw new SelectorError(`found '${first.literal}', expected: ',', ')' or identifier`);
    }
    const values = this.identifiers();
    if (this.take().kind !== ')') throw new SelectorError(`found '${first.literal}', expected: ')'`);
    return [...values].sort();
  }

  private identifiers(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const token = this.take();
      if (token.kind === 'identifier') {
        values.add(token.literal);
        const next = this.peek();
        if (next.kind === ')') return values;
        if (next.kind !== ',') throw new SelectorError(`found '${next.literal}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.size === 0) values.add('');
        const next = this.peek();
        if (next.kind === ')') return values.add('');
        if (next.kind === ',') {
          this.take();
          values.add('');
        }
      } else throw new SelectorError(`found '${token.literal}', expected: ',', or identifier`);
    }
  }

  private exactValue(): string {
    const { kind } = this.peek();
    if (kind === 'end' || kind === ',') return '';
    const token = this.take();
    if (token.kind === 'identifier') return token.literal;
    throw new SelectorError(`found '${token.literal}', expected: identifier`);
  }
}

/** Parses the query form (`app=web,tier in (a,b),!canary`); throws `SelectorError`. The empty text selects everything. */
export function parseSelector(text: string): Selector {
  return Selector.of(new Parser(text).parse());
}

const EXPRESSION_OPERATORS: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** A LabelSelector field: unset selects nothing, empty selects everything. Throws `SelectorError`. */
export function selectorFromLabelSelector(selector: LabelSelectorLike | undefined | null): Selector {
  if (!selector) return Selector.nothing;
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => Requirement.of(key, '=', [value]));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = Object.hasOwn(EXPRESSION_OPERATORS, operator) ? EXPRESSION_OPERATORS[operator] : undefined;
    if (!known) throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(Requirement.of(key, known, values ?? []));
  }
  return Selector.of(requirements);
}

/** The plain map that Services and replication controllers have; not validated. An empty or unset map selects everything. */
export function selectorFromMap(map: LabelMap | undefined | null): Selector {
  return Selector.of(Object.entries(map ?? {}).map(([key, value]) => Requirement.trusted(key, '=', [value])));
}
