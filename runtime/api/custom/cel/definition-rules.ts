import { finding, Path } from '../../finding';
import type { Finding } from '../../finding';
import type { CustomResourceDefinition } from '../../kinds';
import type { Schema } from '../../schema';
import { checkTypes, compile, CompilationError } from './compile';
import { costMessage, definitionCostLimit, estimateCost, mostElements, ruleCostLimit } from './cost';
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
const reasons = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate'];

/**
 * What is wrong with the CEL rules of a definition (apiextensions-apiserver's
 * ValidateCustomResourceDefinitionOpenAPISchema).
 */
export function definitionRuleFindings({ spec }: CustomResourceDefinition): Finding[] {
  const findings: Finding[] = [];
  spec.versions.forEach((version, index) => {
    const schema = version.schema?.openAPIV3Schema as Schema | undefined;
    if (!schema || !hasRules(schema)) return;
    const path = Path.of('spec', 'versions').index(index).child('schema', 'openAPIV3Schema');
    const total = visit(schema, { path, root: true, cardinality: 1 }, findings);
    if (total <= definitionCostLimit) return;
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    findings.push(finding.forbidden(path, costMessage(what, total, definitionCostLimit)));
  });
  return findings;
}

/** Returns the estimated cost of the rules here and below. */
function visit(schema: Schema, place: Place, findings: Finding[]): number {
  if (!hasRules(schema)) return 0;
  const { path, cardinality, uncorrelatable } = place;
  let cost = 0;
  schema['x-kubernetes-validations']?.forEach((rule, index) => {
    cost += checkRule(schema, rule, place, path.child('x-kubernetes-validations').index(index), findings);
  });
  const below = { root: false, ...(uncorrelatable && { uncorrelatable }) };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    cost += visit(property, { ...below, cardinality, path: path.child('properties').key(name) }, findings);
  }
  if (isMap(schema)) {
    const values = { ...below, cardinality: cardinality * mostElements(schema), path: path.child('additionalProperties') };
    cost += visit(schema.additionalProperties, values, findings);
  }
  if (schema.items) {
    const items = path.child('items');
    const lost = schema['x-kubernetes-list-type'] === 'map' ? uncorrelatable : (uncorrelatable ?? items);
    const most = cardinality * mostElements(schema);
    const inside = { root: false, cardinality: most, path: items, ...(lost && { uncorrelatable: lost }) };
    cost += visit(schema.items, inside, findings);
  }
  return cost;
}

function checkRule(schema: Schema, given: RuleOf, place: Place, path: Path, findings: Finding[]): number {
  const { rule, messageExpression } = given;
  const before = findings.length;
  checkTexts(given, path, findings);
  if (findings.length > before) return 0;
  if (messageExpression) {
    const run = () => check(schema, messageExpression, given, place, 'string');
    attempt(path.child('messageExpression'), messageExpression, findings, run);
  }
  return attempt(path.child('rule'), rule, findings, () => {
    check(schema, rule, given, place, 'bool');
    return costOf(schema, given, place, path, findings);
  }) ?? 0;
}

function checkTexts({ rule, message, reason }: RuleOf, path: Path, findings: Finding[]): void {
  const at = path.child('message');
  if (rule.trim() === '') findings.push(finding.required(path.child('rule'), 'rule is not specified'));
  if (message !== undefined && message !== '' && message.trim() === '') {
    findings.push(finding.invalid(at, message, 'message must be non-empty if specified'));
  } else if (message?.includes('\n')) {
    findings.push(finding.invalid(at, message, 'message must not contain line breaks'));
  }
  if (rule.includes('\n') && !message) {
    findings.push(finding.required(at, 'message must be specified if rule contains line breaks'));
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    findings.push(finding.notSupported(path.child('reason'), reason, reasons));
  }
}

const check = (schema: Schema, text: string, { optionalOldSelf }: RuleOf, { root }: Place, wanted: string): void =>
  checkTypes(text, schema, root, optionalOldSelf ?? false, wanted);

function attempt<T>(path: Path, text: string, findings: Finding[], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CompilationError)) throw error;
    findings.push(finding.invalid(path, text, error.message));
    return undefined;
  }
}

function costOf(
  schema: Schema, { rule, optionalOldSelf }: RuleOf, place: Place, path: Path, findings: Finding[],
): number {
  const { ast, usesOldSelf } = compile(rule);
  if (usesOldSelf && !optionalOldSelf && place.uncorrelatable) {
    const within = place.uncorrelatable.toString();
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${within}`;
    findings.push(finding.invalid(path.child('rule'), rule, detail));
  }
  const cost = estimateCost(ast, new Map([['self', schema], ['oldSelf', schema]])) * place.cardinality;
  if (cost > ruleCostLimit) {
    findings.push(finding.forbidden(path.child('rule'), costMessage('estimated rule cost', cost, ruleCostLimit)));
  }
  return cost;
}
