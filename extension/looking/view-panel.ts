import * as vscode from 'vscode';
import { type ClusterRef, isSame } from '../clusters/cluster-ref';
import type { ClusterManager } from '../clusters/cluster-manager';
import type { Session } from '../clusters/session';
import type { Watched, WatchRequest } from '../clusters/watches';
import { describeFailure } from '../errors';
import { guarded, logFailure } from '../notify';
import { pageHtml, type PageOptions, pagesFolder } from '../panels/page';
import { t } from '../words';
import type { Workbench } from '../workbench';
import { chooseAction } from './actions';
import type { FromPage, Shown } from './protocol';

/** The page gets what is new at most five times a second. */
const redrawMs = 200;

export interface ViewState {
  complete: boolean;
  error?: string;
}

/** What a view shows of a cluster and namespace. */
export interface ViewContent<Model> {
  title: string;
  requests: readonly WatchRequest[];
  /** Watches in the order of the requests. */
  model(watches: readonly Watched[], state: ViewState): Model;
}

export interface ViewOptions<Model> {
  page: Omit<PageOptions, 'title'>;
  /** It keeps a history, which has to go on when another editor is in front. */
  whileHidden?: boolean;
  /** It is about something of this cluster, and rests while another is chosen. */
  only?: ClusterRef;
  /** Ends with the view; what it shows may come from here too. */
  beside?: vscode.Disposable & { onDidChange: vscode.Event<void> };
  /** Made anew for each connection and namespace (empty: all) that is chosen while the view is open. */
  content(namespace: string): ViewContent<Model>;
}

interface Opened {
  watched: Watched;
  end(): void;
}

/** A page that shows a model of watched objects of the chosen cluster, as long as it is open. */
export class ViewPanel<Model> implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly clusters: ClusterManager;
  private readonly subscriptions: vscode.Disposable[] = [];
  private content: ViewContent<Model>;
  private session: Session | undefined;
  private namespace: string;
  private opened: readonly Opened[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isReady = false;

  constructor({ context: { extensionUri }, clusters }: Workbench, private readonly options: ViewOptions<Model>) {
    const { page, beside } = options;
    this.clusters = clusters;
    this.namespace = clusters.namespace;
    this.content = options.content(this.namespace);
    const { title } = this.content;
    const settings = { enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [pagesFolder(extensionUri)] };
    this.panel = vscode.window.createWebviewPanel(`podium.${page.name}`, title, vscode.ViewColumn.Active, settings);
    this.panel.webview.html = pageHtml(this.panel.webview, extensionUri, { ...page, title });
    this.follow();
    this.subscriptions.push(
      clusters.onDidChange(() => this.follow()),
      ...(beside ? [beside, beside.onDidChange(() => this.soon())] : []),
      this.panel.onDidDispose(() => this.dispose()),
      this.panel.onDidChangeViewState(() => this.soon()),
      this.panel.webview.onDidReceiveMessage(guarded((message: FromPage) => this.receive(message), title)),
    );
  }

  /** What the page shows now. */
  get model(): Model {
    const watches = this.opened.map(({ watched }) => watched);
    const refusal = watches.find(({ error }) => error !== undefined)?.error;
    const complete = watches.every(({ isSynced, error }) => isSynced || error !== undefined);
    const error = this.away() ?? (refusal === undefined ? undefined : describeFailure(refusal).summary);
    return this.content.model(watches, { complete, ...(error !== undefined && { error }) });
  }

  get title(): string {
    return this.panel.title;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.isReady = false;
    vscode.Disposable.from(...this.subscriptions.splice(0)).dispose();
    this.letGo();
    this.panel.dispose();
  }

  /** Goes where the window goes: another cluster, another namespace, the same again. What was shown stays until then. */
  private follow(): void {
    const { session, namespace } = this.clusters;
    const isWanted = session && (session !== this.session || namespace !== this.namespace) && !this.isElsewhere();
    if (isWanted) {
      this.letGo();
      this.session = session;
      this.namespace = namespace;
      this.content = this.options.content(namespace);
      this.panel.title = this.content.title;
      this.opened = this.content.requests.map((request) => this.open(session, request));
    }
    this.soon();
  }

  private open(session: Session, request: WatchRequest): Opened {
    const { watched, release } = session.watches.open(request);
    const off = watched.onDidChange(() => this.soon());
    return {
      watched,
      end() {
        off();
        release();
      },
    };
  }

  private letGo(): void {
    for (const { end } of this.opened) end();
    this.opened = [];
  }

  private isElsewhere(): boolean {
    const { only } = this.options;
    return only !== undefined && !isSame(only, this.clusters.ref);
  }

  /** Why what is shown is not what the cluster has now. */
  private away(): string | undefined {
    const { state } = this.clusters;
    if (this.isElsewhere()) return t`Another cluster is chosen: this is what was last known.`;
    if (state.kind === 'connected') return undefined;
    return state.kind === 'unreachable' ? state.failure.message : t`Not connected: this is what was last known.`;
  }

  private async receive(message: FromPage): Promise<void> {
    if (message.type === 'menu') return chooseAction(message);
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
    this.panel.webview.postMessage(message).then(undefined, (error: unknown) => logFailure(error, this.panel.title));
  }
}
