import type { Schema, TypeResolver } from '../schema';
import { isJsonObject, jsonKind, maxDepth, setKey, type DecodeContext, type JsonObject } from './context';
import { goTypeOfDefinition, namedGoType } from './go-types';
import { anyValue, scalarDecoder, type Decode } from './scalars';

/** A built-in type, ready to decode: `decode`, and `zero`, what Go writes of a struct that was never set. */
interface Codec {
  readonly goType: string;
  readonly decode: Decode;
  readonly zero?: () => JsonObject;
}

interface Field {
  readonly codec: Codec;
  /** Leaves out an empty value, as `omitempty` does. */
  readonly dropEmpty: boolean;
}

interface Struct {
  readonly name: string;
  /** Of the API that it is of: `v1`. */
  readonly version: string;
  readonly fields: Map<string, Field>;
  /** Fields that Go writes though they are absent: structs that are not pointers, numbers and strings without omitempty. */
  readonly always: (readonly [name: string, make: () => unknown])[];
}

const codecs = new WeakMap<TypeResolver, Map<string, Codec>>();

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

function decodeStruct(struct: Struct, goType: string, value: unknown, context: DecodeContext): unknown {
  if (!isJsonObject(value)) return context.typeError(jsonKind(value), goType);
  if (context.steps.length > maxDepth) return context.fail('exceeded max depth');
  const result: JsonObject = {};
  context.structs.push(struct.name);
  for (const key of Object.keys(value)) {
    const field = struct.fields.get(key);
    if (!field) {
      context.unknownField(key);
      continue;
    }
    const given = value[key];
    if (given === null || given === undefined) continue;
    context.steps.push(key);
    const decoded = field.codec.decode(given, context);
    context.steps.pop();
    if (decoded !== undefined && !(field.dropEmpty && isEmpty(decoded))) result[key] = decoded;
  }
  context.structs.pop();
  for (const [name, make] of struct.always) if (result[name] === undefined) result[name] = make();
  return result;
}

function arrayCodec(items: Codec, nullValue: unknown): Codec {
  const goType = `[]${items.goType}`;
  return {
    goType,
    decode(value, context) {
      if (!Array.isArray(value)) return context.typeError(jsonKind(value), goType);
      const result: unknown[] = [];
      for (let i = 0; i < value.length; i++) {
        const given: unknown = value[i];
        context.steps.push(i);
        // A null element is the element type's zero value.
        const decoded = given === null ? (items.zero?.() ?? nullValue) : items.decode(given, context);
        context.steps.pop();
        if (decoded !== undefined) result.push(decoded);
      }
      return result;
    },
  };
}

function mapCodec(values: Codec, name: string | undefined, nullValue: unknown): Codec {
  const goType = name ?? `map[string]${values.goType}`;
  return {
    goType,
    decode(value, context) {
      if (!isJsonObject(value)) return context.typeError(jsonKind(value), goType);
      const result: JsonObject = {};
      for (const key of Object.keys(value)) {
        const given = value[key];
        context.steps.push([key]);
        const decoded = given === null ? (values.zero?.() ?? nullValue) : values.decode(given, context);
        context.steps.pop();
        if (decoded !== undefined) setKey(result, key, decoded);
      }
      return result;
    },
  };
}

/** JSONSchemaPropsOrBool and its like: the alternative is chosen by the JSON type of the value. */
function unionCodec(schema: Schema, resolver: TypeResolver, goType: string): Codec {
  const alternatives = (schema.anyOf ?? []).map((part) => ({
    type: resolver.resolve(part).type,
    codec: codecOf(part, resolver),
  }));
  return {
    goType,
    decode(value, context) {
      const kind = Array.isArray(value) ? 'array' : typeof value;
      const chosen = alternatives.find(({ type }) => type === kind);
      return chosen ? chosen.codec.decode(value, context) : context.typeError(jsonKind(value), goType);
    },
  };
}

const zeroOf: Partial<Record<NonNullable<Schema['type']>, unknown>> = {
  string: '',
  integer: 0,
  number: 0,
  boolean: false,
};

/** What Go has for a null in a list or a map. */
function zeroValue({ type, format }: Schema): unknown {
  return format === 'quantity' ? '0' : type && zeroOf[type];
}

function codecOf(schema: Schema, resolver: TypeResolver, named?: string): Codec {
  if (schema.$ref !== undefined) return definitionCodec(schema.$ref, resolver);
  if (schema.type === 'array' && schema.items) return arrayCodec(codecOf(schema.items, resolver, named), zeroValue(schema.items));
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    const values = schema.additionalProperties;
    return mapCodec(codecOf(values, resolver), named, zeroValue(values));
  }
  if (schema['x-kubernetes-preserve-unknown-fields']) return { goType: named ?? 'interface {}', decode: anyValue };
  const byFormat: Record<string, string> = {
    byte: '[]uint8',
    'date-time': 'v1.Time',
    'micro-time': 'v1.MicroTime',
    quantity: 'resource.Quantity',
  };
  const plain: Record<string, string> = { boolean: 'bool', integer: schema.format ?? 'int64', number: 'float64' };
  const goType = named ?? byFormat[schema.format ?? ''] ?? plain[schema.type ?? ''] ?? 'string';
  return { goType, decode: scalarDecoder(schema, named) };
}

const isScalar = (schema: Schema) =>
  schema.type === 'string' || schema.type === 'integer' || schema.type === 'boolean' || schema.type === 'number';

function dropsEmpty(schema: Schema, required: boolean): boolean {
  if (schema.$ref !== undefined || required || schema['x-kubernetes-preserve-unknown-fields']) return false;
  if (!isScalar(schema)) return schema.type === 'array' || schema.additionalProperties !== undefined;
  if (schema['x-go'] === 'pointer' || schema.format === 'quantity') return false;
  return (
    schema.default === undefined ||
    schema['x-go'] === 'omitempty' ||
    schema.default !== (schema.type && zeroOf[schema.type])
  );
}

function alwaysWritten(schema: Schema, codec: Codec): (() => unknown) | undefined {
  if (schema.$ref !== undefined) return schema.default !== undefined ? codec.zero : undefined;
  const zero = schema.type && zeroOf[schema.type];
  if (!isScalar(schema) || schema['x-go'] !== undefined || schema.default === undefined || schema.default !== zero)
    return undefined;
  return () => zero;
}

function fillStruct(struct: Struct, schema: Schema, resolver: TypeResolver): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const codec = codecOf(property, resolver, namedGoType(struct.name, name, struct.version));
    const required = schema.required?.includes(name) ?? false;
    struct.fields.set(name, { codec, dropEmpty: dropsEmpty(property, required) });
    const make = alwaysWritten(property, codec);
    if (make) struct.always.push([name, make]);
  }
}

function zeroStruct(struct: Struct): JsonObject {
  const result: JsonObject = {};
  for (const [name, make] of struct.always) result[name] = make();
  return result;
}

function structCodec(struct: Struct, goType: string): Codec {
  return {
    goType,
    decode: (value, context) => decodeStruct(struct, goType, value, context),
    zero: () => zeroStruct(struct),
  };
}

/** Compiled once a definition; a type that contains itself finds its own codec already there. */
export function definitionCodec(name: string, resolver: TypeResolver): Codec {
  let known = codecs.get(resolver);
  if (!known) codecs.set(resolver, (known = new Map()));
  const existing = known.get(name);
  if (existing) return existing;
  const schema = resolver.resolve({ $ref: name });
  const goType = goTypeOfDefinition(name);
  if (schema.type !== 'object' || schema['x-kubernetes-preserve-unknown-fields']) {
    const codec = schema.anyOf
      ? lazyUnion(schema, resolver, goType)
      : codecOf(schema, resolver, schema.type ? undefined : goType);
    known.set(name, codec);
    return codec;
  }
  const [version = '', own = ''] = name.split('.').slice(-2);
  const struct: Struct = { name: own, version, fields: new Map(), always: [] };
  const codec = structCodec(struct, goType);
  known.set(name, codec);
  fillStruct(struct, schema, resolver);
  return codec;
}

/** The alternatives of a union lead back to the type that holds it, so they are compiled at first use. */
function lazyUnion(schema: Schema, resolver: TypeResolver, goType: string): Codec {
  let made: Codec | undefined;
  return { goType, decode: (value, context) => (made ??= unionCodec(schema, resolver, goType)).decode(value, context) };
}
