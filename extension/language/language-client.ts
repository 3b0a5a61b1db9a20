import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type DriftParams,
  type EditorInitialization,
  editorMethods,
  type WorkspaceObject,
  type WorkspaceObjects,
  type WorkspaceObjectsParams,
} from '../../runtime/client/editor-protocol';
import type { ClusterManager } from '../clusters/cluster-manager';
import { inBackground } from '../notify';
import { DriftMarks } from './drift-marks';
import { registerShowReferences } from './show-references';

const languages = ['yaml', 'json'];
/** Not what a repository's history or a comparison shows. */
const schemes = ['file', 'untitled', 'vscode-vfs'];

/** Starts the language server with the first document that may be a manifest, and tells it which cluster is chosen. */
export class LanguageClientHost implements vscode.Disposable {
  private client: Promise<LanguageClient> | undefined;
  private told = '';
  private readonly workspaceChanges = new vscode.EventEmitter<void>();
  /** What `workspaceObjects` last gave may have changed. */
  readonly onDidChangeWorkspace = this.workspaceChanges.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly output: vscode.LogOutputChannel,
    private readonly clusters: ClusterManager,
  ) {
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.consider(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.consider(document)),
      clusters.onDidChange(() => inBackground(this.tellCluster())),
      vscode.workspace.onDidGrantWorkspaceTrust(() => inBackground(this.tellTrusted())),
      registerShowReferences(),
      this.workspaceChanges,
    ];
    vscode.workspace.textDocuments.forEach((document) => this.consider(document));
  }

  /** What the files of the workspace write, of some kinds; starts the server. */
  async workspaceObjects(kinds: readonly string[]): Promise<readonly WorkspaceObject[]> {
    const client = await (this.client ??= this.start());
    const params: WorkspaceObjectsParams = { kinds };
    return (await client.sendRequest<WorkspaceObjects>(editorMethods.workspaceObjects, params)).objects;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
    void this.client?.then(
      (client) => client.dispose(),
      () => {},
    );
  }

  private consider(document: vscode.TextDocument): void {
    if (this.client || !mayBeManifest(document)) return;
    this.client = this.start();
    this.client.catch((error: unknown) => this.output.error(`the language server did not start: ${String(error)}`));
  }

  private async start(): Promise<LanguageClient> {
    const [{ LanguageClient, TransportKind }] = await Promise.all([
      import('./client-library'),
      this.clusters.discover(),
    ]);
    const module = vscode.Uri.joinPath(this.context.extensionUri, 'dist/server.js').fsPath;
    const cluster = this.clusters.target();
    this.told = JSON.stringify(cluster);
    const initialization: EditorInitialization = {
      cluster,
      drift: true,
      commands: await this.lensCommands(),
      trusted: vscode.workspace.isTrusted,
      workspaceDiagnostics: vscode.workspace.getConfiguration('podium').get('diagnostics.workspace', false),
    };
    const client = new LanguageClient(
      'podium',
      'Podium Language Server',
      { module, transport: TransportKind.ipc },
      {
        documentSelector: languages.flatMap((language) => schemes.map((scheme) => ({ language, scheme }))),
        initializationOptions: initialization,
      },
    );
    const marks = new DriftMarks(this.context.extensionUri);
    this.subscriptions.push(marks);
    client.onNotification(editorMethods.drift, (params: DriftParams) => marks.show(params));
    client.onNotification(editorMethods.workspaceChanged, () => this.workspaceChanges.fire());
    await client.start();
    return client;
  }

  /** Code lenses are made of the commands that there are. */
  private async lensCommands(): Promise<NonNullable<EditorInitialization['commands']>> {
    const known = new Set(await vscode.commands.getCommands(true));
    const lenses = ['deploy', 'diff', 'logs', 'shell', 'forward', 'debug', 'showReferences'] as const;
    return lenses.map((name) => `podium.${name}` as const).filter((id) => known.has(id));
  }

  private async tellTrusted(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    if (client?.isRunning()) await client.sendNotification(editorMethods.trusted);
  }

  private async tellCluster(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    const cluster = this.clusters.target();
    const text = JSON.stringify(cluster);
    if (!client?.isRunning() || text === this.told) return;
    this.told = text;
    await client.sendNotification(editorMethods.cluster, cluster);
  }
}

/** Any YAML, since a manifest may be about to be written; of JSON, which is mostly settings, what names a version. */
function mayBeManifest(document: vscode.TextDocument): boolean {
  const { languageId, uri } = document;
  if (!schemes.includes(uri.scheme)) return false;
  return languageId === 'yaml' || (languageId === 'json' && document.getText().includes('"apiVersion"'));
}
