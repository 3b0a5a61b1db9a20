import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, openFile, screenshot } from './support';

/** `5: web_1: Invalid value: …`: line, what is underlined, the message's beginning. */
function findings(document: vscode.TextDocument): string[] {
  const own = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'podium');
  return own.map(
    ({ range, message }) => `${range.start.line + 1}: ${document.getText(range)}: ${message.slice(0, 40)}`,
  );
}

async function replace(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length)),
    text,
  );
  await vscode.workspace.applyEdit(edit);
}

describe('the language server in the editor', () => {
  it('underlines what the API server would reject', async () => {
    const document = await openFile('broken.yaml');
    await eventually(() =>
      assert.deepEqual(findings(document), [
        '5: web_1: Invalid value: "web_1": a lowercase RFC ',
        '10: imagePullpolicy: unknown field "spec.containers[0].imageP',
        '12: 70000: Invalid value: 70000: must be between 1 ',
        '14: 2Gi: Invalid value: "2Gi": must be less than ',
      ]),
    );
    await screenshot('findings');
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    await screenshot('problems');
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('clears a finding that was mended', async () => {
    const document = await openFile('broken.yaml');
    const mended = document
      .getText()
      .replace('web_1', 'web-1')
      .replace('70000', '8080')
      .replace('pullpolicy', 'pullPolicy')
      .replace('Pullpolicy', 'PullPolicy')
      .replace('2Gi', '512Mi');
    await replace(document, mended);
    await eventually(() => assert.deepEqual(findings(document), []));
  });

  it('completes the fields of where the cursor is', async () => {
    const document = await openFile('web.yaml');
    const original = document.getText();
    const typed = original.replace('          image:', '          im\n          image:');
    await replace(document, typed);
    const line = typed.split('\n').findIndex((text) => text === '          im');
    const position = new vscode.Position(line, '          im'.length);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      position,
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('imagePullPolicy'), labels.join(' '));
    assert.ok(!labels.includes('replicas'));
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    editor.selection = new vscode.Selection(position, position);
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await screenshot('completion');
    await vscode.commands.executeCommand('hideSuggestWidget');
    await replace(document, original);
    await document.save();
  });

  it('explains a field', async () => {
    const document = await openFile('web.yaml');
    const position = document.positionAt(document.getText().indexOf('replicas') + 2);
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      position,
    );
    const [content] = hover?.contents ?? [];
    assert.match((content as vscode.MarkdownString).value, /^\*\*replicas\*\* `integer`\n\nNumber of desired pods/);
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    editor.selection = new vscode.Selection(position, position);
    await vscode.commands.executeCommand('editor.action.showHover');
    await screenshot('hover');
  });
});
