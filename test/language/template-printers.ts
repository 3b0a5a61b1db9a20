import type { CompletionItem, Diagnostic, DocumentLink, Location, WorkspaceEdit } from 'vscode-languageserver-protocol';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { GoldenFeature, GoldenSession, MarkedFile } from './golden';

const severities = ['', 'error', 'warning', 'information', 'hint'];

async function opened({ client, files }: GoldenSession): Promise<readonly MarkedFile[]> {
  for (const { uri, document, cursors, ranges } of files) {
    const open = files.length === 1 || cursors.length + ranges.length > 0;
    if (!open) await client.open(uri, document.getText(), document.languageId);
  }
  return files;
}

/** What is found in each file, in the order of places. */
export const fileFindings: GoldenFeature = async (session) => {
  const parts: string[] = [];
  const files = await opened(session);
  // The validator of values is loaded when it is first needed.
  for (const { uri } of files) await session.client.pull(uri);
  await import('ajv');
  for (const { uri, name, document } of files) {
    const found = await session.client.pull(uri);
    parts.push(
      `### ${name}\n${found.map((finding) => findingText(finding, document, session)).join('') || 'nothing\n'}`,
    );
  }
  return parts.join('\n');
};

function findingText(
  { range, severity, message, relatedInformation = [] }: Diagnostic,
  document: TextDocument,
  session: GoldenSession,
): string {
  const { line, character } = range.start;
  const text = JSON.stringify(document.getText(range));
  const start = ({ uri, range }: Location) => session.place(uri, { ...range, end: range.start }).replace(/ ""$/, '');
  const related = relatedInformation.map(({ location, message: more }) => `    ${start(location)}: ${more}\n`).join('');
  return `${line + 1}:${character + 1} ${text} ${severities[severity ?? 0]}: ${message}\n${related}`;
}

type AtCursor = (session: GoldenSession, file: MarkedFile, position: MarkedFile['cursors'][0]) => Promise<string>;

function atCursors(ask: AtCursor): GoldenFeature {
  return async (session) => {
    const parts: string[] = [];
    for (const file of session.files) {
      for (const end of file.cursors) {
        const line = file.document.getText({ start: { line: end.line, character: 0 }, end }).trimStart();
        const answer = await ask(session, file, end);
        parts.push(`### ${file.name} ${end.line + 1}: ${line}§\n${answer || 'nothing\n'}`);
      }
    }
    return parts.join('\n');
  };
}

export const completions = atCursors(async ({ client }, { uri }, position) => {
  const items = await client.request<CompletionItem[]>('textDocument/completion', { textDocument: { uri }, position });
  const sorted = items.toSorted((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1));
  const inserted = ({ label, textEdit }: CompletionItem) =>
    textEdit && textEdit.newText !== label ? ` → ${JSON.stringify(textEdit.newText)}` : '';
  return sorted.map((item) => `${item.label}${item.detail ? ` (${item.detail})` : ''}${inserted(item)}\n`).join('');
});

export const definitions = atCursors(async ({ client, place }, { uri }, position) => {
  const found = await client.request<Location[]>('textDocument/definition', { textDocument: { uri }, position });
  return found.map((location) => `${place(location.uri, location.range)}\n`).join('');
});

export const references = atCursors(async ({ client, place }, { uri }, position) => {
  const context = { includeDeclaration: true };
  const found = await client.request<Location[]>('textDocument/references', {
    textDocument: { uri },
    position,
    context,
  });
  return found
    .map((location) => `${place(location.uri, location.range)}\n`)
    .sort()
    .join('');
});

export const renames = atCursors(async ({ client, place }, { uri }, position) => {
  const edit = await client.request<WorkspaceEdit | null>('textDocument/rename', {
    textDocument: { uri },
    position,
    newName: 'renamed',
  });
  const changes = Object.entries(edit?.changes ?? {});
  return changes
    .flatMap(([file, edits]) => edits.map(({ range, newText }) => `${place(file, range)} → ${newText}\n`))
    .sort()
    .join('');
});

/** Every link of every file. */
export const links: GoldenFeature = async (session) => {
  const lines: string[] = [];
  for (const { uri, name, document } of await opened(session)) {
    const found = await session.client.request<DocumentLink[]>('textDocument/documentLink', { textDocument: { uri } });
    for (const { range, target = '' } of found) {
      const other = session.files.find((file) => file.uri === target)?.name ?? target;
      lines.push(`${name} ${range.start.line + 1}: ${document.getText(range)} → ${other}\n`);
    }
  }
  return lines.join('');
};
