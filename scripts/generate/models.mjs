// Reads the OpenAPI models of Kubernetes 1.36 out of @kubernetes/client-node, as text: importing it would load
// nine hundred modules, and nothing of it may reach the bundle.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const packageRoot = dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node/package.json'));
export const modelsFolder = join(packageRoot, 'dist/gen/models');

/** Class names of the current models; other files in the folder are leftovers of older versions. */
export function modelClasses() {
  const text = readFileSync(join(modelsFolder, 'all.d.ts'), 'utf8');
  return [...text.matchAll(/models\/(\w+)\.js/g)].map((m) => m[1]);
}

/** `V1Pod` is `Pod`; every other prefix tells versions or groups apart and stays. */
export function shortName(className) {
  return className.replace(/^V1(?=[A-Z])/, '');
}

/**
 * One model: its description and fields.
 * A field's type is the client's TypeScript type (`Array<V1Container>`, `{ [key: string]: string; }`, `Date`).
 */
export function readModel(className) {
  const declaration = readFileSync(join(modelsFolder, `${className}.d.ts`), 'utf8');
  const script = readFileSync(join(modelsFolder, `${className}.js`), 'utf8');
  const typeMap = script.slice(script.indexOf('attributeTypeMap = ['));
  const documented = documentedFields(declaration);
  const fields = [...typeMap.matchAll(/"name": "(.*?)",\s*"baseName": "(.*?)",\s*"type": "(.*?)",\s*"format": "(.*?)"/g)].map(
    ([, name, baseName, type, format]) => ({ name: baseName, type, format, ...documented.get(name) }),
  );
  return { className, description: classDescription(declaration), fields };
}

function documentedFields(declaration) {
  const body = declaration.slice(declaration.indexOf('export declare class'));
  const fields = new Map();
  for (const [, doc, name, optional] of body.matchAll(/(?:\/\*\*([\s\S]*?)\*\/\s*)?'([^']+)'(\?)?:/g)) {
    fields.set(name, { description: cleanDoc(doc), required: !optional });
  }
  return fields;
}

function classDescription(declaration) {
  const before = declaration.slice(0, declaration.indexOf('export declare class'));
  return cleanDoc(before.slice(before.lastIndexOf('/**') + 3));
}

function cleanDoc(doc = '') {
  return doc
    .replace(/\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim()
    .replace(/\\(['"])/g, '$1');
}
