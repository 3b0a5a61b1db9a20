import type {
  CodeAction,
  CompletionItem,
  Diagnostic,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  Hover,
  MarkupContent,
  Position,
  SelectionRange,
  SemanticTokens,
  SymbolInformation,
  TextEdit,
} from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { GoldenFeature, GoldenSession, MarkedFile } from './golden';

/** Asks for each open file with marks, or for a single one without. */
function eachFile(session: GoldenSession, print: (file: MarkedFile) => Promise<string>): Promise<string> {
  return session.files.reduce(async (text, file) => (await text) + (await print(file)), Promise.resolve(''));
}

function eachCursor(
  session: GoldenSession,
  print: (file: MarkedFile, position: Position) => Promise<string>,
): Promise<string> {
  return eachFile(session, (file) =>
    file.cursors.reduce(async (text, cursor) => (await text) + (await print(file, cursor)), Promise.resolve('')),
  );
}

/** What is shown of the hover at each cursor. */
export const hover: GoldenFeature = (session) =>
  eachCursor(session, async ({ uri }, position) => {
    const answer = await session.client.request<Hover | null>('textDocument/hover', { textDocument: { uri }, position });
    const at = session.place(uri, answer?.range ?? { start: position, end: position });
    return `### ${at}\n${(answer?.contents as MarkupContent | undefined)?.value ?? 'nothing'}\n\n`;
  });

/** What is offered at each cursor, and what it writes. */
export const completion: GoldenFeature = (session) =>
  eachCursor(session, async ({ uri, document }, position) => {
    const items = await session.client.complete(uri, position);
    const line = document.getText({ start: { ...position, character: 0 }, end: position });
    const shown = items.filter((item) => fits(item, /[\w./-]*$/.exec(line)?.[0] ?? ''));
    return `### ${position.line + 1}:${position.character + 1} ${JSON.stringify(line)}\n${shown.map(printItem).join('')}\n`;
  });

/** As editors filter: by the letters that are there, in their order. */
function fits({ label, filterText = label }: CompletionItem, word: string): boolean {
  const letters = word.toLowerCase().split('').map((letter) => letter.replace(/\W/, '\\$&'));
  return new RegExp(letters.join('.*')).test(filterText.toLowerCase());
}

function printItem({ label, detail, textEdit, additionalTextEdits = [], labelDetails }: CompletionItem): string {
  const version = labelDetails?.description ?? '';
  const written = textEdit ? JSON.stringify(textEdit.newText) : '';
  const above = additionalTextEdits.map(({ newText }) => ` after ${JSON.stringify(newText)}`).join('');
  return `${label}${version && ` ${version}`}${detail ? ` (${detail})` : ''}: ${written}${above}\n`;
}

export const symbols: GoldenFeature = (session) =>
  eachFile(session, async ({ uri }) => {
    const found = await session.client.request<DocumentSymbol[]>('textDocument/documentSymbol', { textDocument: { uri } });
    const print = ({ name, detail, range, selectionRange, children = [] }: DocumentSymbol, depth: number): string => {
      const lines = `${range.start.line + 1}–${range.end.line + 1}`;
      const own = `${'  '.repeat(depth)}${name}${detail ? ` = ${detail}` : ''}  [${lines}, ${selectionRange.start.line + 1}]\n`;
      return own + children.map((child) => print(child, depth + 1)).join('');
    };
    return found.map((symbol) => print(symbol, 0)).join('');
  });

export const folding: GoldenFeature = (session) =>
  eachFile(session, async ({ uri, document }) => {
    const folds = await session.client.request<FoldingRange[]>('textDocument/foldingRange', { textDocument: { uri } });
    const lines = document.getText().split('\n');
    return folds
      .map(({ startLine, endLine, kind }) => `${startLine + 1}–${endLine + 1} ${kind ?? ''} ${lines[startLine]}\n`)
      .join('');
  });

export const selection: GoldenFeature = (session) =>
  eachCursor(session, async ({ uri, document }, position) => {
    const found = await session.client.request<SelectionRange[]>('textDocument/selectionRange', {
      textDocument: { uri },
      positions: [position],
    });
    const steps: string[] = [];
    for (let at: SelectionRange | undefined = found[0]; at; at = at.parent) {
      const text = document.getText(at.range);
      const shown = text.length > 50 ? `${text.slice(0, 20)} … ${text.slice(-20)}` : text;
      steps.push(`${at.range.start.line + 1}–${at.range.end.line + 1} ${JSON.stringify(shown)}\n`);
    }
    return `### ${position.line + 1}:${position.character + 1}\n${steps.join('')}\n`;
  });

/** The text as it is after formatting, of the marked range if there is one. */
export const formatting: GoldenFeature = (session) =>
  eachFile(session, async ({ uri, document, ranges: [range] }) => {
    const options = { tabSize: 2, insertSpaces: true };
    const method = range ? 'textDocument/rangeFormatting' : 'textDocument/formatting';
    const params = { textDocument: { uri }, options, ...(range && { range }) };
    return TextDocument.applyEdits(document, await session.client.request<TextEdit[]>(method, params));
  });

export const tokens: GoldenFeature = (session) =>
  eachFile(session, async ({ uri, document }) => {
    const { data } = await session.client.request<SemanticTokens>('textDocument/semanticTokens/full', {
      textDocument: { uri },
    });
    const legend = session.client.initialized.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
    let [line, character] = [0, 0];
    let text = '';
    for (let i = 0; i < data.length; i += 5) {
      const [lines = 0, characters = 0, length = 0, type = 0] = data.slice(i, i + 4);
      character = lines > 0 ? characters : character + characters;
      line += lines;
      const range = { start: { line, character }, end: { line, character: character + length } };
      text += `${line + 1}:${character + 1} ${legend[type]} ${document.getText(range)}\n`;
    }
    return text;
  });

export const links: GoldenFeature = (session) =>
  eachFile(session, async ({ uri }) => {
    const found = await session.client.request<DocumentLink[]>('textDocument/documentLink', { textDocument: { uri } });
    return found.map(({ range, target }) => `${session.place(uri, range)} → ${target}\n`).join('');
  });

/** What is found by some queries. */
export const workspaceSymbols: GoldenFeature = async (session) => {
  let text = '';
  for (const query of ['', 'web', 'data', 'Service/', 'dpweb', 'nothing']) {
    const found = await session.client.request<SymbolInformation[]>('workspace/symbol', { query });
    const lines = found.map(({ name, location, containerName }) => {
      return `${name}${containerName ? ` in ${containerName}` : ''}: ${session.place(location.uri, location.range)}\n`;
    });
    text += `### ${JSON.stringify(query)}\n${lines.join('')}\n`;
  }
  return text;
};

const severityNames = ['', 'error', 'warning', 'information', 'hint'];

/**
 * The findings of every file, what they relate to, what their fixes are called; then the file with all fixes made, and what is
 * still found in it.
 */
export const findings: GoldenFeature = async ({ client, files, place }) => {
  const parts: string[] = [];
  for (const file of files) {
    const { uri, document, cursors, ranges } = file;
    const isOpen = files.length === 1 || cursors.length + ranges.length > 0;
    if (!isOpen) await client.open(uri, document.getText());
    const found = (await client.pull(uri)).filter(isOwn);
    if (found.length > 0) parts.push(...found.map((diagnostic) => findingText(diagnostic, place(uri, diagnostic.range), place)));
    const offered = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end: document.positionAt(document.getText().length) },
      context: { diagnostics: found, only: ['quickfix'] },
    });
    // Leaving a finding alone repairs nothing.
    const fixes = offered.filter(({ kind, diagnostics }) => kind === 'quickfix' && diagnostics?.every(isOwn));
    const edits = fixes.flatMap(({ edit }) => edit?.changes?.[uri] ?? []);
    if (edits.length === 0) continue;
    const fixed = TextDocument.applyEdits(document, edits);
    await client.replace(uri, 2, fixed);
    const left = (await client.pull(uri)).filter(isOwn).map(({ message }) => `still: ${message}\n`);
    parts.push(`--- ${file.name} after ${fixes.map(({ title }) => title).join(', ')}\n${fixed}${left.join('')}`);
  }
  return parts.join('');
};

/** What lint says has tests of its own. */
const isOwn = ({ source }: Diagnostic): boolean => source === 'podium';

function findingText(diagnostic: Diagnostic, at: string, place: GoldenSession['place']): string {
  const { severity, message, code, relatedInformation = [] } = diagnostic;
  const related = relatedInformation.map(({ location, message: text }) => `  ${place(location.uri, location.range)}: ${text}\n`);
  return `${at} ${severityNames[severity ?? 0]} ${code}: ${message}\n${related.join('')}`;
}
