import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { PodiumError, RefusedError } from '../errors';
import type { Step, Workbench } from '../workbench';
import { t } from '../words';

let diagnostics: vscode.DiagnosticCollection | undefined;

/** Builds an image with the engine that the nodes use. Returns whether it is another than before; errors are marked in the Dockerfile. */
export async function buildImage(
  { podium }: Workbench,
  context: string,
  image: string,
  step: Step,
  token: vscode.CancellationToken,
): Promise<boolean> {
  const dockerfile = join(context, 'Dockerfile');
  if (!existsSync(dockerfile)) throw new RefusedError(t`${context} has no Dockerfile.`);
  diagnostics ??= vscode.languages.createDiagnosticCollection('podium build');
  diagnostics.delete(vscode.Uri.file(dockerfile));
  step(t`building ${image}`);
  let instruction = '';
  try {
    const printed = await podium.run(
      ['build', context, '-t', image],
      (line) => {
        instruction = /Step \d+\/\d+ : (.*)/.exec(line)?.[1] ?? instruction;
        step(line);
      },
      token,
    );
    return /is built/.test(printed);
  } catch (error) {
    if (error instanceof PodiumError)
      diagnostics.set(vscode.Uri.file(dockerfile), [failure(dockerfile, instruction, error.message)]);
    throw error;
  }
}

/** On the instruction that failed, as the engine repeated it. */
function failure(dockerfile: string, instruction: string, message: string): vscode.Diagnostic {
  const lines = readFileSync(dockerfile, 'utf8').split('\n');
  const words = instruction.trim().split(/\s+/).slice(0, 2).join(' ').toLowerCase();
  const found = words
    ? lines.findIndex((line) => line.trim().toLowerCase().replaceAll(/\s+/g, ' ').startsWith(words))
    : -1;
  const line = Math.max(0, found);
  const range = new vscode.Range(line, 0, line, lines[line]?.length ?? 0);
  const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'podium build';
  return diagnostic;
}
