import * as vscode from 'vscode';
import type { Live, Pod } from '../../runtime/api/kinds';
import { nameOf, type ObjectRef } from '../../runtime/client/operations';
import { podSourceOf, refOf } from '../../runtime/client/pods/target';
import { isSame } from '../clusters/cluster-ref';
import type { ClusterManager } from '../clusters/cluster-manager';
import type { Session } from '../clusters/session';
import { guarded, inBackground, logFailure } from '../notify';
import { pageHtml, pagesFolder } from '../panels/page';
import { targetOf } from '../pods/pick';
import { followLog, type LogSourceRef } from './log-stream';
import type { FromPage, LogLine, LogOptions, ToPage } from './protocol';
import { t } from '../words';
import type { Workbench } from '../workbench';

/** Lines go to the page so often, in as many as have come. */
const flushMs = 50;
/** Lines that wait for the page: beyond it reading stops, and the server is held up in turn. */
const mostWaiting = 20_000;

const body = (): string => `<header role="toolbar" aria-label="${t`Log`}">
<input type="search" id="filter" placeholder="${t`Filter: text or /expression/`}" aria-label="${t`Filter lines`}">
<label><input type="checkbox" id="follow" checked> ${t`Follow`}</label>
<label><input type="checkbox" id="times"> ${t`Times`}</label>
<label><input type="checkbox" id="previous"> ${t`Before the restart`}</label>
<select id="since" aria-label="${t`How far back`}">
<option value="0">${t`Newest lines`}</option><option value="60">${t`1 minute`}</option><option value="600">${t`10 minutes`}</option><option value="3600">${t`1 hour`}</option><option value="86400">${t`1 day`}</option>
</select>
<button id="clear">${t`Clear`}</button>
<button id="save">${t`Save…`}</button>
<span id="count" aria-live="off"></span>
</header>
<main id="view" tabindex="0" role="log" aria-label="${t`Lines`}"><div id="rows"></div></main>`;

/** The logs of an object's containers in one view; pods that come later join, those that go stay to be read. */
export class LogPanel implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly sources: LogSourceRef[] = [];
  private readonly subscriptions: vscode.Disposable[] = [];
  private ending = new AbortController();
  private options: LogOptions = { follow: true, previous: false, sinceSeconds: 0 };
  private waiting: LogLine[] = [];
  private flushTimer: NodeJS.Timeout | undefined;
  private pageIsBusy = false;
  private isReady = false;
  private resumeReading: (() => void)[] = [];
  private received = 0;

  constructor(
    { context: { extensionUri }, clusters }: Workbench,
    private session: Session,
    private readonly ref: ObjectRef,
    private readonly container: string | undefined,
  ) {
    const title = t`${ref.name} logs`;
    const options = {
      enableScripts: true,
      retainContextWhenHidden: true,
      localResourceRoots: [pagesFolder(extensionUri)],
    };
    this.panel = vscode.window.createWebviewPanel('podium.logs', title, vscode.ViewColumn.Active, options);
    this.panel.webview.html = pageHtml(this.panel.webview, extensionUri, { name: 'logs', title, body: body() });
    this.subscriptions.push(
      this.panel.onDidDispose(() => this.dispose()),
      clusters.onDidChange(guarded(() => this.rejoin(clusters), title)),
      this.panel.webview.onDidReceiveMessage(guarded((message: FromPage) => this.receive(message), 'the log view')),
    );
  }

  /** Lines that have come so far. */
  get lineCount(): number {
    return this.received;
  }

  get containers(): readonly string[] {
    return this.sources.map(({ pod, container }) => `${pod.name}/${container}`);
  }

  dispose(): void {
    this.ending.abort();
    clearTimeout(this.flushTimer);
    this.releaseReaders();
    vscode.Disposable.from(...this.subscriptions).dispose();
    this.panel.dispose();
  }

  private async receive(message: FromPage): Promise<void> {
    if (message.type === 'taken') {
      this.pageIsBusy = false;
      this.flush();
    } else if (message.type === 'ready') {
      this.isReady = true;
      await this.follow();
    } else if (message.type === 'options') {
      this.options = message.options;
      await this.restart();
    } else await save(message.text, this.ref.name);
  }

  /** The same cluster, connected to anew, is read again; another one's logs are not what was asked for. */
  private async rejoin({ session, ref }: ClusterManager): Promise<void> {
    if (session === this.session) return;
    if (session && isSame(session.ref, this.session.ref)) {
      this.session = session;
      if (this.isReady) await this.restart();
    } else if (!isSame(ref, this.session.ref) && !this.ending.signal.aborted) {
      this.ending.abort();
      await this.take([[0, '', t`Another cluster is chosen: this is what was last known.`]]);
    }
  }

  private async restart(): Promise<void> {
    this.ending.abort();
    this.ending = new AbortController();
    this.waiting = [];
    this.sources.length = 0;
    this.releaseReaders();
    this.post({ type: 'clear' });
    await this.follow();
  }

  /** Takes the pods that there are, and those that come. */
  private async follow(): Promise<void> {
    const { signal } = this.ending;
    const source = await podSourceOf(this.session.client, targetOf(this.ref));
    const isMine = ({ metadata }: Live<Pod>): boolean =>
      source.pod !== undefined
        ? metadata.name === source.pod
        : (source.selector?.matches(metadata.labels ?? {}) ?? true);
    const resource = { group: '', version: 'v1', resource: 'pods', namespaced: true };
    const { watched, release } = this.session.watches.open<Pod>({ resource, namespace: this.ref.namespace });
    const look = (): void => {
      for (const pod of watched.list()) if (isMine(pod)) this.add(pod, signal);
    };
    const off = watched.onDidChange(look);
    signal.addEventListener('abort', () => {
      off();
      release();
    });
    this.tellSources();
    look();
  }

  private add(pod: Live<Pod>, signal: AbortSignal): void {
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    const started = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].filter(
      ({ state, lastState, name }) =>
        (state?.running ?? state?.terminated ?? lastState?.terminated) && (this.container ?? name) === name,
    );
    for (const { name } of started) {
      const ref = refOf(pod);
      if (this.sources.some((each) => each.pod.name === ref.name && each.container === name)) continue;
      const source = { id: this.sources.length, pod: ref, container: name };
      this.sources.push(source);
      this.tellSources();
      inBackground(
        followLog(this.session.client, source, this.options, (lines) => this.take(lines), signal),
        `log of ${nameOf(this.ref)}`,
      );
    }
  }

  /** Resolves when more may be read. */
  private take(lines: LogLine[]): Promise<void> {
    this.received += lines.length;
    for (const line of lines) this.waiting.push(line);
    this.flushTimer ??= setTimeout(() => {
      this.flushTimer = undefined;
      this.flush();
    }, flushMs);
    return this.waiting.length < mostWaiting
      ? Promise.resolve()
      : new Promise((resolve) => this.resumeReading.push(resolve));
  }

  private flush(): void {
    if (this.pageIsBusy || !this.isReady || this.waiting.length === 0) return;
    this.pageIsBusy = true;
    this.post({ type: 'lines', lines: this.waiting });
    this.waiting = [];
    this.releaseReaders();
  }

  private releaseReaders(): void {
    for (const resume of this.resumeReading.splice(0)) resume();
  }

  private tellSources(): void {
    const sources = this.sources.map(({ id, pod, container }) => ({ id, pod: pod.name, container }));
    this.post({ type: 'sources', title: this.panel.title, sources, options: this.options });
  }

  private post(message: ToPage): void {
    this.panel.webview.postMessage(message).then(undefined, (error: unknown) => logFailure(error, 'the log view'));
  }
}

async function save(text: string, name: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, `${name}.log`) }),
  });
  if (file) await vscode.workspace.fs.writeFile(file, Buffer.from(text));
}
