import * as vscode from 'vscode';
import { tellFailure } from '../notify';

export type Handler = (...args: never[]) => unknown;

/** Registers a command whose failure is told to the user, and which then returns undefined. */
export function command(id: string, handler: Handler): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      return await (handler as (...args: unknown[]) => unknown)(...args);
    } catch (error) {
      tellFailure(error, id);
      return undefined;
    }
  });
}

/** Commands whose code is loaded when one of them is first run: `ids` are the names of functions that `load` gives. */
export function lazyCommands(load: () => Promise<Record<string, Handler>>, ids: readonly string[]): vscode.Disposable {
  let loaded: Promise<Record<string, Handler>> | undefined;
  return vscode.Disposable.from(
    ...ids.map((id) =>
      command(id, async (...args: never[]) => {
        const handlers = await (loaded ??= load());
        return handlers[id]?.(...args);
      }),
    ),
  );
}
