import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UntypedObject } from '../../runtime/api/kinds';
import { parseManifests, parsePath } from '../../runtime/api/yaml';

/** One manifest of a collection: a base with some fields set or dropped, and what the API server says of it. */
export interface ParityCase {
  title: string;
  manifest: UntypedObject;
  /** Beginnings of its errors in their order, each with the field's path; an empty one stands for any further errors. */
  says: string[];
}

interface Collection {
  base: UntypedObject;
  cases: { base?: UntypedObject; set?: Record<string, unknown>; drop?: string[]; says: string[] }[];
}

type Tree = Record<string, unknown>;

/** The collections in a folder, one for each kind or family of kinds. */
export function parityCases(folder: string): ParityCase[] {
  return readdirSync(folder).filter((name) => name.endsWith('.yaml')).flatMap((name) => {
    const documents = parseManifests(readFileSync(join(folder, name), 'utf8'));
    const [collection] = documents.map(({ value }) => value as Collection);
    if (!collection) throw new Error(`${name} is empty`);
    const { base, cases } = collection;
    return cases.map(({ base: own = base, set = {}, drop = [], says }, i) => {
      const manifest = structuredClone(own);
      for (const path of drop) change(manifest, path, undefined);
      for (const [path, value] of Object.entries(set)) change(manifest, path, value);
      const what = [...drop.map((path) => `without ${path}`), ...Object.keys(set)].join(', ') || 'as it is';
      return { title: `${name} ${i + 1}: ${what}`, manifest, says };
    });
  });
}

function change(manifest: UntypedObject, path: string, value: unknown): void {
  const steps = parsePath(path);
  const last = steps.pop() ?? '';
  let at = manifest as unknown as Tree;
  for (const step of steps) at = (at[step] ??= {}) as Tree;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = structuredClone(value);
}
