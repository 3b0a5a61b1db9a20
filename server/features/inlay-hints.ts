import type { ServerContext } from '../context';
import { offsetIn } from '../documents/positions';

/** What is shown between the words of a range. */
export function registerInlayHints({ connection, documents, providers, capabilities }: ServerContext): void {
  capabilities.inlayHintProvider = {};
  connection.languages.inlayHint.on(async ({ textDocument, range }, token) => {
    const file = documents.file(textDocument.uri);
    if (!file) return [];
    const { start, end } = { start: offsetIn(file, range.start), end: offsetIn(file, range.end) };
    return providers.ask('inlayHint', { file, range: { start, end }, token });
  });
}
