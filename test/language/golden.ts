import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Position, Range } from 'vscode-languageserver-protocol';
import { expect } from 'vitest';
import type { EditorInitialization } from '../../runtime/client/editor-protocol';
import { LanguageClient } from './language-client';

/** A file of the input, open in the client, without its marks. */
export interface MarkedFile {
  uri: string;
  /** Relative to the input's folder. */
  name: string;
  document: TextDocument;
  /** Where `§` stood. */
  cursors: Position[];
  /** What `⟦…⟧` enclosed. */
  ranges: Range[];
}

export interface GoldenSession {
  client: LanguageClient;
  /** The input's files, in the order of their names; all are on disk, and those with marks (of a single one: it) are open. */
  files: MarkedFile[];
  /** Line and column of a place, and what is there: `web.yaml 3:7 "app"`. */
  place(uri: string, range: Range): string;
}

/** What a feature does, printed as text that reads as behaviour. */
export type GoldenFeature = (session: GoldenSession) => Promise<string>;

/**
 * Holds what a feature makes of an input against the text beside it (`web.yaml` → `web.txt`; a folder `service/` → `service.txt`).
 * A folder is a workspace of its own. `vitest -u` writes the texts anew: read them.
 */
export async function check(feature: GoldenFeature, input: string, options: GoldenOptions = {}): Promise<void> {
  const expected = join(dirname(input), `${basename(input, extname(input))}${options.suffix ?? ''}.txt`);
  await expect(await run(feature, input, options)).toMatchFileSnapshot(expected);
}

export interface GoldenOptions {
  /** Of the expected text's name, where several features look at one input: `.hover`. */
  suffix?: string;
  settings?: object;
  initializationOptions?: EditorInitialization;
}

async function run(feature: GoldenFeature, input: string, options: GoldenOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'podium-golden-'));
  const inputs = statSync(input).isDirectory() ? filesBelow(input) : [input];
  const root = statSync(input).isDirectory() ? input : dirname(input);
  const files = inputs.map((path) => placeFile(path, relative(root, path), folder));
  const client = await LanguageClient.inProcess({ pull: true, folder, ...options });
  try {
    const single = files.length === 1;
    for (const { uri, document, cursors, ranges } of files) {
      if (single || cursors.length + ranges.length > 0) await client.open(uri, document.getText(), document.languageId);
    }
    await client.indexed();
    return await feature({ client, files, place: (uri, range) => describePlace(files, uri, range) });
  } finally {
    await client.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .sort();
}

/** Writes a file without its marks. */
function placeFile(path: string, name: string, folder: string): MarkedFile {
  const { text, cursors, ranges } = takeMarks(readFileSync(path, 'utf8'));
  const target = join(folder, name);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  const languageId = extname(name) === '.json' ? 'json' : 'yaml';
  const document = TextDocument.create(pathToFileURL(target).href, languageId, 1, text);
  const range = ([start, end]: [number, number]): Range => ({
    start: document.positionAt(start),
    end: document.positionAt(end),
  });
  return {
    uri: document.uri,
    name: name.split(sep).join('/'),
    document,
    cursors: cursors.map((offset) => document.positionAt(offset)),
    ranges: ranges.map(range),
  };
}

export function takeMarks(marked: string): { text: string; cursors: number[]; ranges: [number, number][] } {
  const cursors: number[] = [];
  const ranges: [number, number][] = [];
  const open: number[] = [];
  let text = '';
  for (const char of marked) {
    if (char === '§') cursors.push(text.length);
    else if (char === '⟦') open.push(text.length);
    else if (char === '⟧') ranges.push([open.pop() ?? 0, text.length]);
    else text += char;
  }
  return { text, cursors, ranges };
}

function describePlace(files: readonly MarkedFile[], uri: string, range: Range): string {
  const file = files.find((other) => sameFile(other.uri, uri));
  const { line, character } = range.start;
  const words = file ? ` ${JSON.stringify(file.document.getText(range))}` : '';
  return `${file?.name ?? uri} ${line + 1}:${character + 1}${words}`;
}

function sameFile(a: string, b: string): boolean {
  return a === b || (b.startsWith('file:') && fileURLToPath(a) === fileURLToPath(b));
}
