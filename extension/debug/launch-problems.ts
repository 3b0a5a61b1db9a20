import * as vscode from 'vscode';
import type * as z from 'zod';
import { problemsIn } from './launch-issues';

let marks: vscode.DiagnosticCollection | undefined;

/** Marks in launch.json what is wrong with a configuration, each on its field; nothing where it is from elsewhere. */
export async function markProblems(
  folder: vscode.WorkspaceFolder | undefined,
  name: string,
  issues: readonly z.core.$ZodIssue[],
): Promise<void> {
  if (!folder) return;
  const uri = vscode.Uri.joinPath(folder.uri, '.vscode/launch.json');
  marks?.delete(uri);
  if (issues.length === 0) return;
  const document = await vscode.workspace.openTextDocument(uri).then(
    (found) => found,
    () => undefined,
  );
  if (!document) return;
  marks ??= vscode.languages.createDiagnosticCollection('podium launch');
  marks.set(
    uri,
    problemsIn(document.getText(), name, issues).map(({ offset, length, message }) => {
      const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
      const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
      diagnostic.source = 'podium';
      return diagnostic;
    }),
  );
}
