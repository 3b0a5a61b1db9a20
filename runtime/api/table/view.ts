import { getKey, isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';

const nothing: JsonObject = Object.freeze({});

/**
 * Reading access to an object whose fields may be missing or of the wrong type: a table is printed of whatever is stored,
 * and must not fail on it.
 */
export class View {
  constructor(readonly json: JsonObject) {}

  static of(value: unknown): View {
    return new View(isObject(value) ? value : nothing);
  }

  at(...path: string[]): View {
    return View.of(this.value(...path));
  }

  value(...path: string[]): unknown {
    return (
      path.reduce((value: unknown, key) => (isObject(value) ? getKey(value, key) : undefined), this.json) ?? undefined
    );
  }

  has(...path: string[]): boolean {
    return this.value(...path) !== undefined;
  }

  text(...path: string[]): string {
    const value = this.value(...path);
    return typeof value === 'string'
      ? value
      : typeof value === 'number' || typeof value === 'bigint'
        ? String(value)
        : '';
  }

  number(...path: string[]): number {
    const value = this.value(...path);
    return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : 0;
  }

  flag(...path: string[]): boolean {
    return this.value(...path) === true;
  }

  list(...path: string[]): View[] {
    return this.values(...path).map((item) => View.of(item));
  }

  values(...path: string[]): unknown[] {
    const value = this.value(...path);
    return Array.isArray(value) ? value : [];
  }

  /** The values of a map of strings. */
  map(...path: string[]): Record<string, string> {
    return Object.fromEntries(Object.entries(this.at(...path).json).map(([key, value]) => [key, String(value)]));
  }

  size(...path: string[]): number {
    return Object.keys(this.at(...path).json).length;
  }
}
