import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Handler } from '../commands/register';
import { Cancelled } from '../errors';
import { askText, done } from '../objects/ask';
import { objectFor, podOwners } from '../objects/target';
import { withProgress, type Workbench } from '../workbench';
import { containerOf, givenContainer, podOf } from './pick';
import { t } from '../words';

/** Files to and from containers. */
export function copyCommands(workbench: Workbench): Record<string, Handler> {
  const target = async (given: unknown, title: string) => {
    const { session, ref } = await objectFor(workbench, given, podOwners, title);
    const pod = await podOf(session, ref, { ask: true, title });
    return { session, container: await containerOf(pod, givenContainer(given), title) };
  };
  return {
    'podium.copyTo': async (given?: unknown, file?: unknown, path?: unknown) => {
      const { session, container } = await target(given, t`Copy to Container`);
      const source = typeof file === 'string' ? file : await askLocal();
      const inside = typeof path === 'string' ? path : await askPath(t`Copy to Container`, `/tmp/${basename(source)}`);
      const { copyToContainer } = await import('../../runtime/client/pods/copy');
      await withProgress(t`Copying ${basename(source)}`, (_step, token) =>
        copyToContainer(session.client, source, { ...container, path: inside }, signalOf(token)),
      );
      done(t`Copied to ${container.pod.name}:${inside}`);
    },
    'podium.copyFrom': async (given?: unknown, path?: unknown, file?: unknown) => {
      const { session, container } = await target(given, t`Copy from Container`);
      const inside = typeof path === 'string' ? path : await askPath(t`Copy from Container`, '/');
      const local = typeof file === 'string' ? file : await askSave(basename(inside));
      const { copyFromContainer } = await import('../../runtime/client/pods/copy');
      await withProgress(t`Copying ${inside}`, (_step, token) =>
        copyFromContainer(session.client, { ...container, path: inside }, local, signalOf(token)),
      );
      done(t`Copied to ${local}`);
    },
  };
}

export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const ending = new AbortController();
  token.onCancellationRequested(() => ending.abort());
  return ending.signal;
}

async function askLocal(): Promise<string> {
  const [chosen] =
    (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: true, openLabel: t`Copy` })) ?? [];
  if (!chosen) throw new Cancelled();
  return chosen.fsPath;
}

async function askSave(name: string): Promise<string> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name || 'files') }),
    saveLabel: t`Copy`,
  });
  if (!chosen) throw new Cancelled();
  return chosen.fsPath;
}

function askPath(title: string, value: string): Promise<string> {
  return askText({
    title,
    prompt: t`Path in the container`,
    value,
    problem: (text) => (text.startsWith('/') ? undefined : t`An absolute path, like /tmp/file.`),
  });
}
