import { toYaml } from '../../runtime/api/yaml';

/** How a document writes what is added to it. */
export interface WritingStyle {
  /** Keys in quotes: JSON. */
  json: boolean;
  /** Columns that a list stands to the right of its key. */
  listIndent: number;
  /** Columns of one level in JSON. */
  unit: number;
}

export function writingStyle(text: string): WritingStyle {
  const list = /^( *)(?:- +)*[\w."'/-]+:[ \t]*(?:#.*)?\r?\n(?:[ \t]*#.*\r?\n)*( *)- /m.exec(text);
  const line = /^ *(?:- +)*/.exec(list?.[0] ?? '')?.[0].length ?? 0;
  return {
    json: /^\s*\{/.test(text),
    listIndent: list && (list[2]?.length ?? 0) > line ? 2 : 0,
    unit: /\n( +)"/.exec(text)?.[1]?.length ?? 2,
  };
}

/** Lines of `key: value` in block style, indented to a column. */
export function blockEntry(key: string, value: unknown, column: number, style: WritingStyle): string[] {
  const margin = ' '.repeat(column);
  const name = `${margin}${scalar(key)}:`;
  if (Array.isArray(value) && value.length > 0) {
    return [name, ...value.flatMap((item) => blockItem(item, column + style.listIndent, style))];
  }
  if (isFilled(value)) {
    return [name, ...Object.entries(value).flatMap(([inner, below]) => blockEntry(inner, below, column + 2, style))];
  }
  return [`${name} ${plain(value)}`];
}

/** Lines of an item of a list, its dash at a column. */
export function blockItem(value: unknown, column: number, style: WritingStyle): string[] {
  const margin = ' '.repeat(column);
  if (!isFilled(value)) return [`${margin}- ${plain(value)}`];
  const lines = Object.entries(value).flatMap(([key, below]) => blockEntry(key, below, column + 2, style));
  return lines.map((line, i) => (i === 0 ? `${margin}- ${line.slice(column + 2)}` : line));
}

/** A value in one line, or in JSON's lines where its keys stand at a column of their own. */
export function flowText(value: unknown, style: WritingStyle, column?: number): string {
  if (style.json) {
    if (column === undefined) return JSON.stringify(value);
    const pretty = JSON.stringify(value, null, style.unit);
    return pretty.replaceAll('\n', `\n${' '.repeat(Math.max(0, column - style.unit))}`);
  }
  if (Array.isArray(value)) return `[${value.map((item) => flowText(item, style)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return plain(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${scalar(key)}: ${flowText(inner, style)}`)
    .join(', ')}}`;
}

function isFilled(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

const plain = (value: unknown) => (typeof value === 'string' ? scalar(value) : JSON.stringify(value));

/** Quoted where it would be read as something else. */
const scalar = (text: string) => toYaml(text).trimEnd();
