import type {
  CallHierarchyIncomingCall,
  CallHierarchyItem,
  CallHierarchyOutgoingCall,
  CodeLens,
  CompletionItem,
  DocumentHighlight,
  Location,
  Position,
  WorkspaceEdit,
} from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { GoldenFeature, GoldenSession, MarkedFile } from './golden';

type AtCursor = (file: MarkedFile, position: Position) => Promise<string[]>;

/** What is told at each cursor, below the place of the cursor. */
async function atCursors({ files }: GoldenSession, tell: AtCursor): Promise<string> {
  const parts: string[] = [];
  for (const file of files) {
    for (const position of file.cursors) {
      const line = file.document.getText({ start: { line: position.line, character: 0 }, end: { line: position.line + 1, character: 0 } });
      const shown = `${line.slice(0, position.character)}§${line.slice(position.character)}`.trim();
      const lines = await tell(file, position);
      parts.push(`### ${file.name} ${position.line + 1}: ${shown}\n${lines.join('\n') || 'nothing'}\n`);
    }
  }
  return parts.join('\n');
}

/** Where a name is defined, what else refers to it, and what is marked of it in the cursor's file. */
export const navigation: GoldenFeature = (session) =>
  atCursors(session, async ({ uri }, position) => {
    const { client, place } = session;
    const at = { textDocument: { uri }, position };
    const definitions = await client.request<Location[]>('textDocument/definition', at);
    const references = await client.request<Location[]>('textDocument/references', { ...at, context: { includeDeclaration: false } });
    const marked = await client.request<DocumentHighlight[]>('textDocument/documentHighlight', at);
    return [
      ...definitions.map((each) => `defined ${place(each.uri, each.range)}`),
      ...references.map((each) => `used    ${place(each.uri, each.range)}`),
      ...marked.map(({ range }) => `marked  ${place(uri, range)}`),
    ];
  });

/** Where the type of what is at a cursor is described, and what stands behind it. */
export const types: GoldenFeature = (session) =>
  atCursors(session, async ({ uri }, position) => {
    const { client, place } = session;
    const at = { textDocument: { uri }, position };
    const described = await client.request<Location[]>('textDocument/typeDefinition', at);
    const behind = await client.request<Location[]>('textDocument/implementation', at);
    return [
      ...described.map((each) => `described ${place(each.uri, each.range)}`),
      ...behind.map((each) => `behind    ${place(each.uri, each.range)}`),
    ];
  });

/** The lines that a renaming writes anew; the new name is in a comment, `# rename: web`, on the cursor's line. */
export const rename: GoldenFeature = (session) =>
  atCursors(session, async ({ uri, document }, position) => {
    const { client, files, place } = session;
    const at = { textDocument: { uri }, position };
    const newName = /# rename: ?(.*)/.exec(document.getText().split('\n')[position.line] ?? '')?.[1] ?? '';
    try {
      const prepared = await client.request<{ range: Location['range']; placeholder: string }>('textDocument/prepareRename', at);
      const edit = await client.request<WorkspaceEdit>('textDocument/rename', { ...at, newName });
      const lines = [`${place(uri, prepared.range)}, ${JSON.stringify(prepared.placeholder)} to ${JSON.stringify(newName)}`];
      for (const [changed, edits] of Object.entries(edit.changes ?? {})) {
        const file = files.find((other) => other.uri === changed);
        if (!file) throw new Error(`${changed} is no file of the input`);
        const after = TextDocument.applyEdits(file.document, edits).split('\n');
        const numbers = [...new Set(edits.map(({ range }) => range.start.line))].sort((a, b) => a - b);
        lines.push(...numbers.map((line) => `${file.name} ${line + 1}: ${after[line]?.replace(/ *# rename.*/, '').trim()}`));
      }
      return lines;
    } catch (error) {
      return [`refused: ${(error as Error).message}`];
    }
  });

/** Who reaches an object, and what it reaches, step by step. */
export const hierarchy: GoldenFeature = (session) =>
  atCursors(session, async ({ uri }, position) => {
    const { client } = session;
    const items = await client.request<CallHierarchyItem[]>('textDocument/prepareCallHierarchy', { textDocument: { uri }, position });
    const lines: string[] = [];
    const text = ({ name, detail }: CallHierarchyItem) => `${detail} ${name}`;
    const follow = async (item: CallHierarchyItem, way: 'incoming' | 'outgoing', depth: number): Promise<void> => {
      if (depth > 6) return;
      const calls = await client.request<(CallHierarchyIncomingCall | CallHierarchyOutgoingCall)[]>(`callHierarchy/${way}Calls`, { item });
      for (const call of calls) {
        const other = 'from' in call ? call.from : call.to;
        const from = 'from' in call ? other.uri : item.uri;
        const places = call.fromRanges.map((range) => session.place(from, range));
        lines.push(`${'  '.repeat(depth)}${way === 'incoming' ? '←' : '→'} ${text(other)}  (${places.join(', ')})`);
        await follow(other, way, depth + 1);
      }
    };
    for (const item of items) {
      lines.push(text(item));
      await follow(item, 'incoming', 1);
      await follow(item, 'outgoing', 1);
    }
    return lines;
  });

/** The lenses of every file, and what is behind them for a client that can show it. */
export const lenses: GoldenFeature = async ({ client, files, place }) => {
  const lines: string[] = [];
  for (const { uri, document } of files) {
    if (files.length > 1) await client.open(uri, document.getText());
    for (const { range, command } of await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } })) {
      const [target] = (command?.arguments ?? []) as { locations: Location[] }[];
      const places = (target?.locations ?? []).map((each) => `  ${place(each.uri, each.range)}`);
      lines.push(`${place(uri, range)}: ${command?.title}`, ...places);
    }
  }
  return `${lines.join('\n')}\n`;
};

/** What is offered at each cursor, best first: label, what it belongs to. */
export const completion: GoldenFeature = (session) =>
  atCursors(session, async ({ uri }, position) => {
    const items = await session.client.request<CompletionItem[]>('textDocument/completion', { textDocument: { uri }, position });
    return [...items]
      .sort((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1))
      .map(({ label, detail, textEdit }) => `${label}  (${detail})${textEdit?.newText === label ? '' : ` ${JSON.stringify(textEdit?.newText)}`}`);
  });
