import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { OpenDocuments } from '../../documents/open-documents';

/** So long after its last edit a line counts as being typed at. */
const quietMs = 1500;
/** Where in longer texts an edit was is not looked for. */
const longestText = 2_000_000;

interface Typed {
  text: string;
  /** Made when it is asked for: few edits are. */
  line(): number | undefined;
  timer: NodeJS.Timeout | undefined;
}

const nowhere = (): undefined => undefined;

/** Knows for each open document the line that the user is typing at. */
export class TypingLines {
  private readonly typed = new Map<string, Typed>();
  private readonly listeners: (() => void)[] = [];

  constructor(documents: OpenDocuments) {
    documents.onDidChange((document) => this.edited(document));
    documents.onDidClose(({ uri }) => this.forget(uri));
  }

  /** Undefined while nobody types. */
  lineOf(uri: string): number | undefined {
    return this.typed.get(uri)?.line();
  }

  /** Typing has paused: what was held back can be shown. */
  onDidPause(listener: () => void): void {
    this.listeners.push(listener);
  }

  close(): void {
    for (const uri of this.typed.keys()) this.forget(uri);
  }

  private edited(document: TextDocument): void {
    const { uri } = document;
    const text = document.getText();
    const known = this.typed.get(uri);
    clearTimeout(known?.timer);
    if (!known || text.length > longestText) {
      this.typed.set(uri, { text, line: nowhere, timer: undefined });
      return;
    }
    const timer = setTimeout(() => this.pause(uri), quietMs);
    const before = known.text;
    const line = (): number => document.positionAt(lastDifference(before, text)).line;
    this.typed.set(uri, { text, line, timer });
  }

  private pause(uri: string): void {
    const known = this.typed.get(uri);
    if (known) this.typed.set(uri, { ...known, line: nowhere, timer: undefined });
    for (const listener of this.listeners) listener();
  }

  private forget(uri: string): void {
    clearTimeout(this.typed.get(uri)?.timer);
    this.typed.delete(uri);
  }
}

/** Where in the new text the edited stretch ends: there the cursor is. */
function lastDifference(before: string, after: string): number {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let same = 0;
  while (
    same < most - start &&
    before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)
  )
    same++;
  return after.length - same;
}
