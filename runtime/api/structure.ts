import type { Finding } from './finding';
import type { UntypedObject } from './object';
import type { Schema, TypeResolver } from './schema';
import { DecodeContext, isJsonObject, jsonKind, type UnknownField } from './decoding/context';
import { decodeFields } from './decoding/custom';
import { definitionCodec } from './decoding/structs';

export type { UnknownField } from './decoding/context';
export { canonicalMicroTime, canonicalTime, TimeError } from './decoding/time';
export { duplicateFields } from './decoding/duplicates';

export interface Decoded<T> {
  /** A new object; of what was wrong it has nothing. */
  object: T;
  /**
   * Type errors. Of a built-in kind the message is what follows `cannot be handled as a Pod: ` in the API server's 400,
   * which names the first of them; of a custom kind they are causes of a 422.
   */
  errors: Finding[];
  /** Fields that the type does not have. They are not in `object`. */
  unknown: UnknownField[];
}

/**
 * Turns parsed JSON into an object of a kind, as Go's decoder and encoder would: types checked, quantities and times
 * canonical, nulls and empty optional fields left out, structs that Go always writes present (`status: {}`).
 * A built-in kind's schema is a `$ref`; any other is a CRD's structural schema and is pruned instead.
 * Never throws, whatever the value is. Enumerations, patterns and limits are validation's, not looked at here.
 */
export function decodeObject<T = UntypedObject>(value: unknown, schema: Schema, resolver: TypeResolver): Decoded<T> {
  const context = new DecodeContext();
  const object =
    schema.$ref !== undefined
      ? decodeBuiltIn(value, schema.$ref, resolver, context)
      : decodeRoot(value, schema, resolver, context);
  return { object: (object ?? {}) as T, errors: context.errors(), unknown: context.unknown };
}

function decodeBuiltIn(value: unknown, name: string, resolver: TypeResolver, context: DecodeContext): unknown {
  const codec = definitionCodec(name, resolver);
  return value === null || value === undefined ? codec.zero?.() : codec.decode(value, context);
}

function decodeRoot(value: unknown, schema: Schema, resolver: TypeResolver, context: DecodeContext): unknown {
  if (!isJsonObject(value)) return context.typeError(jsonKind(value), 'map[string]interface {}');
  return decodeFields(value, schema, resolver, context, true);
}
