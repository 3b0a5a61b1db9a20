import type { LogLine } from './protocol';

/** A line of more is cut: a program may write megabytes without an end of line. */
const longest = 16_384;

/** Cuts what a container writes into lines. Bytes that are no text become U+FFFD; terminal colours are taken out. */
export class LineSplitter {
  private readonly decoder = new TextDecoder();
  private rest = '';

  constructor(private readonly source: number) {}

  push(chunk: Buffer): LogLine[] {
    const parts = (this.rest + this.decoder.decode(chunk, { stream: true })).split('\n');
    this.rest = (parts.pop() ?? '').slice(0, longest);
    return parts.map((part) => this.line(part));
  }

  end(): LogLine[] {
    const { rest } = this;
    this.rest = '';
    return rest === '' ? [] : [this.line(rest)];
  }

  /** The server puts the time before each line. */
  private line(text: string): LogLine {
    const time = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) /.exec(text)?.[1] ?? '';
    return [this.source, time, printable(text.slice(time ? time.length + 1 : 0))];
  }
}

// eslint-disable-next-line no-control-regex -- the sequences are what is looked for
const escapes = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|$)|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex -- they would be drawn as nothing
const controls = /[\u0000-\u0008\u000B-\u001F\u007F]/g;

function printable(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replaceAll(/\r$/g, '').replaceAll(escapes, '').replaceAll(controls, '\uFFFD');
}
