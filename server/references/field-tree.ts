import type { FieldPattern } from './rule';

/** Field names, list indices and map keys from an object's root: what `ParsedDocument.pathRange` takes. */
export type Steps = readonly string[];

const item = '[]';

/** Patterns merged to one tree, so that an object is walked once, and only where it has something to walk. */
export class FieldTree<T> {
  private readonly children = new Map<string, FieldTree<T>>();
  private readonly entries: T[] = [];

  add(pattern: FieldPattern, entry: T): void {
    for (const alternative of new Set(alternatives(pattern))) this.insert(patternSteps(alternative), entry);
  }

  private insert([step, ...rest]: readonly string[], entry: T): void {
    if (step === undefined) {
      this.entries.push(entry);
      return;
    }
    let child = this.children.get(step);
    if (!child) this.children.set(step, (child = new FieldTree()));
    child.insert(rest, entry);
  }

  /** Calls `found` for every place of `value` that an entry is for. */
  visit(value: unknown, found: (entry: T, value: unknown, at: Steps) => void, at: Steps = []): void {
    if (value === null || value === undefined) return;
    for (const entry of this.entries) found(entry, value, at);
    if (typeof value !== 'object' || this.children.size === 0) return;
    for (const [step, child] of this.children) {
      if (step === item) {
        if (Array.isArray(value)) value.forEach((each, i) => child.visit(each, found, [...at, String(i)]));
      } else if (step === '*') {
        if (!Array.isArray(value)) for (const [key, each] of Object.entries(value)) child.visit(each, found, [...at, key]);
      } else if (Object.hasOwn(value, step)) {
        child.visit((value as Record<string, unknown>)[step], found, [...at, step]);
      }
    }
  }
}

/** Places of one pattern. */
export function places(value: unknown, pattern: FieldPattern): { value: unknown; at: Steps }[] {
  const found: { value: unknown; at: Steps }[] = [];
  treeOf(pattern).visit(value, (_, each, at) => found.push({ value: each, at }));
  return found;
}

const trees = new Map<FieldPattern, FieldTree<true>>();

function treeOf(pattern: FieldPattern): FieldTree<true> {
  let tree = trees.get(pattern);
  if (!tree) {
    trees.set(pattern, (tree = new FieldTree()));
    tree.add(pattern, true);
  }
  return tree;
}

/** `a.{b,c.d}.e` as `a.b.e` and `a.c.d.e`. */
function alternatives(pattern: FieldPattern): string[] {
  const open = pattern.lastIndexOf('{');
  if (open < 0) return [pattern];
  const close = pattern.indexOf('}', open);
  const choices = pattern.slice(open + 1, close).split(',');
  return choices.flatMap((choice) => alternatives(pattern.slice(0, open) + choice + pattern.slice(close + 1)));
}

function patternSteps(pattern: FieldPattern): string[] {
  return [...pattern.matchAll(/\[\]|\[([^\]]+)\]|[^.[\]]+/g)].map(([whole, key]) => key ?? whole);
}

export function valueAt(root: unknown, steps: Steps): unknown {
  let at = root;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

export function stringAt(root: unknown, steps: Steps): string | undefined {
  const value = valueAt(root, steps);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
