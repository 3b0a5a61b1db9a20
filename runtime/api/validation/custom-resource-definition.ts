import { schemaRuleFindings } from '../custom/cel/definition-rules';
import { defaultFindings } from '../custom/default-values';
import { fieldAt } from '../custom/field-path';
import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  CustomResourceColumnDefinition, CustomResourceConversion, CustomResourceDefinition, CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec, CustomResourceDefinitionVersion, CustomResourceSubresources, SelectableField,
} from '../kinds';
import { byteLength, dns1035LabelProblems, dns1123SubdomainProblems } from '../names';
import type { Schema } from '../schema';
import type { Findings } from './common';
import { immutable, METADATA, optionalOneOf, requiredOneOf, semanticallyEqual, SPEC } from './common';
import { openApiFindings } from './open-api-schema';
import type { KindRules } from './rules';
import type { GivenSchema } from './structural-schema';
import { innerSchemas, isReadable, structuralFindings } from './structural-schema';
import { reviewVersions, webhookClient } from './webhooks';

const NAMES = SPEC.child('names');
const VERSIONS = SPEC.child('versions');

type Version = CustomResourceDefinitionVersion;

/** A definition is named after what it defines. */
function nameProblems(name: string, { spec }: CustomResourceDefinition): readonly string[] {
  const problems = dns1123SubdomainProblems(name);
  if (name === `${spec?.names?.plural ?? ''}.${spec?.group ?? ''}`) return problems;
  return [...problems, 'must be spec.names.plural+"."+spec.group'];
}

function nameOf(out: Findings, path: Path, name: string | undefined, mixedCase = false): void {
  if (!name) return;
  const problems = dns1035LabelProblems(mixedCase ? name.toLowerCase() : name);
  const prefix = mixedCase ? 'may have mixed case, but should otherwise match: ' : '';
  if (problems.length) out.push(finding.invalid(path, name, prefix + problems.join(',')));
}

function namesOf(out: Findings, names: Partial<CustomResourceDefinitionNames>): void {
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!names[field]) out.push(finding.required(NAMES.child(field)));
  }
  nameOf(out, NAMES.child('plural'), names.plural);
  nameOf(out, NAMES.child('singular'), names.singular);
  nameOf(out, NAMES.child('kind'), names.kind, true);
  nameOf(out, NAMES.child('listKind'), names.listKind, true);
  names.shortNames?.forEach((name, i) => nameOf(out, NAMES.child('shortNames').index(i), name));
  if (names.kind && names.kind === names.listKind) {
    out.push(finding.invalid(NAMES.child('listKind'), names.listKind, 'kind and listKind may not be the same'));
  }
  names.categories?.forEach((name, i) => nameOf(out, NAMES.child('categories').index(i), name));
}

/** What the root schema may hold if the status is a subresource: its part must be complete by itself. */
const ROOT_FIELDS = [
  'Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength',
  'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties',
  'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations',
];

const goName = (field: string): string =>
  field.replace(/^x-kubernetes-/, 'X-').replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
    .replaceAll('-', '');

function rootWithStatus(out: Findings, path: Path, schema: GivenSchema): void {
  if (schema.type !== undefined && schema.type !== 'object') {
    const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    out.push(finding.invalid(path.child('type'), schema.type, detail));
    return;
  }
  const others = Object.entries(schema).filter(([, value]) => value !== false && value !== undefined);
  if (others.every(([field]) => ROOT_FIELDS.includes(goName(field)))) return;
  const detail =
    `only [${ROOT_FIELDS.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`;
  out.push(finding.invalid(path, schema, detail));
}

function schemaOf(out: Findings, path: Path, schema: GivenSchema, hasStatus: boolean): void {
  const before = out.length;
  if (hasStatus) rootWithStatus(out, path, schema);
  if (schema.nullable) out.push(finding.forbidden(path.child('nullable'), 'nullable cannot be true at the root'));
  const readable = isReadable(schema);
  const structure = readable ? structuralFindings(schema, path) : [];
  const defaults = readable && !structure.length ? defaultFindings(schema as Schema, path) : [];
  const texts = openApiFindings(schema, path);
  out.push(...structure, ...defaults, ...texts);
  if (readable && out.length === before) out.push(...schemaRuleFindings(schema as Schema, path));
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function simpleJsonPath(out: Findings, path: Path, text: string): boolean {
  if (text.startsWith('.')) return true;
  out.push(finding.invalid(path, text, 'must be a simple json path starting with .'));
  return false;
}

function column(out: Findings, path: Path, given: CustomResourceColumnDefinition): void {
  const { name, type, format, jsonPath } = given;
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (!name) out.push(finding.required(path.child('name')));
  if (!type) out.push(finding.required(path.child('type'), types));
  else if (!COLUMN_TYPES.includes(type)) out.push(finding.invalid(path.child('type'), type, types));
  if (format && !COLUMN_FORMATS.includes(format)) {
    out.push(finding.invalid(path.child('format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  }
  if (jsonPath) simpleJsonPath(out, path.child('JSONPath'), jsonPath);
  else out.push(finding.required(path.child('JSONPath')));
}

function subresources(out: Findings, path: Path, { scale }: CustomResourceSubresources): void {
  if (!scale) return;
  // Upstream writes both steps as one.
  const at = (field: string) => path.child(`scale.${field}`);
  for (const [field, root] of [['specReplicasPath', '.spec'], ['statusReplicasPath', '.status']] as const) {
    const text = scale[field];
    if (!text) out.push(finding.required(at(field)));
    else if (simpleJsonPath(out, at(field), text) && !text.startsWith(`${root}.`)) {
      out.push(finding.invalid(at(field), text, `should be a json path under ${root}`));
    }
  }
  const labels = scale.labelSelectorPath;
  if (!labels || !simpleJsonPath(out, at('labelSelectorPath'), labels) || /^\.(spec|status)\./.test(labels)) return;
  const detail = 'should be a json path under either .spec or .status';
  out.push(finding.invalid(at('labelSelectorPath'), labels, detail));
}

const MAX_SELECTABLE = 8;

function selectableFields(out: Findings, path: Path, fields: readonly SelectableField[], schema: GivenSchema): void {
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const at = path.index(i).child('jsonPath');
    if (!jsonPath) {
      out.push(finding.required(at));
      return;
    }
    const found = fieldAt(jsonPath, schema, false);
    if (typeof found === 'string') {
      out.push(finding.invalid(at, jsonPath, `is an invalid path: ${found}`));
      return;
    }
    if (/^\.metadata\b/.test(jsonPath)) {
      out.push(finding.invalid(at, jsonPath, 'must not point to fields in metadata'));
    }
    const detail = 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats ' +
      'are allowed.';
    if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) out.push(finding.invalid(at, jsonPath, detail));
    if (seen.has(jsonPath)) out.push(finding.duplicate(at, jsonPath));
    seen.add(jsonPath);
  });
  if (seen.size > MAX_SELECTABLE) out.push(finding.tooMany(path, seen.size, MAX_SELECTABLE));
}

function deprecation(out: Findings, path: Path, { deprecated, deprecationWarning: text }: Version): void {
  if (text === undefined) return;
  const refuse = (detail: string) => out.push(finding.invalid(path.child('deprecationWarning'), text, detail));
  if (!deprecated) {
    refuse('can only be set for deprecated versions');
    return;
  }
  if (byteLength(text) > 256) refuse('must be <= 256 characters long');
  if (text === '') refuse('must not be an empty string');
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  if (!odd) return;
  const index = byteLength(text.slice(0, odd.index));
  refuse(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`);
}

/** The API server lifts what all versions share to the definition itself, and speaks of it there. */
interface Lifted {
  readonly schema: boolean;
  readonly subresources: boolean;
  readonly columns: boolean;
  readonly selectable: boolean;
}

function liftedOf(versions: readonly Version[]): Lifted {
  const [first] = versions;
  const same = (of: (version: Version) => unknown) =>
    first !== undefined && versions.every((version) => semanticallyEqual(of(version), of(first)));
  return {
    schema: same(({ schema }) => schema), subresources: same((version) => version.subresources),
    columns: same(({ additionalPrinterColumns }) => additionalPrinterColumns),
    selectable: same((version) => version.selectableFields),
  };
}

const schemaIn = ({ schema }: Version) => schema?.openAPIV3Schema as GivenSchema | undefined;

function parts(out: Findings, path: Path, version: Version, which: (part: keyof Lifted) => boolean, schemaAtPath: Path): void {
  const schema = schemaIn(version);
  const at = schemaAtPath.child('openAPIV3Schema');
  if (schema && which('schema')) schemaOf(out, at, schema, version.subresources?.status !== undefined);
  if (version.subresources && which('subresources')) subresources(out, path.child('subresources'), version.subresources);
  if (which('columns')) {
    version.additionalPrinterColumns?.forEach((item, i) =>
      column(out, path.child('additionalPrinterColumns').index(i), item),
    );
  }
  const { selectableFields: fields = [] } = version;
  if (fields.length && schema && which('selectable')) {
    selectableFields(out, path.child('selectableFields'), fields, schema);
  }
}

const printed = (versions: readonly Version[]) =>
  versions.map(({ name, served, storage, deprecated = false, deprecationWarning }) => ({
    Name: name, Served: served, Storage: storage, Deprecated: deprecated,
    DeprecationWarning: deprecationWarning ?? null, Schema: null, Subresources: null, AdditionalPrinterColumns: null,
    SelectableFields: null,
  }));

function versionsOf(out: Findings, versions: readonly Version[], lifted: Lifted): void {
  versions.forEach((version, i) => {
    const path = VERSIONS.index(i);
    nameOf(out, path.child('name'), version.name || ' ');
    deprecation(out, path, version);
    parts(out, path, version, (part) => !lifted[part], path.child('schema'));
  });
  if (new Set(versions.map(({ name }) => name)).size !== versions.length) {
    out.push(finding.invalid(VERSIONS, printed(versions), 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    out.push(finding.invalid(VERSIONS, printed(versions), detail));
  }
  if (versions[0]?.name) nameOf(out, SPEC.child('version'), versions[0].name);
}

function conversion(out: Findings, { strategy, webhook }: CustomResourceConversion): void {
  const path = SPEC.child('conversion');
  requiredOneOf(out, path.child('strategy'), strategy, ['None', 'Webhook']);
  const client = path.child('webhookClientConfig');
  const reviews = path.child('conversionReviewVersions');
  if (strategy === 'Webhook') {
    if (webhook?.clientConfig) webhookClient(out, client, webhook.clientConfig);
    else out.push(finding.required(client, 'required when strategy is set to Webhook'));
    reviewVersions(out, reviews, webhook?.conversionReviewVersions ?? [], '');
    return;
  }
  const detail = 'should not be set when strategy is not set to Webhook';
  if (webhook?.clientConfig) out.push(finding.forbidden(client, detail));
  if (webhook?.conversionReviewVersions?.length) out.push(finding.forbidden(reviews, detail));
}

function groupOf(out: Findings, group: string): void {
  const at = SPEC.child('group');
  const problems = dns1123SubdomainProblems(group);
  if (!group) out.push(finding.required(at));
  else if (problems.length) out.push(finding.invalid(at, group, problems.join(',')));
  else if (!group.includes('.')) out.push(finding.invalid(at, group, 'should be a domain with at least one dot'));
}

function specOf(out: Findings, spec: Partial<CustomResourceDefinitionSpec>): void {
  const { group = '', scope, names, versions = [] } = spec;
  groupOf(out, group);
  if (!scope) out.push(finding.required(SPEC.child('scope')));
  else optionalOneOf(out, SPEC.child('scope'), scope, ['Cluster', 'Namespaced']);
  versions.forEach((version, i) => {
    const at = VERSIONS.index(i).child('schema', 'openAPIV3Schema');
    if (!schemaIn(version)) out.push(finding.required(at));
  });
  if (spec.preserveUnknownFields && versions.some((version) => hasDefaults(schemaIn(version) ?? {}))) {
    const detail = 'must be false in order to use defaults in the schema';
    out.push(finding.invalid(SPEC.child('preserveUnknownFields'), true, detail));
  }
  const lifted = liftedOf(versions);
  versionsOf(out, versions, lifted);
  namesOf(out, names ?? {});
  const [first] = versions;
  if (first) parts(out, SPEC, first, (part) => lifted[part], SPEC.child('validation'));
  if (spec.conversion) conversion(out, spec.conversion);
}

function hasDefaults(schema: GivenSchema): boolean {
  if (schema.default !== undefined) return true;
  for (const [, inner] of innerSchemas(schema, SPEC)) if (hasDefaults(inner)) return true;
  return false;
}

const APPROVED = 'api-approved.kubernetes.io';
const PROTECTED = /(^|\.)(k8s|kubernetes)\.io$/;

/** Groups of the Kubernetes community are approved, or said not to be. */
function approval(out: Findings, { metadata, spec }: CustomResourceDefinition): void {
  if (!PROTECTED.test(spec.group ?? '')) return;
  const text = metadata.annotations?.[APPROVED] ?? '';
  const at = METADATA.child('annotations').key(APPROVED);
  const must = `protected groups must have approval annotation ${JSON.stringify(APPROVED)}`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (!text) out.push(finding.required(at, `${must}, ${see}`));
  else if (!text.startsWith('unapproved') && !(URL.canParse(text) && new URL(text).host)) {
    const detail = `${must} with either a URL or a reason starting with "unapproved", ${see}`;
    out.push(finding.invalid(at, text, detail));
  }
}

function preserving(out: Findings, { preserveUnknownFields }: Partial<CustomResourceDefinitionSpec>): void {
  if (!preserveUnknownFields) return;
  const detail = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  out.push(finding.invalid(SPEC.child('preserveUnknownFields'), true, detail));
}

function create(object: CustomResourceDefinition): Findings {
  const out: Findings = [];
  specOf(out, object.spec ?? {});
  approval(out, object);
  preserving(out, object.spec ?? {});
  return out;
}

function update(object: CustomResourceDefinition, old: CustomResourceDefinition): Findings {
  const out: Findings = [];
  // What was accepted once stays acceptable, so that a definition can be changed in other ways.
  if (!semanticallyEqual(object.spec, old.spec)) specOf(out, object.spec);
  const established = old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  if (established) {
    immutable(out, SPEC.child('scope'), object.spec.scope, old.spec.scope);
    immutable(out, NAMES.child('kind'), object.spec.names.kind, old.spec.names.kind);
  }
  immutable(out, SPEC.child('group'), object.spec.group, old.spec.group);
  immutable(out, NAMES.child('plural'), object.spec.names.plural, old.spec.names.plural);
  if (object.metadata.annotations?.[APPROVED] !== old.metadata.annotations?.[APPROVED]) approval(out, object);
  if (!old.spec.preserveUnknownFields) preserving(out, object.spec);
  return out;
}

export const customResourceDefinition: KindRules<CustomResourceDefinition> = {
  nameProblems, create, update, updateStatus: () => [],
};
