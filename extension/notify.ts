import * as vscode from 'vscode';
import { describeFailure, type Failure } from './errors';

let output: vscode.LogOutputChannel | undefined;

/** Where the details of failures go. */
export function reportTo(channel: vscode.LogOutputChannel): void {
  output = channel;
}

/** Tells the user of a failure, with what can be done; its stack goes to the log. Returns at once. */
export function tellFailure(error: unknown, during = ''): void {
  if (isCancellation(error)) return;
  logFailure(error, during);
  show(describeFailure(error));
}

export function logFailure(error: unknown, during = ''): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output?.error(during ? `${during}: ${stack}` : stack);
}

export function isCancellation(error: unknown): boolean {
  return error instanceof Error && (error.name === 'Cancelled' || error.name === 'Canceled');
}

/** A promise that nobody waits for: its failure is told. */
export function inBackground(promise: PromiseLike<unknown>, during = ''): void {
  promise.then(undefined, (error: unknown) => tellFailure(error, during));
}

/** What an event handler, which nobody waits for either, is wrapped in. */
export function guarded<A extends unknown[]>(run: (...args: A) => unknown, during = ''): (...args: A) => void {
  return (...args) => {
    try {
      inBackground(Promise.resolve(run(...args)), during);
    } catch (error) {
      tellFailure(error, during);
    }
  };
}

function show({ message, actions }: Failure): void {
  const chosen = vscode.window.showErrorMessage(message, ...actions.map(({ title }) => title));
  inBackground(
    chosen.then((title) => {
      const action = actions.find((candidate) => candidate.title === title);
      return action && vscode.commands.executeCommand(action.command, ...(action.args ?? []));
    }),
  );
}
