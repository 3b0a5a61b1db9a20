import { speak } from '../words';

interface VsCodeApi<State> {
  postMessage(message: unknown): void;
  getState(): State | undefined;
  setState(state: State): void;
}

declare function acquireVsCodeApi<State>(): VsCodeApi<State>;

/** The way to the extension, and the words of its language; may be asked for once in a page. */
export function connectToEditor<State>(): VsCodeApi<State> {
  speak(JSON.parse(document.body.dataset.words ?? '{}') as Record<string, string>);
  return acquireVsCodeApi<State>();
}

/** An element that the page's HTML has. */
export function element<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no #${id}`);
  return found;
}
