import * as vscode from 'vscode';
import { Cancelled } from '../errors';
import { t } from '../words';

/** Asks for a line of text; `problem` says what is wrong with one. Throws Cancelled. */
export async function askText(options: {
  title: string;
  prompt: string;
  value?: string;
  problem?(text: string): string | undefined;
}): Promise<string> {
  const { title, prompt, value, problem } = options;
  const answer = await vscode.window.showInputBox({
    title,
    prompt,
    ...(value !== undefined && { value }),
    ...(problem && { validateInput: (text: string) => problem(text) }),
  });
  if (answer === undefined) throw new Cancelled();
  return answer;
}

/** Asks for one of several; the only one there is needs no question. Throws Cancelled. */
export async function askOne<T>(
  items: readonly (vscode.QuickPickItem & { value: T })[],
  title: string,
  placeHolder = '',
): Promise<T> {
  const [only, ...others] = items;
  if (only && others.length === 0) return only.value;
  const chosen = await vscode.window.showQuickPick([...items], {
    title,
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!chosen) throw new Cancelled();
  return chosen.value;
}

/** Asks before something that can't be undone. Throws Cancelled. */
export async function confirm(message: string, detail: string, action: string): Promise<void> {
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, action);
  if (answer !== action) throw new Cancelled();
}

export function wholeNumberProblem(text: string): string | undefined {
  return /^\d{1,9}$/.test(text.trim()) ? undefined : t`A whole number of 0 or more.`;
}

/** A word in the status bar: what was asked for was done, and can be seen elsewhere. */
export function done(message: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${message}`, 4000);
}
