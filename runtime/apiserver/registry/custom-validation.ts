import { finding, Path } from '../../api/finding';
import type { Finding, FindingReason } from '../../api/finding';
import type { UntypedObject } from '../../api/object';
import { validateCreate, validateUpdate } from '../../api/validation';
import { hasRules, ruleFindings } from './custom/cel/rules';
import type { KindSource } from './decode';
import type { Endpoint } from './endpoint';
import { schemaFindings } from './schema-validation';

/** After these, rules can't rely on the types and sizes that they were checked for. */
const blocking: ReadonlySet<FindingReason> = new Set([
  'FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid',
]);
const whyUnchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
const unchecked: Finding = {
  ...finding.invalid(Path.root, undefined, whyUnchecked),
  path: '<nil>',
};

/** What else is wrong with a value that hasn't the types of its schema. */
export function schemaProblems({ schema }: KindSource, value: UntypedObject): Finding[] {
  return [...schemaFindings(value, schema), ...(hasRules(schema) ? [unchecked] : [])];
}

/** Metadata as of any kind, then the values against the CRD's schema, then its CEL rules. */
export function customFindings(endpoint: Endpoint, object: UntypedObject, old: UntypedObject | undefined): Finding[] {
  const { schema, info } = endpoint;
  const findings = old ? validateUpdate(object, old, info) : validateCreate(object, info);
  findings.push(...schemaFindings(object, schema, old));
  if (!hasRules(schema)) return findings;
  const blocked = findings.some(({ reason }) => blocking.has(reason));
  return [...findings, ...(blocked ? [unchecked] : ruleFindings(object, old, schema))];
}
