/**
 * Keys are kept in byte order of their UTF-8, as etcd has them; JavaScript compares UTF-16 units, which differs beyond
 * the Basic Multilingual Plane. A sort key is the UTF-8 as a string of bytes (latin1): the key itself when it is ASCII.
 */
export function sortKeyOf(key: string): string {
  return isAscii(key) ? key : Buffer.from(key, 'utf8').toString('latin1');
}

export function keyOf(sortKey: string): string {
  return isAscii(sortKey) ? sortKey : Buffer.from(sortKey, 'latin1').toString('utf8');
}

/** The first sort key after all that start with the prefix; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const code = prefix.charCodeAt(i);
    if (code < 0xff) return prefix.slice(0, i) + String.fromCharCode(code + 1);
  }
  return undefined;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
