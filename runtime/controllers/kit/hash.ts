/** FNV-1a over UTF-8, 32 bits. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** No vowels and nothing that looks like another character, so that no word is ever spelled. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

export function safeEncode(text: string): string {
  return [...Buffer.from(text, 'utf8')].map((byte) => alphabet[byte % alphabet.length]).join('');
}

/** Independent of key order and of what is absent, null or empty. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, field]) => field !== undefined && field !== null && canonical(field) !== '[]' && canonical(field) !== '{}');
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

/** The `pod-template-hash` of a template; a collision count makes another of the same template. */
export function hashOf(template: unknown, collisionCount: number | undefined): string {
  return safeEncode(String(fnv32a(canonical(template) + (collisionCount ?? ''))));
}
