import type { TextRange } from '../manifests/ranges';

interface Line {
  readonly start: number;
  readonly text: string;
}

/** The lines of a template, found again in what somebody else rendered of it. */
export class TemplateLines {
  private readonly lines: readonly Line[];

  constructor(text: string) {
    this.lines = linesOf(text);
  }

  /** A line from its column on, both from 0; the nearest that there is. */
  line(number: number, column = 0): TextRange {
    const line = this.lines[Math.min(number, this.lines.length - 1)] ?? { start: 0, text: '' };
    const indent = line.text.length - line.text.trimStart().length;
    const start = line.start + (column < line.text.trimEnd().length ? Math.max(column, indent) : indent);
    return { start, end: Math.max(start + 1, line.start + line.text.trimEnd().length) };
  }

  /**
   * Where ranges of a rendered text come from: the same words of the same line, the line that writes the same key, or
   * the nearest one before.
   */
  placesOf(rendered: string): (range: TextRange) => TextRange {
    const from = linesOf(rendered);
    const origins = this.originsOf(from);
    return ({ start, end }) => {
      const number = from.findLastIndex((line) => line.start <= start);
      const line = from[number];
      const origin = origins[number];
      const words = line?.text.slice(start - line.start, end - line.start).trimEnd();
      const at = origin !== undefined && words ? this.lines[origin]?.text.indexOf(words) : undefined;
      if (origin !== undefined && words && at !== undefined && at >= 0) {
        const exact = (this.lines[origin]?.start ?? 0) + at;
        return { start: exact, end: exact + words.length };
      }
      return this.line(origin ?? origins.slice(0, Math.max(0, number)).findLast((each) => each !== undefined) ?? 0);
    };
  }

  /** For each line of a rendered text that of the template: after the last one found, or from the top again, as loops go. */
  private originsOf(rendered: readonly Line[]): (number | undefined)[] {
    let next = 0;
    return rendered.map(({ text }) => {
      const wanted = text.trim();
      const key = /^(?:- )?[\w./-]+:/.exec(wanted)?.[0];
      const same = (line: Line): boolean => line.text.trim() === wanted;
      const writes = (line: Line): boolean => key !== undefined && line.text.trim().startsWith(key);
      const found = wanted === '' ? undefined : (this.find(same, next) ?? this.find(writes, next));
      if (found !== undefined) next = found + 1;
      return found;
    });
  }

  private find(is: (line: Line) => boolean, from: number): number | undefined {
    const after = this.lines.findIndex((line, i) => i >= from && is(line));
    const found = after >= 0 ? after : this.lines.findIndex(is);
    return found >= 0 ? found : undefined;
  }
}

function linesOf(text: string): Line[] {
  let start = 0;
  return text.split('\n').map((line) => {
    const found = { start, text: line };
    start += line.length + 1;
    return found;
  });
}
