import { messageTable } from './message-table';

/** Bytes that aren't a message of the kind that they say to be. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

interface Field {
  name: string;
  repeated: boolean;
  map: boolean;
  /** One letter for a scalar, else the message's full name. */
  type: string;
  /** Fields of the message stand in the parent, as an embedded Go struct's do. */
  inline: boolean;
}
type Message = ReadonlyMap<number, Field>;
type Json = Record<string, unknown>;

/** Embedded Go structs: their fields stand in the parent's JSON. */
const inlined = new Set([
  'ephemeralContainerCommon', 'volumeSource', 'persistentVolumeSource', 'handler', 'localObjectReference',
  'ruleWithOperations', 'rule', 'ingressRuleValue',
]);

const lines = new Map<string, string>();
const messages = new Map<string, Message>();

function readTable(): void {
  let home = '';
  for (const line of messageTable.split('\n')) {
    if (line.startsWith('# ')) home = line.slice(2);
    else lines.set(`${home}.${line.split('|', 1)[0]!}`, line);
  }
}

function messageOf(name: string): Message | undefined {
  const known = messages.get(name);
  if (known) return known;
  if (lines.size === 0) readTable();
  const line = lines.get(name);
  if (line === undefined) return undefined;
  const home = name.slice(0, name.lastIndexOf('.'));
  const message = new Map(line.split('|').slice(1).map((text) => fieldOf(text, home)));
  messages.set(name, message);
  return message;
}

function fieldOf(text: string, home: string): [number, Field] {
  const [name = '', number = '', given = ''] = text.split(' ');
  const repeated = given.startsWith('*');
  const map = given.startsWith('%');
  const type = repeated || map ? given.slice(1) : given;
  const full = type.length === 1 || type.includes('.') ? type : `${home}.${type}`;
  return [Number(number), { name, repeated, map, type: full, inline: type.length > 1 && !repeated && !map && inlined.has(name) }];
}

class Reader {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw new ProtobufError('proto: integer overflow');
  }

  small(): number {
    let result = 0;
    for (let factor = 1; factor < 2 ** 49; factor *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result;
    }
    throw new ProtobufError('proto: integer overflow');
  }

  chunk(): Buffer {
    return this.fixed(this.small());
  }

  double(): number {
    return this.fixed(8).readDoubleLE();
  }

  fixed(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw new ProtobufError('unexpected EOF');
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** Passes over the value of a field that isn't known. */
  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.fixed(8);
    else if (wire === 2) this.chunk();
    else if (wire === 5) this.fixed(4);
    else throw new ProtobufError(`proto: illegal wireType ${wire}`);
  }
}

const meta = 'k8s.io.apimachinery.pkg.apis.meta.v1';
/** Messages whose JSON isn't an object. */
const special: Readonly<Record<string, (fields: Json) => unknown>> = {
  [`${meta}.Time`]: (fields) => timeText(fields, 0),
  [`${meta}.MicroTime`]: (fields) => timeText(fields, 6),
  [`${meta}.Duration`]: ({ duration = 0 }) => `${Number(duration) / 1e9}s`,
  [`${meta}.FieldsV1`]: (fields) => rawJson(fields['Raw']),
  'k8s.io.apimachinery.pkg.runtime.RawExtension': (fields) => rawJson(fields['raw']),
  'k8s.io.apimachinery.pkg.api.resource.Quantity': (fields) => fields['string'] ?? '0',
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': ({ type, intVal = 0, strVal = '' }) => (type === 1 ? strVal : intVal),
};

function timeText({ seconds, nanos }: Json, digits: number): string | null {
  // The zero time is an empty message.
  if (seconds === undefined) return null;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(Number(nanos ?? 0) / 1000)).padStart(6, '0')}Z`;
}

function rawJson(base64: unknown): unknown {
  if (typeof base64 !== 'string' || base64 === '') return null;
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString());
  } catch {
    throw new ProtobufError('raw JSON in a message is malformed');
  }
}

const deepest = 100;

function decodeMessage(bytes: Buffer, name: string, depth: number): unknown {
  const message = messageOf(name);
  if (!message) throw new ProtobufError(`no message ${name} is known`);
  if (depth > deepest) throw new ProtobufError('messages are nested too deeply');
  if (name.endsWith('.ExtraValue')) return listValue(bytes, message, depth);
  const reader = new Reader(bytes);
  const result: Json = {};
  while (!reader.done) {
    const tag = reader.small();
    const field = message.get(Math.floor(tag / 8));
    // Clients of other versions send fields that came or went since, and old ones send empty ones always.
    if (field) take(result, field, reader, tag % 8, depth);
    else reader.skip(tag % 8);
  }
  return special[name]?.(result) ?? (special[name] ? null : result);
}

function listValue(bytes: Buffer, message: Message, depth: number): unknown {
  const reader = new Reader(bytes);
  const result: Json = {};
  while (!reader.done) {
    const tag = reader.small();
    take(result, message.get(Math.floor(tag / 8)) ?? message.get(1)!, reader, tag % 8, depth);
  }
  return result['items'] ?? [];
}

function take(result: Json, field: Field, reader: Reader, wire: number, depth: number): void {
  if (field.map) return takeEntry(result, field, reader.chunk(), depth);
  // A repeated number may come packed.
  if (field.repeated && wire === 2 && (field.type === 'i' || field.type === 'b')) {
    const packed = new Reader(reader.chunk());
    while (!packed.done) append(result, field.name, value(field.type, packed, 0, depth));
    return;
  }
  const decoded = value(field.type, reader, wire, depth);
  if (field.inline) Object.assign(result, decoded);
  else if (field.repeated) append(result, field.name, decoded);
  else result[field.name] = decoded;
}

function append(result: Json, name: string, item: unknown): void {
  const list = result[name] as unknown[] | undefined;
  if (list) list.push(item);
  else result[name] = [item];
}

function takeEntry(result: Json, field: Field, entry: Buffer, depth: number): void {
  const reader = new Reader(entry);
  let key = '';
  let item: unknown = field.type === 's' || field.type === 'B' ? '' : field.type === 'i' ? 0 : {};
  while (!reader.done) {
    const tag = reader.small();
    if (Math.floor(tag / 8) === 1) key = reader.chunk().toString();
    else item = value(field.type, reader, tag % 8, depth);
  }
  const map = (result[field.name] ??= {}) as Json;
  Object.defineProperty(map, key, { value: item, enumerable: true, configurable: true, writable: true });
}

function value(type: string, reader: Reader, wire: number, depth: number): unknown {
  const expected = type === 'i' || type === 'b' ? 0 : type === 'd' ? 1 : 2;
  if (wire !== expected) throw new ProtobufError(`proto: wrong wireType = ${wire}`);
  switch (type) {
    case 'i': return Number(BigInt.asIntN(64, reader.varint()));
    case 'b': return reader.varint() !== 0n;
    case 'd': return reader.double();
    case 's': return reader.chunk().toString();
    case 'B': return reader.chunk().toString('base64');
    default: return decodeMessage(reader.chunk(), type, depth + 1);
  }
}

const magic = Buffer.from('k8s\0');
const homes: Readonly<Record<string, string>> = { '': 'core' };

/** The package of a group version's messages: `k8s.io.api.apps.v1`. */
function homeOf(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  if (kind.endsWith('Options') && !kind.startsWith('Pod') && !kind.startsWith('Node') && !kind.startsWith('Service')) return meta;
  return `k8s.io.api.${homes[group] ?? group.split('.')[0]!}.${version}`;
}

/** An object in the envelope that Kubernetes puts around its protobuf messages, as the value that its JSON would be. */
export function decodeProtobuf(body: Buffer): Json {
  if (!body.subarray(0, 4).equals(magic)) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const envelope = decodeMessage(body.subarray(4), 'k8s.io.apimachinery.pkg.runtime.Unknown', 0) as {
    typeMeta?: { apiVersion?: string; kind?: string }; raw?: string;
  };
  const { apiVersion = '', kind = '' } = envelope.typeMeta ?? {};
  const name = `${homeOf(apiVersion, kind)}.${kind}`;
  const fields = decodeMessage(Buffer.from(envelope.raw ?? '', 'base64'), name, 0) as Json;
  return { kind, apiVersion, ...fields };
}
