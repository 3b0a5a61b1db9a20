import type { Finding, FindingReason } from '../finding';

/** A field that an object has and its type has not, or has twice; strict field validation makes an error of it. */
export interface UnknownField {
  /** As in a {@link Finding}: `spec.containers[0].foo`. */
  readonly path: string;
  /** `unknown field "spec.containers[0].foo"`, `duplicate field "spec.replicas"`. */
  readonly message: string;
}

/** One step into an object: a field's name, an index, or (in an array of one) a key of a map. */
type Step = string | number | readonly [string];

/** Objects nested deeper than this are refused rather than followed. */
export const maxDepth = 1000;

/** Where a decoder is, and what it found. Steps are pushed and popped; paths are only built once there is an error. */
export class DecodeContext {
  readonly steps: Step[] = [];
  /** Go names of the structs that enclose the value: `Container`. */
  readonly structs: string[] = [];
  readonly unknown: UnknownField[] = [];
  /** What ends decoding in Go, so that it is reported before what only spoils a field. */
  private readonly fatal: Finding[] = [];
  private readonly recoverable: Finding[] = [];

  /** In the order that upstream gives them: the first is the one that its API server reports. */
  errors(): Finding[] {
    return [...this.fatal, ...this.recoverable];
  }

  /** `json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32`. */
  typeError(given: string, goType: string, fatal = false): undefined {
    const struct = this.structs.at(-1);
    const fields = this.steps.filter((step) => typeof step === 'string').join('.');
    const target = struct === undefined || fields === '' ? 'Go value' : `Go struct field ${struct}.${fields}`;
    return this.fail(`json: cannot unmarshal ${given} into ${target} of type ${goType}`, fatal);
  }

  fail(message: string, fatal = true, reason: FindingReason = 'FieldValueTypeInvalid'): undefined {
    (fatal ? this.fatal : this.recoverable).push({ path: this.path(), reason, message });
    return undefined;
  }

  unknownField(name: string): void {
    this.steps.push(name);
    this.unknown.push({ path: this.path(), message: `unknown field ${JSON.stringify(this.strictPath())}` });
    this.steps.pop();
  }

  /** As field errors print it: `metadata.labels[a/b]`. */
  path(): string {
    return this.join((key) => `[${key}]`);
  }

  /** As the strict JSON decoder prints it: `metadata.labels.a/b`. */
  strictPath(): string {
    return this.join((key) => `.${key}`);
  }

  private join(keyStep: (key: string) => string): string {
    let text = '';
    for (const step of this.steps) {
      if (typeof step === 'number') text += `[${step}]`;
      else if (typeof step === 'string') text += text === '' ? step : `.${step}`;
      else text += keyStep(step[0]);
    }
    return text.startsWith('.') ? text.slice(1) : text;
  }
}

/** What Go's decoder calls a JSON value in an error. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'object' : typeof value;
}

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a key that comes from outside: `__proto__` is a key like any other. */
export function setKey(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
