import { isDeepStrictEqual } from 'node:util';
import {
  type Connection,
  DidChangeConfigurationNotification,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import type { EditorInitialization } from '../runtime/client/editor-protocol';
import { systemClock } from '../runtime/clock';
import { LiveCluster } from './cluster/live-cluster';
import { registerCluster } from './cluster/register';
import { connectionLogger } from './connection-logger';
import type { ServerContext } from './context';
import { FileFilter } from './documents/file-filter';
import { openDocuments } from './documents/open-documents';
import { registerFeatures } from './features/register';
import { Findings } from './findings/findings';
import { findingSources } from './findings/sources';
import { registerHelm } from './helm/register';
import { registerKustomize } from './kustomize/register';
import { registerSuppressionActions } from './lint/actions';
import { KnownTypes } from './manifests/known-types';
import { followTypes } from './manifests/register-types';
import { ProviderRegistry } from './providers';
import { LiveSettings } from './settings';
import { pathOf } from './workspace/file-uri';
import { LiveWorkspace } from './workspace/live-workspace';
import { watchWorkspace } from './workspace/watch';

declare const PODIUM_VERSION: string | undefined;

/** Each registers one feature or one source of findings. A new part of the server is added here, and nowhere else. */
const parts: readonly ((context: ServerContext) => void)[] = [
  ...findingSources,
  registerSuppressionActions,
  registerFeatures,
  registerCluster,
  registerKustomize,
  registerHelm,
];

/** Serves one client: a VS Code, or any other editor over stdio. */
export function startLanguageServer(connection: Connection): void {
  connection.onInitialize((params): InitializeResult => {
    const { context, start } = createContext(connection, params);
    for (const register of parts) register(context);
    connection.onInitialized(start);
    const version = typeof PODIUM_VERSION === 'string' ? PODIUM_VERSION : 'development';
    return { serverInfo: { name: 'podium', version }, capabilities: context.capabilities };
  });
  connection.listen();
}

function createContext(
  connection: Connection,
  params: InitializeParams,
): { context: ServerContext; start(): void } {
  const { capabilities: client, workspaceFolders, rootUri, initializationOptions } = params;
  const logger = connectionLogger(connection);
  const settings = new LiveSettings(undefined);
  const filter = new FileFilter(settings.value.files, () => workspace.folders);
  const counts = (uri: string): boolean => filter.counts(uri);
  const documents = openDocuments(connection, counts);
  const types = new KnownTypes();
  const findings = new Findings(() => context);
  const startListeners: (() => void)[] = [];
  const stopListeners: (() => void)[] = [];
  connection.onShutdown(() => stopListeners.forEach((listener) => listener()));
  const context: ServerContext = {
    connection,
    client,
    initialization: (initializationOptions ?? {}) as EditorInitialization,
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    },
    documents,
    get workspace() {
      return workspace;
    },
    types,
    cluster: new LiveCluster(systemClock, logger),
    logger,
    findings,
    providers: new ProviderRegistry(logger),
    settings: () => settings.value,
    onStart: (listener) => startListeners.push(listener),
    onStop: (listener) => stopListeners.push(listener),
    onDidChangeSettings: (listener) => settings.onDidChange(listener),
    addFindings: (name, provider) => findings.add(name, provider),
    refreshFindings: () => findings.refresh(),
  };
  const onFolder = watchWorkspace(context, () => workspace);
  const workspace = new LiveWorkspace({ documents, types, logger, counts, onFolder });
  settings.onDidChange((before) => {
    if (isDeepStrictEqual(before.files, settings.value.files)) return;
    filter.set(settings.value.files);
    void workspace.rescan();
  });
  followTypes(context, types);
  const folders = (workspaceFolders ?? (rootUri ? [{ uri: rootUri }] : [])).flatMap(({ uri }) => pathOf(uri) ?? []);
  context.onStart(() => void followSettings(context, settings).then(() => workspace.addFolders(folders)));
  return { context, start: () => startListeners.forEach((listener) => listener()) };
}

/** Asks for the settings where the client answers such a question; otherwise it sends them. */
async function followSettings(context: ServerContext, settings: LiveSettings): Promise<void> {
  const { connection, client, logger } = context;
  settings.onDidChange(() => context.refreshFindings());
  const ask = async (): Promise<void> => {
    try {
      settings.set(await connection.workspace.getConfiguration('podium'));
    } catch (error) {
      logger.warn({ error: String(error) }, 'the client did not tell its settings');
    }
  };
  const asks = client.workspace?.configuration === true;
  connection.onDidChangeConfiguration(({ settings: sent }) => {
    if (asks) void ask();
    else settings.set((sent as { podium?: unknown } | null)?.podium);
  });
  if (client.workspace?.didChangeConfiguration?.dynamicRegistration) {
    await connection.client.register(DidChangeConfigurationNotification.type, { section: 'podium' });
  }
  if (asks) await ask();
}
