import type { Hover, MarkupContent } from 'vscode-languageserver-protocol';
import type { GoldenFeature } from './golden';

/** What is shown of the hover at each cursor. */
export const hover: GoldenFeature = async ({ client, files, place }) => {
  const parts: string[] = [];
  for (const { uri, cursors } of files) {
    for (const position of cursors) {
      const answer = await client.request<Hover | null>('textDocument/hover', { textDocument: { uri }, position });
      const at = place(uri, answer?.range ?? { start: position, end: position });
      parts.push(`### ${at}\n${(answer?.contents as MarkupContent | undefined)?.value ?? 'nothing'}\n`);
    }
  }
  return parts.join('\n');
};
