import type { Schema, TypeResolver } from '../schema';
import { isJsonObject, setKey } from '../decoding/context';

/** Gives absent fields their schema's `default`, in place; a default is itself completed by the defaults below it. */
export function applySchemaDefaults(value: unknown, schema: Schema, resolver: TypeResolver): void {
  const { properties, items, additionalProperties } = resolver.resolve(schema);
  if (Array.isArray(value)) {
    if (items) for (const item of value) applySchemaDefaults(item, items, resolver);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, property] of Object.entries(properties ?? {})) {
    const absent =
      !Object.hasOwn(value, name) || value[name] === undefined || (value[name] === null && !property.nullable);
    if (absent && property.default !== undefined) setKey(value, name, structuredClone(property.default));
    if (Object.hasOwn(value, name)) applySchemaDefaults(value[name], property, resolver);
  }
  if (typeof additionalProperties !== 'object') return;
  for (const [key, entry] of Object.entries(value)) {
    if (!properties || !Object.hasOwn(properties, key)) applySchemaDefaults(entry, additionalProperties, resolver);
  }
}
