import * as vscode from 'vscode';
import type { Handler } from '../commands/register';
import { inBackground } from '../notify';
import { withProgress, type Workbench } from '../workbench';
import { applyAll, type Applied } from './apply';
import { type ManifestProblem, namespaceOf, type ReadManifests } from './manifests';
import { manifestsOf } from './sources';
import { t } from '../words';

export interface DeployResult {
  /** `Deployment web` */
  applied: string[];
  failures: string[];
}

/** Names that a notification holds. */
const shownNames = 5;

/** Server-side apply: all objects that can be applied are, and each that can't is named. */
export function deployCommands(workbench: Workbench): Record<string, Handler> {
  const { clusters } = workbench;
  return {
    /** `more`: all files of the explorer's selection, or the namespace for objects that name none. */
    'podium.deploy': async (
      given?: unknown,
      more?: readonly unknown[] | { namespace?: string },
    ): Promise<DeployResult> => {
      const { client } = await clusters.connect();
      const { manifests, problems } = await manifestsOfAll(
        workbench,
        Array.isArray(more) && more.length > 0 ? more : [given],
      );
      const into =
        (!Array.isArray(more) && (more as { namespace?: string } | undefined)?.namespace) || namespaceOf(clusters);
      const result = await withProgress(t`Deploying`, (step, token) =>
        applyAll(client, manifests, into, step, () => token.isCancellationRequested),
      );
      const all: Applied = { applied: result.applied, failures: [...problems, ...result.failures] };
      report(all);
      return { applied: all.applied, failures: all.failures.map(({ message }) => message) };
    },
  };
}

async function manifestsOfAll(workbench: Workbench, given: readonly unknown[]): Promise<ReadManifests> {
  const read = await Promise.all(given.map((each) => manifestsOf(workbench, each)));
  return { manifests: read.flatMap(({ manifests }) => manifests), problems: read.flatMap(({ problems }) => problems) };
}

function report({ applied, failures }: Applied): void {
  const [first] = failures;
  if (first) inBackground(tell(first, failures));
  if (applied.length > 0) void vscode.window.showInformationMessage(t`Deployed ${list(applied)}`);
  if (applied.length + failures.length === 0)
    void vscode.window.showInformationMessage(t`There is nothing to deploy in this file.`);
}

async function tell(first: ManifestProblem, failures: readonly ManifestProblem[]): Promise<void> {
  const show = t`Show in Editor`;
  const answer = await vscode.window.showErrorMessage(
    t`Not deployed: ${list(
      failures.map(({ message }) => message),
      '; ',
    )}`,
    show,
  );
  if (answer !== show) return;
  const document = await vscode.workspace.openTextDocument(first.uri);
  const position = document.positionAt(first.start);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(position, position) });
}

function list(names: readonly string[], separator = ', '): string {
  const more = names.length > shownNames ? `${separator}${t`and ${names.length - shownNames} more`}` : '';
  return names.slice(0, shownNames).join(separator) + more;
}
