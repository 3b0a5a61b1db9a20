import { editorMethods } from '../../runtime/client/editor-protocol';
import type { ServerContext } from '../context';
import { chartsOf, type Charts } from './charts';
import { templateCompletions } from './completion';
import { HelmRuns } from './helm-runs';
import { helmNavigation } from './navigation';

/** Helm charts: their values, named templates and functions. Findings are registered with the other sources. */
export function registerHelm(context: ServerContext): void {
  const charts = chartsOf(context);
  const navigation = helmNavigation(context);
  runHelm(context, charts);
  const { providers } = context;
  providers.add('templateCompletion', 'helm', (at) => templateCompletions(at, charts));
  providers.add('definition', 'helm', (at) => navigation.definition(at));
  providers.add('references', 'helm', (at) => navigation.references(at));
  providers.add('hover', 'helm', (at) => navigation.hover(at));
}

/** Asks helm itself once the workspace is trusted: what a setting of it names may be any program. */
function runHelm(context: ServerContext, charts: Charts): void {
  const { connection, documents, findings, initialization, logger } = context;
  const command = (): string => context.settings().helm.path;
  const begin = (): void => {
    if (charts.helm) return;
    const runs = new HelmRuns({ command, logger, done: () => findings.changed() });
    charts.helm = runs;
    context.onStop(() => runs.stop());
    // Helm reads what is on disk.
    documents.onDidSave(({ uri }) => {
      if (documents.file(uri)?.kind.startsWith('helm-')) findings.changed();
    });
  };
  if (initialization.trusted === true) begin();
  connection.onNotification(editorMethods.trusted, () => {
    begin();
    findings.changed();
  });
}
