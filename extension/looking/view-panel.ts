import * as vscode from 'vscode';
import type { ObjectRef } from '../../runtime/client/operations';
import type { Session } from '../clusters/session';
import type { Watched, WatchRequest } from '../clusters/watches';
import { describeFailure } from '../errors';
import { guarded, logFailure } from '../notify';
import { pageHtml, type PageOptions, pagesFolder } from '../panels/page';

import type { FromPage, Shown } from './protocol';
import { t } from '../words';

/** The page gets what is new at most five times a second. */
const redrawMs = 200;

export interface ViewOptions<Model> {
  page: PageOptions;
  requests: readonly WatchRequest[];
  /** It keeps a history, which has to go on when another editor is in front. */
  whileHidden?: boolean;
  /** Watches in the order of the requests. */
  model(watches: readonly Watched[], state: { complete: boolean; error?: string }): Model;
}

/** A page that shows a model of watched objects, as long as it is open. */
export class ViewPanel<Model> implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly opened: { watched: Watched; release(): void }[];
  private readonly subscriptions: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isReady = false;

  constructor(extensionUri: vscode.Uri, session: Session, private readonly options: ViewOptions<Model>) {
    const { page, requests } = options;
    const settings = { enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [pagesFolder(extensionUri)] };
    this.panel = vscode.window.createWebviewPanel(`podium.${page.name}`, page.title, vscode.ViewColumn.Active, settings);
    this.panel.webview.html = pageHtml(this.panel.webview, extensionUri, page);
    this.opened = requests.map((request) => session.watches.open(request));
    this.subscriptions.push(
      ...this.opened.map(({ watched, release }) => {
        const off = watched.onDidChange(() => this.soon());
        return new vscode.Disposable(() => (off(), release()));
      }),
      this.panel.onDidDispose(() => this.dispose()),
      this.panel.onDidChangeViewState(() => this.soon()),
      this.panel.webview.onDidReceiveMessage(guarded((message: FromPage) => this.receive(message), page.title)),
    );
  }

  /** What the page shows now. */
  get model(): Model {
    const watches = this.opened.map(({ watched }) => watched);
    const refusal = watches.find(({ error }) => error !== undefined)?.error;
    const complete = watches.every(({ isSynced, error }) => isSynced || error !== undefined);
    return this.options.model(watches, { complete, ...(refusal !== undefined && { error: describeFailure(refusal).summary }) });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.isReady = false;
    vscode.Disposable.from(...this.subscriptions.splice(0)).dispose();
    this.panel.dispose();
  }

  private async receive(message: FromPage): Promise<void> {
    if (message.type === 'menu') return chooseAction(message.ref);
    this.isReady = true;
    this.show();
  }

  private soon(): void {
    if (!this.isReady || (!this.panel.visible && !this.options.whileHidden)) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.show();
    }, redrawMs);
  }

  private show(): void {
    if (!this.isReady) return;
    const message: Shown<Model> = { type: 'model', model: this.model };
    this.panel.webview.postMessage(message).then(undefined, (error: unknown) => logFailure(error, this.options.page.title));
  }
}

interface Action extends vscode.QuickPickItem {
  command: string;
}

const withPods = ['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Service'];

async function chooseAction(ref: ObjectRef): Promise<void> {
  const actions: Action[] = [
    { label: `$(book) ${t`Describe`}`, command: 'podium.describe' },
    ...(withPods.includes(ref.kind) ? [{ label: `$(output) ${t`Show Logs`}`, command: 'podium.logs' }] : []),
    ...(withPods.includes(ref.kind) ? [{ label: `$(terminal) ${t`Open Shell`}`, command: 'podium.shell' }] : []),
    { label: `$(edit) ${t`Edit in Cluster`}`, command: 'podium.edit' },
  ];
  const chosen = await vscode.window.showQuickPick(actions, { title: `${ref.kind} ${ref.name}` });
  if (chosen) await vscode.commands.executeCommand(chosen.command, ref);
}
