import { type Connection, TextDocuments } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { FileParser, type SourceFile } from './source-file';

/** The documents that the client has open. */
export interface OpenDocuments {
  get(uri: string): TextDocument | undefined;
  /** As it is now, parsed once a version; undefined if it isn't open or is left alone. */
  file(uri: string): SourceFile | undefined;
  all(): readonly TextDocument[];
  /** Opened or edited. */
  onDidChange(listener: (document: TextDocument) => void): void;
  onDidSave(listener: (document: TextDocument) => void): void;
  onDidClose(listener: (document: TextDocument) => void): void;
}

export function openDocuments(connection: Connection, counts: (uri: string) => boolean): OpenDocuments {
  const documents = new TextDocuments(TextDocument);
  const parsers = new Map<string, { parser: FileParser; file?: SourceFile }>();
  documents.onDidOpen(({ document: { uri } }) => parsers.set(uri, { parser: new FileParser(uri) }));
  documents.onDidClose(({ document: { uri } }) => parsers.delete(uri));
  documents.listen(connection);
  return {
    get: (uri) => documents.get(uri),
    file(uri) {
      const document = documents.get(uri);
      const entry = parsers.get(uri);
      if (!document || !entry || !counts(uri)) return undefined;
      if (entry.file?.version === document.version) return entry.file;
      entry.file = entry.parser.parse(document.getText(), document.version);
      return entry.file;
    },
    all: () => documents.all(),
    onDidChange: (listener) => documents.onDidChangeContent(({ document }) => listener(document)),
    onDidSave: (listener) => documents.onDidSave(({ document }) => listener(document)),
    onDidClose: (listener) => documents.onDidClose(({ document }) => listener(document)),
  };
}
