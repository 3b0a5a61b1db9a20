import { isObject } from '../patch/json';
import type { Schema } from '../schema';
import { kustomizationSchema } from './schema';

export const kustomizationVersion = 'kustomize.config.k8s.io/v1beta1';
export const componentVersion = 'kustomize.config.k8s.io/v1alpha1';

export interface KustomizationProblem {
  readonly code: 'UnknownField' | 'FieldValueTypeInvalid' | 'FieldValueInvalid';
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Unknown fields, wrong types and versions: what Go's strict decoder and kustomize's own checks find. */
export function kustomizationProblems(value: unknown): KustomizationProblem[] {
  return [...fieldProblems(value, kustomizationSchema, []), ...versionProblems(value)];
}

function fieldProblems(value: unknown, schema: Schema, path: readonly (string | number)[]): KustomizationProblem[] {
  const { type, properties, items, additionalProperties } = schema;
  if (value === null || value === undefined || schema['x-kubernetes-preserve-unknown-fields']) return [];
  if (type !== undefined && type !== jsonType(value)) {
    const message = `invalid Kustomization: ${path.join('.')} must be of type ${type}, not ${jsonType(value)}`;
    return [{ code: 'FieldValueTypeInvalid', path, message }];
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => fieldProblems(item, items ?? {}, [...path, i]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, field]): KustomizationProblem[] => {
    const below = [...path, key];
    const name = properties && fieldName(properties, key);
    if (properties && name !== undefined) return fieldProblems(field, properties[name]!, below);
    if (typeof additionalProperties === 'object') return fieldProblems(field, additionalProperties, below);
    if (!properties) return [];
    const message = `invalid Kustomization: unknown field "${below.join('.')}"`;
    return [{ code: 'UnknownField', path: below, message }];
  });
}

/** The field that a key means: Go's decoder takes a key of another case too. */
export function fieldName(properties: Readonly<Record<string, Schema>>, key: string): string | undefined {
  if (Object.hasOwn(properties, key)) return key;
  const lower = key.toLowerCase();
  return Object.keys(properties).find((name) => name.toLowerCase() === lower);
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint') return 'integer';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function versionProblems(value: unknown): KustomizationProblem[] {
  const { kind = 'Kustomization', apiVersion } = isObject(value) ? value : {};
  const invalid = (path: string, message: string): KustomizationProblem[] => [
    { code: 'FieldValueInvalid', path: [path], message },
  ];
  if (kind !== null && kind !== 'Kustomization' && kind !== 'Component')
    return invalid('kind', 'kind should be Kustomization or Component');
  const wanted = kind === 'Component' ? componentVersion : kustomizationVersion;
  const fits = apiVersion === undefined || apiVersion === null || apiVersion === '' || apiVersion === wanted;
  return fits ? [] : invalid('apiVersion', `apiVersion for ${String(kind)} should be ${wanted}`);
}
