// Enumerations, which only kubernetes-models declares: `"protocol"?: "SCTP" | "TCP" | "UDP"`.
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
const enumField = new RegExp(String.raw`^ {4}"([^"]+)"\??: (?:Array<)?\(?(${literal}(?: \| ${literal})*)\)?(?:>|\[\])?;$`, 'gm');

function enumsIn(text) {
  const end = text.indexOf('\n}');
  const values = {};
  for (const [, field, union] of text.slice(0, end).matchAll(enumField)) {
    if (field !== 'apiVersion' && field !== 'kind') values[field] = union.split(' | ').map((value) => JSON.parse(value));
  }
  return values;
}

const byAlias = new Map();
for (const path of declarations(packageRoot)) {
  const text = readFileSync(path, 'utf8');
  const alias = /as I(IoK8s\w+)/.exec(text)?.[1];
  if (alias) byAlias.set(alias, enumsIn(text));
}

/** Field name to values, for a definition's full name. */
export function enumsOf(definition) {
  const alias = definition.split(/[.-]/).map((part) => part[0].toUpperCase() + part.slice(1)).join('');
  return byAlias.get(alias) ?? {};
}
