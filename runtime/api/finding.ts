/** `reason` of a `StatusCause`; the set that apimachinery's field package has. */
export type FindingReason =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

/** One thing wrong with an object: the API server makes a `StatusCause` of it, the editor a range. */
export interface Finding {
  /** Field path as Kubernetes prints it: `spec.containers[0].ports[1].name`, `metadata.labels[a/b]`. */
  readonly path: string;
  readonly reason: FindingReason;
  /** What follows the path in a Kubernetes error: `Invalid value: "x": must be …`. */
  readonly message: string;
  /** Where it is, if `path` is `<nil>`: upstream names no field for some of what it finds. */
  readonly place?: string;
}

/**
 * A position in an object while it is validated. Immutable; `toString` gives the path as Kubernetes prints it.
 * Kept as a linked list so that walking a valid object builds no strings.
 */
export class Path {
  private constructor(
    private readonly parent: Path | undefined,
    private readonly step: string,
  ) {}

  static readonly root = new Path(undefined, '');

  /** The object itself, where upstream names it by a field without name: `[]`. */
  static readonly whole = Path.root.key('');

  static of(...fields: string[]): Path {
    return fields.reduce((path: Path, field) => path.child(field), Path.root);
  }

  child(...fields: string[]): Path {
    return fields.reduce((path: Path, field) => new Path(path, path.parent ? `.${field}` : field), this as Path);
  }

  index(i: number): Path {
    return new Path(this, `[${i}]`);
  }

  key(key: string): Path {
    return new Path(this, `[${key}]`);
  }

  toString(): string {
    return this.parent ? this.parent.toString() + this.step : '';
  }
}

const at = (path: Path, reason: FindingReason, message: string): Finding => ({ path: path.toString(), reason, message });

/** How Go prints a value in a field error: strings quoted, objects as JSON. */
export function printValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, unicodeEscape);
}

/** Go's encoder keeps what it writes safe to put into a page. */
const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Stands for a value that a finding doesn't show. */
export const OMITTED = Symbol('omitted');

const shown = (value: unknown): string => (value === OMITTED ? '' : `: ${printValue(value)}`);

/** The findings of apimachinery's `field` package, in its words (pkg/util/validation/field/errors.go). */
export const finding = {
  required: (path: Path, detail = '') =>
    at(path, 'FieldValueRequired', detail ? `Required value: ${detail}` : 'Required value'),
  invalid: (path: Path, value: unknown, detail: string) =>
    at(path, 'FieldValueInvalid', `Invalid value${shown(value)}: ${detail}`),
  duplicate: (path: Path, value: unknown) => at(path, 'FieldValueDuplicate', `Duplicate value${shown(value)}`),
  notFound: (path: Path, value: unknown) => at(path, 'FieldValueNotFound', `Not found: ${printValue(value)}`),
  notSupported: (path: Path, value: unknown, supported: readonly string[]) =>
    at(
      path,
      'FieldValueNotSupported',
      `Unsupported value: ${printValue(value)}: supported values: ${[...supported].sort().map((s) => JSON.stringify(s)).join(', ')}`,
    ),
  /** Like `notSupported` where upstream lists the values in an order of its own. */
  notSupportedOf: (path: Path, value: unknown, inOrder: readonly string[]) =>
    at(
      path,
      'FieldValueNotSupported',
      `Unsupported value: ${printValue(value)}: supported values: ${inOrder.map((s) => JSON.stringify(s)).join(', ')}`,
    ),
  duplicateOf: (path: Path, value: unknown, detail: string) =>
    at(path, 'FieldValueDuplicate', `Duplicate value: ${printValue(value)}: ${detail}`),
  notFoundOf: (path: Path, value: unknown, detail: string) =>
    at(path, 'FieldValueNotFound', `Not found: ${printValue(value)}: ${detail}`),
  forbidden: (path: Path, detail: string) => at(path, 'FieldValueForbidden', `Forbidden: ${detail}`),
  tooLong: (path: Path, maxBytes: number) =>
    at(path, 'FieldValueTooLong', `Too long: may not be more than ${maxBytes} bytes`),
  tooMany: (path: Path, actual: number, max: number) =>
    at(path, 'FieldValueTooMany', `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}`),
  typeInvalid: (path: Path, value: unknown, detail: string) =>
    at(path, 'FieldValueTypeInvalid', `Invalid value: ${printValue(value)}: ${detail}`),
};
