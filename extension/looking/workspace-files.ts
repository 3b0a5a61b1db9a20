import * as vscode from 'vscode';
import type { WorkspaceObject } from '../../runtime/client/editor-protocol';
import type { LanguageClientHost } from '../language/language-client';
import { logFailure } from '../notify';

/** What the files of the workspace write, of some kinds, as it changes. Without a language server it is nothing. */
export class WorkspaceFiles implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changes.event;
  private readonly subscription: vscode.Disposable;
  private known: readonly WorkspaceObject[] = [];

  constructor(
    private readonly language: LanguageClientHost,
    private readonly kinds: readonly string[],
  ) {
    this.subscription = language.onDidChangeWorkspace(() => void this.read());
    void this.read();
  }

  get objects(): readonly WorkspaceObject[] {
    return this.known;
  }

  dispose(): void {
    this.subscription.dispose();
    this.changes.dispose();
  }

  private async read(): Promise<void> {
    try {
      this.known = await this.language.workspaceObjects(this.kinds);
      this.changes.fire();
    } catch (error) {
      logFailure(error, 'reading the objects of the workspace');
    }
  }
}
