import type { UnknownField } from './context';

/** A frame of the scan: an object's keys so far, or an array's index. */
interface Frame {
  readonly keys: Set<string> | undefined;
  index: number;
  step: string;
}

/**
 * Fields that stand twice in a JSON object: `duplicate field "spec.replicas"`, each once. JSON.parse keeps the last and
 * says nothing, so this reads the text; it must be JSON that has been parsed already.
 */
export function duplicateFields(json: string): UnknownField[] {
  const found = new Map<string, UnknownField>();
  const frames: Frame[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;
  let expectKey = false;
  for (let match = token.exec(json); match; match = token.exec(json)) {
    const text = match[0];
    const top = frames.at(-1);
    if (text === '{' || text === '[') {
      frames.push({ keys: text === '{' ? new Set() : undefined, index: 0, step: text === '{' ? '' : '[0]' });
      expectKey = text === '{';
    } else if (text === '}' || text === ']') {
      frames.pop();
      expectKey = false;
    } else if (text === ',') {
      expectKey = top?.keys !== undefined;
      if (top && !top.keys) top.step = `[${++top.index}]`;
    } else if (expectKey && top?.keys) {
      expectKey = false;
      addKey(JSON.parse(text) as string, top, top.keys, frames, found);
    }
  }
  return [...found.values()];
}

function addKey(key: string, frame: Frame, keys: Set<string>, frames: Frame[], found: Map<string, UnknownField>): void {
  frame.step = frames.length > 1 ? `.${key}` : key;
  if (!keys.has(key)) {
    keys.add(key);
    return;
  }
  const path = frames.map((f) => f.step).join('');
  found.set(path, { path, message: `duplicate field ${JSON.stringify(path)}` });
}
