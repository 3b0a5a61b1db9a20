import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema, type Example, rulePages } from './docs';

/** The files that are made out of the rules, by their paths from the project's folder. */
export function documentFiles(root: string): Map<string, string> {
  const pages = rulePages((id) => exampleIn(join(root, 'test/language/lint', id)));
  return new Map([
    ...[...pages].map(([name, text]): [string, string] => [`docs/rules/${name}`, text]),
    ['schemas/podium.json', `${JSON.stringify(configSchema(), null, 2)}\n`],
  ]);
}

function exampleIn(folder: string): Example {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    failing: read('failing.yaml'),
    passing: read('passing.yaml'),
    fixed: existsSync(join(folder, 'fixed.yaml')) ? read('fixed.yaml') : undefined,
  };
}
