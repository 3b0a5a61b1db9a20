import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';
import type { FieldSpec } from './default-config';
import { isSelected } from './ids';
import type { Resource } from './resource';
import { fieldSource, setFieldSource, setSource } from './sources';
import type { Source } from './sources';

/** A field that was found; `set` writes it and says why it is what it is. */
export interface Field {
  readonly value: unknown;
  readonly source: Source | undefined;
  set(value: unknown, source: Source | undefined): void;
}

/** Path segments; `\/` is a slash in one of them. */
export function splitPath(path: string): string[] {
  return path.split(/(?<!\\)\//).map((step) => step.replaceAll('\\/', '/'));
}

/**
 * Calls back with every field at a path. Lists on the way are gone through; where `create` is given and the spec allows
 * it, missing maps and at last a field with that value are made.
 */
export function visitFields(
  resource: Resource,
  spec: FieldSpec,
  visit: (field: Field) => void,
  create?: () => unknown,
): void {
  if (!isSelected(resource.gvk, spec)) return;
  new Walk(spec.create === true ? create : undefined, visit).into(resource.value, splitPath(spec.path));
}

class Walk {
  constructor(
    private readonly create: (() => unknown) | undefined,
    private readonly visit: (field: Field) => void,
  ) {}

  into(container: unknown, path: readonly string[]): void {
    if (Array.isArray(container)) return container.forEach((item) => this.into(item, path));
    const [step = '', ...rest] = path;
    if (!isObject(container)) return;
    const name = step.endsWith('[]') ? step.slice(0, -2) : step;
    if (!this.ensure(container, name, step !== name, rest.length === 0)) return;
    if (rest.length > 0) return this.into(container[name], rest);
    this.visit({
      value: container[name],
      source: fieldSource(container, name),
      set: (value, source) => {
        container[name] = value;
        setFieldSource(container, name, source);
        if (typeof value === 'object') setSource(value, source);
      },
    });
  }

  private ensure(container: JsonObject, name: string, isList: boolean, isLast: boolean): boolean {
    const there = Object.hasOwn(container, name) && container[name] !== null;
    if (there || (isLast && Object.hasOwn(container, name) && !this.create)) return true;
    if (!this.create || isList) return false;
    container[name] = isLast ? this.create() : {};
    return true;
  }
}

/** Whether a field is there at all, for what is only updated. */
export function hasField(value: unknown, path: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((item) => hasField(item, path));
  const [step, ...rest] = path;
  if (step === undefined) return true;
  if (!isObject(value) || !Object.hasOwn(value, step)) return false;
  return hasField(value[step], rest);
}
