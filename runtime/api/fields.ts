import { SelectorError } from './labels';

/** One `field=value` or `field!=value` of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A field selector: all requirements hold. What a field's value is, the caller says. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  readonly empty: boolean;
  /** `valueOf` gives the text of a field path, '' where it is unset. */
  matches(valueOf: (field: string) => string | undefined): boolean;
  /** The value that the selector demands of a field, if it demands one. */
  requiresExactMatch(field: string): string | undefined;
  toString(): string;
}

function escapeValue(value: string): string {
  return value.replace(/[\\,=]/g, (character) => `\\${character}`);
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(text: string): string {
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\\') {
      const next = text.charAt(++i);
      if (next !== '\\' && next !== ',' && next !== '=') {
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next}`);
      }
      value += next;
    } else if (character === ',' || character === '=') {
      // Upstream prints the rune as a number.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else value += character;
  }
  return value;
}

function parseTerm(term: string, whole: string): FieldRequirement {
  const match = /^(.*?)(!=|==|=)/s.exec(term);
  if (!match) throw new SelectorError(`invalid selector: '${whole}'; can't understand '${term}'`);
  const value = unescapeValue(term.slice(match[0].length));
  return { field: match[1] ?? '', operator: match[2] === '!=' ? '!=' : '=', value };
}

class Conjunction implements FieldSelector {
  constructor(readonly requirements: readonly FieldRequirement[]) {}

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  matches(valueOf: (field: string) => string | undefined): boolean {
    for (const { field, operator, value } of this.requirements) {
      if (((valueOf(field) ?? '') === value) !== (operator === '=')) return false;
    }
    return true;
  }

  requiresExactMatch(field: string): string | undefined {
    return this.requirements.find((term) => term.field === field && term.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(',');
  }
}

/** Parses `metadata.name=a,status.phase!=Running`; throws `SelectorError` in upstream's words. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = splitTerms(text).sort().filter((term) => term !== '');
  return new Conjunction(terms.map((term) => parseTerm(term, text)));
}
