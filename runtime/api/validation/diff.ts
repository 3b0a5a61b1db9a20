/** One line of a diff: kept, taken away or added. */
interface Edit {
  mark: ' ' | '-' | '+';
  line: string;
}

const CONTEXT = 3;

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const toLines = (value: unknown) => JSON.stringify(value ?? null, sortedKeys, 2).split('\n');

/** Lengths of the longest common subsequence of every pair of tails. */
function commonTails(a: readonly string[], b: readonly string[]): Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = table[i + 1]?.[j] ?? 0;
      const right = table[i]?.[j + 1] ?? 0;
      const row = table[i];
      if (row) row[j] = a[i] === b[j] ? (table[i + 1]?.[j + 1] ?? 0) + 1 : Math.max(below, right);
    }
  }
  return table;
}

function edits(a: readonly string[], b: readonly string[]): Edit[] {
  const table = commonTails(a, b);
  const found: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      found.push({ mark: ' ', line: left });
      i++;
      j++;
    } else if (left !== undefined && (right === undefined || (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))) {
      found.push({ mark: '-', line: left });
      i++;
    } else {
      found.push({ mark: '+', line: right ?? '' });
      j++;
    }
  }
  return found;
}

function hunkHeader(before: readonly Edit[], hunk: readonly Edit[]): string {
  const count = (list: readonly Edit[], other: '-' | '+') => list.filter(({ mark }) => mark !== other).length;
  const range = (other: '-' | '+') => {
    const length = count(hunk, other);
    const start = count(before, other) + (length === 0 ? 0 : 1);
    return length === 1 ? `${start}` : `${start},${length}`;
  };
  return `@@ -${range('+')} +${range('-')} @@`;
}

/** Unified diff of two objects as indented JSON, what the API server puts below "may not change fields other than". */
export function objectDiff(old: unknown, current: unknown): string {
  const all = edits(toLines(old), toLines(current));
  const changed = all.flatMap(({ mark }, i) => (mark === ' ' ? [] : [i]));
  const text: string[] = [];
  for (let k = 0; k < changed.length; ) {
    const start = Math.max(0, (changed[k] ?? 0) - CONTEXT);
    let last = changed[k] ?? 0;
    while (k < changed.length && (changed[k] ?? 0) - last <= 2 * CONTEXT) last = changed[k++] ?? last;
    const hunk = all.slice(start, last + CONTEXT + 1);
    text.push(hunkHeader(all.slice(0, start), hunk), ...hunk.map(({ mark, line }) => mark + line));
  }
  return text.map((line) => `${line}\n`).join('');
}
