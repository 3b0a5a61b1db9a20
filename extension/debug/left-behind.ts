import type * as vscode from 'vscode';
import type { Session } from '../clusters/session';
import type { Workbench } from '../workbench';

/** On each connection: what a debugger changed whose editor and helper are gone is taken back. */
export function restoreLeftBehind({ clusters, output }: Workbench): vscode.Disposable {
  let last: Session | undefined;
  return clusters.onDidChange(() => {
    const { session } = clusters;
    if (!session || session === last) return;
    last = session;
    void import('../../runtime/client/debug/template-hold')
      .then(({ restoreAbandoned }) => restoreAbandoned(session.client, Date.now()))
      .then((restored) => {
        for (const { kind, name } of restored)
          output.info(`${kind} ${name} was left changed for a debugger: it is restored`);
      })
      // Who may not list workloads has changed none.
      .catch((error: unknown) => output.debug(`not looked for what debuggers left: ${(error as Error).message}`));
  });
}
