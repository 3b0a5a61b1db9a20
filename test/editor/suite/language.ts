import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, screenshot } from './support';

describe('the language server in the editor', () => {
  it('underlines what the API server would reject', async () => {
    const [file] = await vscode.workspace.findFiles('broken.yaml');
    const document = await vscode.workspace.openTextDocument(file as vscode.Uri);
    await vscode.window.showTextDocument(document);
    await eventually(() => {
      const found = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'podium')
        .map(({ range, message }) => `${range.start.line + 1}: ${document.getText(range)}: ${message}`);
      assert.deepEqual(found, [
        '5: web_1: Invalid value: "web_1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')',
        '11: 70000: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ]);
    });
    await screenshot('findings');
  });

  it('clears a finding that was mended', async () => {
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document);
    const edit = new vscode.WorkspaceEdit();
    const text = document.getText().replace('web_1', 'web-1').replace('70000', '8080');
    edit.replace(document.uri, new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length)), text);
    await vscode.workspace.applyEdit(edit);
    await eventually(() => assert.deepEqual(vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'podium'), []));
  });
});
