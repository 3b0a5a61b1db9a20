import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

let folder: string | null | undefined;

/** The URI of a rule's page among the files that came with the program; undefined where they did not. */
export function rulePage(id: string): string | undefined {
  if (folder === undefined) folder = find(__dirname) ?? null;
  return folder === null ? undefined : pathToFileURL(join(folder, `${id}.md`)).href;
}

function find(from: string): string | undefined {
  const here = join(from, 'docs/rules');
  if (existsSync(join(here, 'README.md'))) return here;
  return dirname(from) === from ? undefined : find(dirname(from));
}
