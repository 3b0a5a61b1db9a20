import { type Connection, TextDocuments } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { canonicalUri } from '../workspace/file-uri';
import { FileParser, type SourceFile } from './source-file';

/** The documents that the client has open, by any spelling of their URIs. */
export interface OpenDocuments {
  get(uri: string): TextDocument | undefined;
  /** As it is now, parsed once a version; undefined if it isn't open, is left alone, or is too large to be looked into. */
  file(uri: string): SourceFile | undefined;
  all(): readonly TextDocument[];
  /** Opened or edited. */
  onDidChange(listener: (document: TextDocument) => void): void;
  onDidSave(listener: (document: TextDocument) => void): void;
  onDidClose(listener: (document: TextDocument) => void): void;
}

/** In UTF-16 units; editors themselves turn features off for larger files. */
export const maxOpenLength = 4 * 1024 * 1024;

interface Opened {
  document: TextDocument;
  parser: FileParser;
  file?: SourceFile;
}

export function openDocuments(connection: Connection, counts: (uri: string) => boolean): OpenDocuments {
  const documents = new TextDocuments(TextDocument);
  const opened = new Map<string, Opened>();
  const find = (uri: string): Opened | undefined => opened.get(canonicalUri(uri));
  documents.onDidOpen(({ document }) => {
    const uri = canonicalUri(document.uri);
    opened.set(uri, { document, parser: new FileParser(uri) });
  });
  documents.onDidClose(({ document }) => opened.delete(canonicalUri(document.uri)));
  documents.listen(connection);
  return {
    get: (uri) => find(uri)?.document,
    file(uri) {
      const entry = find(uri);
      if (!entry || !counts(uri)) return undefined;
      const { document, parser, file } = entry;
      if (file?.version === document.version) return file;
      const text = document.getText();
      if (text.length > maxOpenLength) return undefined;
      entry.file = parser.parse(text, document.version);
      return entry.file;
    },
    all: () => documents.all(),
    onDidChange: (listener) => documents.onDidChangeContent(({ document }) => listener(document)),
    onDidSave: (listener) => documents.onDidSave(({ document }) => listener(document)),
    onDidClose: (listener) => documents.onDidClose(({ document }) => listener(document)),
  };
}
