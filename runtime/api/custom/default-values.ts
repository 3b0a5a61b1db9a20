import { catalogue } from '../catalogue';
import { DecodeContext } from '../decoding/context';
import { decodeCustom } from '../decoding/custom';
import type { Finding, Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type { Schema } from '../schema';
import { ruleFindings } from './cel/rules';
import { valueFindings } from './schema-validation';

/**
 * What is wrong with the defaults of a structural schema: each must be pruned already, and fit its schema. Below
 * `additionalProperties` there are none. Paths are those of the schema, relative ones of the value appended.
 */
export function defaultFindings(schema: Schema, path: Path): Finding[] {
  const findings: Finding[] = [];
  visit(schema, path, findings, true);
  return findings;
}

const META_FIELDS: readonly string[] = ['metadata', 'apiVersion', 'kind'];

function visit(schema: Schema, path: Path, findings: Finding[], isObject: boolean): void {
  if (schema.default !== undefined) findings.push(...findingsOf(schema.default, schema, path.child('default')));
  if (schema.items) visit(schema.items, path.child('items'), findings, false);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    // What metadata may hold is its own matter.
    if (isObject && META_FIELDS.includes(name)) continue;
    const embedded = property['x-kubernetes-embedded-resource'] === true;
    visit(property, path.child('properties').key(name), findings, embedded);
  }
}

function findingsOf(value: unknown, schema: Schema, path: Path): Finding[] {
  if (value === null) return [];
  const context = new DecodeContext();
  decodeCustom(value, schema, catalogue, context);
  const found: Finding[] = [];
  if (context.unknown.length > 0) found.push(finding.invalid(path, value, 'must not have unknown fields'));
  const wrong = [...context.errors(), ...valueFindings(FieldPath.root, value, schema)].map((item) => ({
    ...item, path: item.path ? `${path.toString()}.${item.path}` : path.toString(),
  }));
  if (wrong.length > 0) return [...found, ...wrong];
  const broken = ruleFindings(value, undefined, schema);
  return [...found, ...broken.map((item) => ({ ...item, path: `${path.toString()}${item.path && `.${item.path}`}` }))];
}
