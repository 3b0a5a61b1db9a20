import type { ErrorObject, ValidateFunction } from 'ajv';
import { RE2JS } from 're2js';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import type { DocumentFinding } from '../findings/finding';
import { keyRange } from '../manifests/ranges';

type Compile = (schema: object) => ValidateFunction;

/** Expressions that take time in proportion to the text, whatever a schema has. */
const linearExpression = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    return { test: (text: string) => compiled.matcher(text).find() };
  },
  { code: 'linearExpression' },
);

let compile: Compile | undefined;
let loading: Promise<void> | undefined;
const compiled = new WeakMap<object, ValidateFunction | undefined>();

/** The validator is loaded when the first chart with a schema is seen; findings are made anew then. */
function load(context: FindingContext): void {
  loading ??= import('ajv').then(({ default: Ajv }) => {
    const code = { regExp: linearExpression };
    compile = (schema) =>
      new Ajv({ allErrors: true, strict: false, logger: false, validateFormats: false, code }).compile(schema);
    context.refreshFindings();
  });
}

/** What a chart's values.schema.json says of its values. */
export function schemaFindings(document: ParsedDocument, schema: unknown, context: FindingContext): DocumentFinding[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (!compile) {
    load(context);
    return [];
  }
  const validate = validatorOf(schema, compile);
  if (!validate || validate(plain(document.value ?? {}))) return [];
  return (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if').map((error) => findingOf(error, document));
}

function validatorOf(schema: object, make: Compile): ValidateFunction | undefined {
  if (!compiled.has(schema)) {
    try {
      const { $schema: _, ...rest } = schema as { $schema?: unknown };
      compiled.set(schema, make(rest));
    } catch {
      compiled.set(schema, undefined);
    }
  }
  return compiled.get(schema);
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

function findingOf(
  { instancePath, message = 'is not valid', keyword, params }: ErrorObject,
  document: ParsedDocument,
): DocumentFinding {
  const steps = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const extra =
    keyword === 'additionalProperties'
      ? String((params as { additionalProperty?: unknown }).additionalProperty)
      : undefined;
  const range =
    (extra === undefined ? undefined : document.pathRange([...steps, extra])?.key) ??
    document.pathRange(steps) ??
    keyRange(document, steps[0] ?? '');
  const allowed =
    keyword === 'enum'
      ? `: ${(params as { allowedValues: unknown[] }).allowedValues.map((value) => JSON.stringify(value)).join(', ')}`
      : '';
  const what = extra === undefined ? '' : ` (${extra})`;
  return {
    start: range.start,
    end: range.end,
    severity: 'error',
    message: `${steps.join('.') || 'values'} ${message}${allowed}${what}`,
    code: 'ValuesSchema',
  };
}
