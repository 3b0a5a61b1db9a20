import { type Connection, TextDocuments } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';

/** The documents that the client has open. */
export interface OpenDocuments {
  get(uri: string): TextDocument | undefined;
  onDidChange(listener: (document: TextDocument) => void): void;
  onDidClose(listener: (document: TextDocument) => void): void;
}

export function openDocuments(connection: Connection): OpenDocuments {
  const documents = new TextDocuments(TextDocument);
  documents.listen(connection);
  return {
    get: (uri) => documents.get(uri),
    onDidChange: (listener) => documents.onDidChangeContent(({ document }) => listener(document)),
    onDidClose: (listener) => documents.onDidClose(({ document }) => listener(document)),
  };
}
