// The committed facts that the packages lack: definition names by package, list and patch keys, Go's struct and
// pointer fields, quantities, discovery names. See runtime/api/facts/README.md for the notation.
import { readFileSync } from 'node:fs';

const load = (name) =>
  JSON.parse(readFileSync(new URL(`../../runtime/api/facts/${name}.json`, import.meta.url), 'utf8'));

export const packages = load('packages');
export const fields = load('fields');
export const discovery = load('discovery');
export const pointers = new Set(load('pointers'));

/** Definitions that have no class of their own in the client: written out here in the schema dialect. */
const schemaProps = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const classless = {
  'io.k8s.api.apiserverinternal.v1alpha1.StorageVersionSpec': { type: 'object' },
  'io.k8s.api.scheduling.v1alpha2.BasicSchedulingPolicy': { type: 'object' },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus': { type: 'object' },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': { 'x-kubernetes-preserve-unknown-fields': true },
  [`${schemaProps}OrArray`]: { anyOf: [{ $ref: schemaProps }, { type: 'array', items: { $ref: schemaProps } }] },
  [`${schemaProps}OrBool`]: { anyOf: [{ $ref: schemaProps }, { type: 'boolean' }] },
  [`${schemaProps}OrStringArray`]: { anyOf: [{ $ref: schemaProps }, { type: 'array', items: { type: 'string' } }] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string', format: 'quantity' },
  [`${meta}.FieldsV1`]: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  [`${meta}.MicroTime`]: { type: 'string', format: 'micro-time' },
  [`${meta}.Patch`]: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  [`${meta}.Time`]: { type: 'string', format: 'date-time' },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { 'x-kubernetes-int-or-string': true, format: 'int-or-string' },
};

const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** `V1Pod` to `io.k8s.api.core.v1.Pod`. Where versions share a kind, the client prefixes the group: `CoreV1Event`. */
export function definitionsByClass(classes) {
  const known = new Set(classes);
  const byClass = new Map([['VersionInfo', 'io.k8s.apimachinery.pkg.version.Info']]);
  for (const [name, { definitions }] of Object.entries(packages)) {
    const parts = name.split('.');
    const version = /^v\d/.test(parts.at(-1)) ? capital(parts.pop()) : '';
    for (const kind of definitions) {
      const className = [version + kind, capital(parts.at(-1)) + version + kind].find(
        (c) => known.has(c) && !byClass.has(c),
      );
      if (className) byClass.set(className, `${name}.${kind}`);
    }
  }
  return byClass;
}
