import { toYaml } from '../../runtime/api/yaml';
import type { Steps } from './field-tree';
import { documentSteps, rangeOf } from './places';
import type { ObjectLinks } from './reference';

/** UTF-16 offsets of the file. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Another text in place of a scalar or key, in its own quotes; undefined where it isn't written. */
export function replacement(
  text: string,
  links: ObjectLinks,
  at: Steps,
  value: string,
  part: 'key' | 'value' = 'value',
): Edit | undefined {
  const range = rangeOf(links, at, part);
  if (!range) return undefined;
  const written = text.slice(range.start, range.end);
  const number = part === 'value' && /^\d+$/.test(written) && /^\d+$/.test(value);
  return { ...range, text: number ? value : scalarText(value, written) };
}

/** As YAML reads the text back, with the quotes that stand there now. */
export function scalarText(value: string, written: string): string {
  if (written.startsWith('"')) return JSON.stringify(value);
  if (written.startsWith("'")) return `'${value.replaceAll("'", "''")}'`;
  return toYaml(value).trimEnd();
}

/** Takes the lines of a field away. A field that shares its first line with another stays. */
export function removal(text: string, links: ObjectLinks, at: Steps): Edit | undefined {
  const range = links.object.document().pathRange(documentSteps(links, at));
  const { key, value } = range ?? {};
  if (!key || !value) return undefined;
  const start = text.lastIndexOf('\n', key.start - 1) + 1;
  const next = text.indexOf('\n', Math.max(key.end, value.end));
  if (text.slice(start, key.start).trim() !== '') return undefined;
  return { start, end: next < 0 ? text.length : next + 1, text: '' };
}
