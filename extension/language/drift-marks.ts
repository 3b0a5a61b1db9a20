import * as vscode from 'vscode';
import type { DriftField, DriftParams } from '../../runtime/client/editor-protocol';
import { t } from '../words';

/** Marks in the gutter of what a file says and the cluster has otherwise. They move with the text until the next comparison. */
export class DriftMarks implements vscode.Disposable {
  private readonly latest = new Map<string, DriftParams>();
  private readonly decoration: vscode.TextEditorDecorationType;
  private readonly subscriptions: vscode.Disposable[];

  constructor(extensionUri: vscode.Uri) {
    const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, `extension/media/drift-${theme}.svg`);
    this.decoration = vscode.window.createTextEditorDecorationType({
      light: { gutterIconPath: icon('light') },
      dark: { gutterIconPath: icon('dark') },
      gutterIconSize: 'contain',
      overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.modifiedForeground'),
      overviewRulerLane: vscode.OverviewRulerLane.Left,
    });
    this.subscriptions = [
      this.decoration,
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.mark(editor))),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.latest.delete(uri.toString())),
    ];
  }

  /** Fields that are marked in a document now. */
  fieldsOf(uri: vscode.Uri): readonly DriftField[] {
    return this.latest.get(uri.toString())?.fields ?? [];
  }

  show(params: DriftParams): void {
    const uri = vscode.Uri.parse(params.uri).toString();
    this.latest.set(uri, params);
    for (const editor of vscode.window.visibleTextEditors) if (editor.document.uri.toString() === uri) this.mark(editor);
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  /** The server tells again whenever a place changes, so what it told last is right, whichever version it was told of. */
  private mark(editor: vscode.TextEditor): void {
    const found = this.latest.get(editor.document.uri.toString());
    if (!found) return;
    editor.setDecorations(this.decoration, found.fields.map(markOf));
  }
}

function markOf(field: DriftField): vscode.DecorationOptions {
  const { start, end } = field.range;
  return { range: new vscode.Range(start.line, start.character, end.line, end.character), hoverMessage: hoverOf(field) };
}

/** Values are the cluster's: shown as code, where no Markdown counts. */
function hoverOf({ path, file, live, manager }: DriftField): vscode.MarkdownString {
  const text = new vscode.MarkdownString(`**${t`Differs from the cluster`}** · `).appendText(path);
  text.appendMarkdown(`\n\n${t`In the file:`}`).appendCodeblock(file, 'yaml');
  if (live === undefined) return text.appendMarkdown(t`The live object has no such field.`);
  text.appendMarkdown(t`In the cluster:`).appendCodeblock(live, 'yaml');
  return manager ? text.appendText(t`Last set by ${manager}`) : text;
}
