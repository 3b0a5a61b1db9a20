// What only the declarations of kubernetes-models have: enumerations (`"protocol"?: "SCTP" | "TCP"`), descriptions of
// fields that refer to another type, and the line breaks of all descriptions.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packageRoot = dirname(createRequire(import.meta.url).resolve('kubernetes-models/package.json'));

function declarations(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === '_schemas' ? [] : declarations(path);
    return name.endsWith('.d.ts') && name !== 'index.d.ts' ? [path] : [];
  });
}

const literal = String.raw`"(?:[^"\\]|\\.)*"`;
const enumField = new RegExp(
  String.raw`^ {4}"([^"]+)"\??: (?:Array<)?\(?(${literal}(?: \| ${literal})*)\)?(?:>|\[\])?;$`,
  'gm',
);

function enumsIn(text) {
  const end = text.indexOf('\n}');
  const values = {};
  for (const [, field, union] of text.slice(0, end).matchAll(enumField)) {
    if (field !== 'apiVersion' && field !== 'kind')
      values[field] = union.split(' | ').map((value) => JSON.parse(value));
  }
  return values;
}

function plain(comment) {
  const text = comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
  return text.replace(/\s*Possible enum values:[\s\S]*$/, '').replaceAll('*\\/', '*/');
}

function textsIn(text) {
  const start = text.indexOf('export interface');
  const before = /\/\*\*([\s\S]*?)\*\/\s*$/.exec(text.slice(0, start));
  const fields = {};
  const body = text.slice(start, text.indexOf('\n}', start));
  for (const [, comment, field] of body.matchAll(/^ {4}\/\*\*\n((?: {5}\*.*\n)*?) {5}\*\/\n {4}"([^"]+)"\??:/gm))
    fields[field] = plain(comment);
  return { description: before ? plain(before[1]) : '', fields };
}

const byAlias = new Map();
const machinery = join(dirname(packageRoot), '@kubernetes-models/apimachinery');
for (const path of [...declarations(packageRoot), ...declarations(machinery)]) {
  const text = readFileSync(path, 'utf8');
  const alias = /as I(IoK8s\w+)/.exec(text)?.[1];
  if (alias) byAlias.set(alias, { enums: enumsIn(text.slice(text.indexOf('export interface'))), ...textsIn(text) });
}

const aliasOf = (definition) =>
  definition
    .split(/[.-]/)
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join('');

/** Field name to values, for a definition's full name. */
export const enumsOf = (definition) => byAlias.get(aliasOf(definition))?.enums ?? {};

/** `{ description, fields }` of a definition, by its full name. */
export const textsOf = (definition) => byAlias.get(aliasOf(definition)) ?? { description: '', fields: {} };
