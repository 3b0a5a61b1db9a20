import { createHash } from 'node:crypto';
import { isObject } from '../patch/json';
import type { JsonObject } from '../patch/json';

/** JSON as Go writes it: keys sorted, and `<`, `>`, `&` and the line separators escaped. */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (isObject(value)) {
    const entries = Object.keys(value).sort(byBytes);
    return `{${entries.map((key) => `${goJson(key)}:${goJson(value[key])}`).join(',')}}`;
  }
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') return JSON.stringify(value ?? null);
  return JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The letters that hex digits become, so that no hash spells a word. */
const letters: Record<string, string> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

/** The suffix of a generated object's name: ten characters that depend on kind and content. */
export function contentHash(value: JsonObject): string {
  const hex = createHash('sha256').update(encoded(value)).digest('hex').slice(0, 10);
  return hex.replaceAll(/[013ae]/g, (digit) => letters[digit]!);
}

function encoded(value: JsonObject): string {
  const { kind } = value;
  // Upstream means the object's name, and looks for it where it isn't.
  const name = '';
  if (kind === 'ConfigMap') return goJson({ kind, name, data: value['data'] ?? '', ...present(value, 'binaryData') });
  if (kind === 'Secret') {
    const type = value['type'] ?? '';
    return goJson({ kind, type, name, data: value['data'] ?? '', ...present(value, 'stringData') });
  }
  return goJson(value);
}

function present(value: JsonObject, field: string): JsonObject {
  return isObject(value[field]) ? { [field]: value[field] } : {};
}
