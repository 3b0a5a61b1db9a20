import type { Json, JsonObject } from './documents';

/** A value's form in the gnostic message (openapiv2/OpenAPIv2.proto). */
type Form =
  | 'string'
  | 'strings'
  | 'bool'
  | 'double'
  | 'int64'
  | 'any'
  | 'anys'
  | { readonly message: () => MessageType }
  | { readonly repeated: () => MessageType }
  /** A JSON object as repeated (name, value) pairs in field 1. */
  | { readonly map: () => MessageType }
  | { readonly custom: (value: Json) => Buffer };

interface MessageType {
  readonly fields: Readonly<Record<string, readonly [number: number, form: Form]>>;
  /** Number of `vendor_extension`, which takes every `x-…` key. */
  readonly extensions?: number;
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const lengthDelimited = 2;
const tag = (number: number, wireType: number) => varint((number << 3) | wireType);
const delimited = (number: number, bytes: Buffer) =>
  Buffer.concat([tag(number, lengthDelimited), varint(bytes.length), bytes]);
const text = (number: number, value: string) => delimited(number, Buffer.from(value, 'utf8'));
const bool = (number: number, value: boolean) => (value ? Buffer.concat([tag(number, 0), varint(1)]) : Buffer.alloc(0));

function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(number, 1), bytes]);
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `Any` carries YAML, which JSON is. */
const any = (number: number, value: Json) => delimited(number, text(2, JSON.stringify(value)));
const named = (number: number, name: string, value: Buffer) =>
  delimited(number, Buffer.concat([text(1, name), delimited(2, value)]));

function field(number: number, form: Form, value: Json): Buffer {
  if (form === 'string') return text(number, String(value));
  if (form === 'strings') return Buffer.concat((value as Json[]).map((item) => text(number, String(item))));
  if (form === 'bool') return bool(number, value === true);
  if (form === 'double') return double(number, Number(value));
  if (form === 'int64') return Buffer.concat([tag(number, 0), varint(Math.trunc(Number(value)))]);
  if (form === 'any') return any(number, value);
  if (form === 'anys') return Buffer.concat((value as Json[]).map((item) => any(number, item)));
  if ('custom' in form) return delimited(number, form.custom(value));
  if ('repeated' in form)
    return Buffer.concat((value as Json[]).map((item) => delimited(number, encode(form.repeated(), item))));
  if ('map' in form) return delimited(number, encodeMap(form.map(), value));
  return delimited(number, encode(form.message(), value));
}

function encodeMap(type: MessageType, value: Json): Buffer {
  return isObject(value)
    ? Buffer.concat(Object.entries(value).map(([name, entry]) => named(1, name, encode(type, entry))))
    : Buffer.alloc(0);
}

function encode(type: MessageType, value: Json): Buffer {
  if (!isObject(value)) return Buffer.alloc(0);
  const parts: Buffer[] = [];
  for (const [key, entry] of Object.entries(value)) {
    const known = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
    if (known) parts.push(field(known[0], known[1], entry));
    else if (type.extensions !== undefined && key.startsWith('x-')) {
      parts.push(named(type.extensions, key, text(2, JSON.stringify(entry))));
    }
  }
  return Buffer.concat(parts);
}

const schema: MessageType = {
  fields: {
    $ref: [1, 'string'],
    format: [2, 'string'],
    title: [3, 'string'],
    description: [4, 'string'],
    default: [5, 'any'],
    multipleOf: [6, 'double'],
    maximum: [7, 'double'],
    exclusiveMaximum: [8, 'bool'],
    minimum: [9, 'double'],
    exclusiveMinimum: [10, 'bool'],
    maxLength: [11, 'int64'],
    minLength: [12, 'int64'],
    pattern: [13, 'string'],
    maxItems: [14, 'int64'],
    minItems: [15, 'int64'],
    uniqueItems: [16, 'bool'],
    maxProperties: [17, 'int64'],
    minProperties: [18, 'int64'],
    required: [19, 'strings'],
    enum: [20, 'anys'],
    additionalProperties: [
      21,
      { custom: (value) => (typeof value === 'boolean' ? bool(2, value) : delimited(1, encode(schema, value))) },
    ],
    type: [22, { custom: (value) => text(1, String(value)) }],
    items: [23, { custom: (value) => delimited(1, encode(schema, value)) }],
    properties: [25, { map: () => schema }],
  },
  extensions: 31,
};

const bodyParameter: MessageType = {
  fields: {
    description: [1, 'string'],
    name: [2, 'string'],
    in: [3, 'string'],
    required: [4, 'bool'],
    schema: [5, { message: () => schema }],
  },
};
const queryParameter: MessageType = {
  fields: {
    required: [1, 'bool'],
    in: [2, 'string'],
    description: [3, 'string'],
    name: [4, 'string'],
    type: [6, 'string'],
    uniqueItems: [20, 'bool'],
  },
};
const pathParameter: MessageType = {
  fields: {
    required: [1, 'bool'],
    in: [2, 'string'],
    description: [3, 'string'],
    name: [4, 'string'],
    type: [5, 'string'],
    uniqueItems: [18, 'bool'],
  },
};

/** ParametersItem → Parameter → body, or non-body → query or path. */
function parametersItem(value: Json): Buffer {
  const place = isObject(value) ? value['in'] : undefined;
  if (place === 'body') return delimited(1, delimited(1, encode(bodyParameter, value)));
  const nonBody =
    place === 'path' ? delimited(4, encode(pathParameter, value)) : delimited(3, encode(queryParameter, value));
  return delimited(1, delimited(2, nonBody));
}

const response: MessageType = {
  fields: { description: [1, 'string'], schema: [2, { custom: (value) => delimited(1, encode(schema, value)) }] },
};
const responseValue = (value: Json) => delimited(1, encode(response, value));

/** Each parameter is an entry of its own, which `custom` writes as one field, so the list is written here. */
function parameters(number: number, list: Json): Buffer {
  return Buffer.concat((list as Json[]).map((item) => delimited(number, parametersItem(item))));
}

const operationFields: MessageType = {
  fields: {
    tags: [1, 'strings'],
    description: [3, 'string'],
    operationId: [5, 'string'],
    produces: [6, 'strings'],
    consumes: [7, 'strings'],
    responses: [
      9,
      {
        custom: (value) =>
          Buffer.concat(
            Object.entries(value as JsonObject).map(([code, entry]) => named(1, code, responseValue(entry))),
          ),
      },
    ],
    schemes: [10, 'strings'],
  },
  extensions: 13,
};

function operation(value: Json): Buffer {
  const own = isObject(value) ? value['parameters'] : undefined;
  return Buffer.concat([encode(operationFields, value), own ? parameters(8, own) : Buffer.alloc(0)]);
}

const methods: Record<string, number> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(value: Json): Buffer {
  if (!isObject(value)) return Buffer.alloc(0);
  return Buffer.concat(
    Object.entries(value).map(([key, entry]) => {
      if (key === 'parameters') return parameters(9, entry);
      const number = methods[key];
      return number === undefined ? Buffer.alloc(0) : delimited(number, operation(entry));
    }),
  );
}

const security = (value: Json) =>
  Buffer.concat(Object.keys(value as JsonObject).map((name) => named(1, name, Buffer.alloc(0))));
const apiKey: MessageType = {
  fields: { type: [1, 'string'], name: [2, 'string'], in: [3, 'string'], description: [4, 'string'] },
};

/** A `/openapi/v2` document as gnostic's `openapi.v2.Document`. */
export function encodeOpenApiV2(document: JsonObject): Buffer {
  const part = (key: string) => (document[key] ?? {}) as JsonObject;
  const info: MessageType = { fields: { title: [1, 'string'], version: [2, 'string'] } };
  const keys = Object.entries(part('securityDefinitions')).map(([name, entry]) =>
    named(1, name, delimited(2, encode(apiKey, entry))),
  );
  return Buffer.concat([
    text(1, String(document['swagger'])),
    delimited(2, encode(info, part('info'))),
    delimited(8, Buffer.concat(Object.entries(part('paths')).map(([path, item]) => named(2, path, pathItem(item))))),
    delimited(9, encodeMap(schema, part('definitions'))),
    ...((document['security'] ?? []) as Json[]).map((entry) => delimited(12, security(entry))),
    delimited(13, Buffer.concat(keys)),
  ]);
}
