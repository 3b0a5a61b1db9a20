/**
 * A set of field paths in the form of FieldsV1, which is its own trie: `f:NAME` a field, `k:{…}` a list item by its keys,
 * `v:…` an item of a set by its value, `i:N` one by its index, `.` the node itself. A node without children is a member.
 * Sets are immutable and share nodes with each other; the empty set is `undefined`.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Building = Record<string, FieldSet>;

export const member: FieldSet = Object.freeze({});

function isLeaf(node: FieldSet): boolean {
  for (const _ in node) return false;
  return true;
}

export function isMember(node: FieldSet): boolean {
  return '.' in node || isLeaf(node);
}

/** A node with these children, itself a member or not; undefined if it would be neither. */
function nodeOf(children: Building, self: boolean): FieldSet | undefined {
  if (isLeaf(children)) return self ? member : undefined;
  if (self) children['.'] = member;
  return children;
}

/** At the root `{}` is the empty set; below it, a member. */
function root(node: FieldSet | undefined): FieldSet | undefined {
  return node && isLeaf(node) ? undefined : node;
}

export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (!a || a === b) return root(b);
  if (!b) return root(a);
  return root(isLeaf(a) ? b : isLeaf(b) ? a : unionNodes(a, b));
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const out: Building = {};
  for (const key in a) {
    if (key === '.') continue;
    const other = b[key];
    out[key] = other ? unionNodes(a[key]!, other) : a[key]!;
  }
  for (const key in b) if (key !== '.' && !(key in out)) out[key] = b[key]!;
  return nodeOf(out, isMember(a) || isMember(b))!;
}

export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (!a || !b) return root(a);
  return root(differenceNodes(a, b, false));
}

function differenceNodes(a: FieldSet, b: FieldSet, self: boolean): FieldSet | undefined {
  if (a === b) return undefined;
  const out: Building = {};
  for (const key in a) {
    if (key === '.') continue;
    const node = a[key]!;
    const other = b[key];
    const rest = other ? differenceNodes(node, other, isMember(node) && !isMember(other)) : node;
    if (rest) out[key] = rest;
  }
  return nodeOf(out, self);
}

/** Like {@link difference}, but a member of `b` takes everything below it out of `a` too. */
export function recursiveDifference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (!a || !b) return root(a);
  return root(recursiveNodes(a, b, false));
}

function recursiveNodes(a: FieldSet, b: FieldSet, self: boolean): FieldSet | undefined {
  const out: Building = {};
  for (const key in a) {
    if (key === '.') continue;
    const node = a[key]!;
    const other = b[key];
    if (!other) out[key] = node;
    else if (!isMember(other)) {
      const rest = recursiveNodes(node, other, isMember(node));
      if (rest) out[key] = rest;
    }
  }
  return nodeOf(out, self);
}

export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  return a && b ? root(intersectNodes(a, b, false)) : undefined;
}

function intersectNodes(a: FieldSet, b: FieldSet, self: boolean): FieldSet | undefined {
  if (a === b) return a;
  const out: Building = {};
  for (const key in a) {
    const other = b[key];
    if (key === '.' || !other) continue;
    const node = a[key]!;
    const both = intersectNodes(node, other, isMember(node) && isMember(other));
    if (both) out[key] = both;
  }
  return nodeOf(out, self);
}

export function has(set: FieldSet | undefined, path: readonly string[]): boolean {
  let node = set;
  for (const element of path) node = node?.[element];
  return node !== undefined && isMember(node);
}

export function equal(a: FieldSet | undefined, b: FieldSet | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  let count = 0;
  for (const key in a) {
    const other = b[key];
    if (!other || !equal(a[key], other)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/** The members, a level's before those below it, each level in order: as upstream lists conflicts. */
export function pathsOf(set: FieldSet | undefined, prefix: readonly string[] = []): string[][] {
  if (!set) return [];
  const elements = Object.keys(set)
    .filter((key) => key !== '.')
    .sort();
  const here = elements.filter((key) => isMember(set[key]!)).map((key) => [...prefix, key]);
  return [...here, ...elements.flatMap((key) => pathsOf(set[key], [...prefix, key]))];
}

/** The same set with its elements in FieldsV1's order. */
export function sorted(set: FieldSet): FieldSet {
  const keys = Object.keys(set);
  if (keys.length === 0) return member;
  const out: Building = {};
  for (const key of keys.sort()) out[key] = sorted(set[key]!);
  return out;
}

/** A set of named fields: `fieldSet('status', 'metadata.labels')`. */
export function fieldSet(...paths: string[]): FieldSet {
  return paths.reduce((set: FieldSet, path) => {
    const single = path.split('.').reduceRight((child: FieldSet, name) => ({ [`f:${name}`]: child }), member);
    return union(set, single)!;
  }, member);
}

/** A path element as Kubernetes prints it: `.spec`, `[name="web"]`, `[="finalizer"]`. */
function printElement(element: string): string {
  const text = element.slice(2);
  if (element.startsWith('f:')) return `.${text}`;
  if (element.startsWith('v:')) return `[=${text}]`;
  if (element.startsWith('i:')) return `[${text}]`;
  const keys = JSON.parse(text) as Record<string, unknown>;
  return `[${Object.keys(keys)
    .map((name) => `${name}=${JSON.stringify(keys[name])}`)
    .join(',')}]`;
}

export function printPath(path: readonly string[]): string {
  return path.map(printElement).join('');
}

/**
 * A FieldsV1 that came from outside as a set: keys in canonical spelling, so that equal paths are equal strings.
 * Undefined if it isn't one.
 */
export function parseFieldsV1(fields: unknown): FieldSet | undefined {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined;
  const out: Building = {};
  for (const [key, value] of Object.entries(fields)) {
    const element = canonicalElement(key);
    const child = parseFieldsV1(value);
    if (element === undefined || !child) return undefined;
    out[element] = child;
  }
  return out;
}

function canonicalElement(key: string): string | undefined {
  if (key === '.' || key.startsWith('f:')) return key;
  if (/^i:-?\d+$/.test(key)) return key;
  if (!key.startsWith('k:') && !key.startsWith('v:')) return undefined;
  try {
    const value: unknown = JSON.parse(key.slice(2));
    if (key.startsWith('v:')) return `v:${JSON.stringify(value)}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return `k:${JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))))}`;
  } catch {
    return undefined;
  }
}
