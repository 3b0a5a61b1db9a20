import type { ASTNode } from '@marcbachmann/cel-js';
import { finding } from '../../finding';
import type { Finding, Path } from '../../finding';
import type { Schema } from '../../schema';
import { checkTypes, compile, CompilationError, optionalEnvironment, UnjudgedExpression } from './compile';
import { costMessage, definitionCostLimit, mostElements, ruleCostLimit } from './cost';
import { estimateCost } from './estimate';
import { hasRules } from './rules';
import { isMap } from './values';

interface Place {
  readonly path: Path;
  readonly root: boolean;
  /** How often a request can have the value at most. */
  readonly cardinality: number;
  /** The list above whose items can't be told from one another over time. */
  readonly uncorrelatable?: Path;
}

type RuleOf = NonNullable<Schema['x-kubernetes-validations']>[number];

const mostExpensive = 4;

interface Cost {
  readonly path: Path;
  readonly cost: number;
}

/**
 * What is wrong with the expressions of a schema's rules; their texts and the schema itself are in order already
 * (apiextensions-apiserver's ValidateCustomResourceDefinitionOpenAPISchema).
 */
export function schemaRuleFindings(schema: Schema, path: Path): Finding[] {
  const findings: Finding[] = [];
  const costs: Cost[] = [];
  visit(schema, { path, root: true, cardinality: 1 }, findings, costs);
  const total = costs.reduce((sum, { cost }) => sum + cost, 0);
  if (total <= definitionCostLimit) return findings;
  for (const { path: at } of [...costs].sort((a, b) => b.cost - a.cost).slice(0, mostExpensive)) {
    const detail = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    findings.push(finding.forbidden(at, detail));
  }
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
  return [...findings, finding.forbidden(path, costMessage(what, total, definitionCostLimit))];
}

const isKnownMapType = (type: string | undefined): boolean =>
  type === undefined || type === 'atomic' || type === 'granular';

function visit(schema: Schema, place: Place, findings: Finding[], costs: Cost[]): void {
  if (!hasRules(schema)) return;
  const { path, cardinality, uncorrelatable } = place;
  const below = { root: false, ...(uncorrelatable && { uncorrelatable }) };
  if (isMap(schema)) {
    const values = { ...below, cardinality: cardinality * mostElements(schema), path: path.child('additionalProperties') };
    visit(schema.additionalProperties, values, findings, costs);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const lost = isKnownMapType(schema['x-kubernetes-map-type']) ? uncorrelatable : (uncorrelatable ?? path);
    const inside = { root: false, cardinality, path: path.child('properties').key(name) };
    visit(property, { ...inside, ...(lost && { uncorrelatable: lost }) }, findings, costs);
  }
  if (schema.items) {
    const lost = schema['x-kubernetes-list-type'] === 'map' ? uncorrelatable : (uncorrelatable ?? path);
    const most = cardinality * mostElements(schema);
    const inside = { root: false, cardinality: most, path: path.child('items'), ...(lost && { uncorrelatable: lost }) };
    visit(schema.items, inside, findings, costs);
  }
  schema['x-kubernetes-validations']?.forEach((rule, index) => {
    checkRule(schema, rule, place, path.child('x-kubernetes-validations').index(index), findings, costs);
  });
}

/** Go's form of a rule in an error. */
const printed = ({ rule, message = '', messageExpression = '', reason, fieldPath = '', optionalOldSelf }: RuleOf) => ({
  Rule: rule, Message: message, MessageExpression: messageExpression, Reason: reason ?? null, FieldPath: fieldPath,
  OptionalOldSelf: optionalOldSelf ?? null,
});

function checkRule(
  schema: Schema, given: RuleOf, place: Place, path: Path, findings: Finding[], costs: Cost[],
): void {
  const at = path.child('rule');
  const spend = (where: Path, what: string, node: ASTNode) => {
    const cost = estimateCost(node, new Map([['self', schema], ['oldSelf', schema]])) * place.cardinality;
    if (cost > 0) costs.push({ path: where, cost });
    if (cost > ruleCostLimit) findings.push(finding.forbidden(where, costMessage(`estimated ${what} cost`, cost, ruleCostLimit)));
  };
  const compiled = attempt(at, given, findings, '', () => {
    const node = check(schema, given.rule, given, place, 'bool');
    return { node, ...compile(given.rule, given.optionalOldSelf ? optionalEnvironment() : undefined) };
  });
  if (!compiled) return;
  spend(at, 'rule', compiled.node);
  const { messageExpression } = given;
  if (messageExpression) {
    const where = path.child('messageExpression');
    const node = attempt(where, given, findings, 'messageExpression ', () => check(schema, messageExpression, given, place, 'string'));
    if (node) spend(where, 'messageExpression', node);
  }
  oldSelf(given, compiled.usesOldSelf, place, path, findings);
}

const check = (schema: Schema, text: string, { optionalOldSelf }: RuleOf, { root }: Place, wanted: string): ASTNode =>
  checkTypes(text, schema, root, optionalOldSelf ?? false, wanted);

/** What can't be compiled is told of; the rule's message is named then instead of what the rule itself is called. */
function attempt<T>(path: Path, given: RuleOf, findings: Finding[], what: string, run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CompilationError)) throw error;
    if (error instanceof UnjudgedExpression) return undefined;
    const text = what ? error.message.replace(/^(?:cel expression )?/, what) : error.message;
    findings.push(finding.invalid(path, printed(given), text));
    return undefined;
  }
}

function oldSelf(
  { rule, optionalOldSelf }: RuleOf, used: boolean, { uncorrelatable }: Place, path: Path, findings: Finding[],
): void {
  if (used && uncorrelatable) {
    const detail =
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable.toString()}`;
    findings.push(finding.invalid(path.child('rule'), rule, detail));
  } else if (!used && optionalOldSelf !== undefined) {
    const detail = 'may not be set if oldSelf is not used in rule';
    findings.push(finding.invalid(path.child('optionalOldSelf'), optionalOldSelf, detail));
  }
}
