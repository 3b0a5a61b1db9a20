import { finding, Path } from '../finding';
import type { Finding, FindingReason } from '../finding';
import type { UntypedObject } from '../object';
import type { ResourceInfo } from '../resource';
import type { Schema } from '../schema';
import { validateCreate, validateUpdate } from '../validation';
import { hasRules, ruleFindings } from './cel/rules';
import { schemaFindings } from './schema-validation';


/** After these, rules can't rely on the types and sizes that they were checked for. */
const blocking: ReadonlySet<FindingReason> = new Set([
  'FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid',
]);
const whyUnchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete ' +
  'validation';
const unchecked: Finding = {
  ...finding.invalid(Path.root, undefined, whyUnchecked),
  path: '<nil>',
};

/** What else is wrong with a value that hasn't the types of its schema. */
export function schemaProblems(schema: Schema, value: UntypedObject): Finding[] {
  return [...schemaFindings(value, schema), ...(hasRules(schema) ? [unchecked] : [])];
}

/** Metadata as of any kind, then the values against the CRD's schema, then its CEL rules. */
export function customFindings(info: ResourceInfo, object: UntypedObject, old: UntypedObject | undefined): Finding[] {
  const { schema } = info;
  const findings = old ? validateUpdate(object, old, info) : validateCreate(object, info);
  findings.push(...schemaFindings(object, schema, old));
  if (!hasRules(schema)) return findings;
  const blocked = findings.some(({ reason }) => blocking.has(reason));
  return [...findings, ...(blocked ? [unchecked] : ruleFindings(object, old, schema))];
}
