import { type Connection, TextDocuments } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type ParsedDocument, parseManifests } from '../runtime/api/yaml';

/** The documents that the client has open. */
export interface OpenDocuments {
  get(uri: string): TextDocument | undefined;
  /** The manifests of a document as it is now; parsed once a version. */
  manifests(document: TextDocument): readonly ParsedDocument[];
  onDidChange(listener: (document: TextDocument) => void): void;
  onDidClose(listener: (document: TextDocument) => void): void;
}

export function openDocuments(connection: Connection): OpenDocuments {
  const documents = new TextDocuments(TextDocument);
  const parsed = new WeakMap<TextDocument, { version: number; manifests: readonly ParsedDocument[] }>();
  documents.listen(connection);
  return {
    get: (uri) => documents.get(uri),
    manifests(document) {
      const known = parsed.get(document);
      if (known?.version === document.version) return known.manifests;
      const manifests = parseManifests(document.getText());
      parsed.set(document, { version: document.version, manifests });
      return manifests;
    },
    onDidChange: (listener) => documents.onDidChangeContent(({ document }) => listener(document)),
    onDidClose: (listener) => documents.onDidClose(({ document }) => listener(document)),
  };
}
