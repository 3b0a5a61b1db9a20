import type {
  CancellationToken,
  ResultProgressReporter,
  WorkspaceDiagnosticReport,
  WorkspaceDiagnosticReportPartialResult,
  WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import type { ServerContext } from '../context';
import { Slices } from '../workspace/slices';
import { diagnosticsOf } from './diagnostics';

type Progress = ResultProgressReporter<WorkspaceDiagnosticReportPartialResult> | undefined;

/** Clients ask every other second: after an answer, a change is looked at once it has been quiet so long. */
const quietMs = 500;
/** Files in one part of an answer. */
const partLength = 50;

/** Diagnostics of all files of the workspace, open or not: of each file those that the client does not have yet. */
export function registerWorkspaceDiagnostics(context: ServerContext): void {
  const provider = context.capabilities.diagnosticProvider;
  if (!provider) return;
  provider.workspaceDiagnostics = context.initialization.workspaceDiagnostics ?? true;
  const changes = new Changes(context);
  const seen = new Seen(context);
  context.connection.languages.diagnostics.onWorkspace(async ({ previousResultIds }, token, _, progress) => {
    await context.workspace.ready;
    if (seen.state !== undefined && seen.state !== changes.count) await changes.quiet(token);
    const known = new Map(previousResultIds.map(({ uri, value }) => [uri, value]));
    return report(context, seen.at(changes.count), known, { token, progress });
  });
}

/** Counts what changes of files, settings, types and the cluster. */
class Changes {
  count = 0;

  constructor({ workspace, findings }: ServerContext) {
    const changed = (): void => void this.count++;
    workspace.onDidChange(changed);
    findings.onDidRefresh(changed);
  }

  /** Resolves when nothing has changed for a while, or with the cancellation. */
  async quiet(token: CancellationToken): Promise<void> {
    for (let seen = -1; seen !== this.count && !token.isCancellationRequested; ) {
      seen = this.count;
      await new Promise((resolve) => setTimeout(resolve, quietMs));
    }
  }
}

/** What the diagnostics of files were called since the last change; no file is looked at twice without need. */
class Seen {
  state: number | undefined;
  private readonly ids = new Map<string, string>();

  constructor(private readonly context: ServerContext) {}

  at(state: number): this {
    if (state !== this.state) this.ids.clear();
    this.state = state;
    return this;
  }

  /** Undefined for a file without diagnostics of which the client has none. */
  async reportOf(uri: string, known: string | undefined): Promise<WorkspaceDocumentDiagnosticReport | undefined> {
    const last = this.ids.get(uri);
    if (last !== undefined && last === (known ?? '')) return last ? unchanged(uri, last) : undefined;
    const file = this.context.workspace.file(uri);
    const items = file ? diagnosticsOf(file, this.context) : [];
    const resultId = items.length > 0 ? await hashOf(items) : '';
    this.ids.set(uri, resultId);
    if (resultId === (known ?? '')) return resultId ? unchanged(uri, resultId) : undefined;
    return { uri, version: file?.version ?? null, kind: 'full', ...(resultId && { resultId }), items };
  }
}

const unchanged = (uri: string, resultId: string): WorkspaceDocumentDiagnosticReport => ({
  uri,
  version: null,
  kind: 'unchanged',
  resultId,
});

/** Equal for equal diagnostics. The module is large, and most sessions do without it. */
async function hashOf(items: readonly unknown[]): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha1').update(JSON.stringify(items)).digest('base64');
}

/** Made in slices, and told in parts to who takes them. */
async function report(
  { workspace }: ServerContext,
  seen: Seen,
  known: ReadonlyMap<string, string>,
  { token, progress }: { token: CancellationToken; progress: Progress },
): Promise<WorkspaceDiagnosticReport> {
  const slices = new Slices();
  let items: WorkspaceDocumentDiagnosticReport[] = [];
  const add = (item: WorkspaceDocumentDiagnosticReport): void => {
    items.push(item);
    if (!progress || items.length < partLength) return;
    progress.report({ items });
    items = [];
  };
  const uris = new Set(workspace.uris());
  for (const uri of uris) {
    if (token.isCancellationRequested) return { items };
    const item = await seen.reportOf(uri, known.get(uri));
    if (item) add(item);
    await slices.pause();
  }
  for (const uri of known.keys()) if (!uris.has(uri)) add({ uri, version: null, kind: 'full', items: [] });
  return { items };
}
