import type { ClientCapabilities, Connection, ServerCapabilities } from 'vscode-languageserver/node';
import type { EditorInitialization } from '../runtime/client/editor-protocol';
import type { Logger } from '../runtime/log';
import type { ClusterView } from './cluster/cluster-view';
import type { OpenDocuments } from './documents/open-documents';
import type { FindingProvider } from './findings/finding';
import type { Findings } from './findings/findings';
import type { TypeRegistry } from './manifests/types';
import type { ProviderRegistry } from './providers';
import type { Settings } from './settings';
import type { Workspace } from './workspace/workspace';

/** What whoever finds something in files is given. There may be no client: the command line asks for findings too. */
export interface FindingContext {
  readonly documents: OpenDocuments;
  readonly workspace: Workspace;
  readonly types: TypeRegistry;
  readonly cluster: ClusterView;
  readonly logger: Logger;
  readonly findings: Findings;
  settings(): Settings;
  onDidChangeSettings(listener: (before: Settings) => void): void;
  addFindings(name: string, provider: FindingProvider): void;
  /** Something that findings depend on beside the files has changed: all of them are made anew. */
  refreshFindings(): void;
}

/** What every part of the server is given. Made at `initialize`, for one client. */
export interface ServerContext extends FindingContext {
  readonly connection: Connection;
  readonly client: ClientCapabilities;
  readonly initialization: EditorInitialization;
  /** What `initialize` answers: each feature adds its own while it is registered. */
  readonly capabilities: ServerCapabilities;
  /** Parts of answers: completion, hover, definition, code actions, … */
  readonly providers: ProviderRegistry;
  /** When the client may be asked and told things: after `initialized`. The connection takes only one such listener. */
  onStart(listener: () => void): void;
  /** When the client has asked the server to shut down: nothing may be left running or open. */
  onStop(listener: () => void): void;
}
