import * as vscode from 'vscode';
import type { ClusterRef } from '../clusters/cluster-ref';
import type { ClusterSources } from '../clusters/cluster-sources';
import { isSame } from '../clusters/cluster-ref';
import { Cancelled, describeFailure, RefusedError } from '../errors';
import { logFailure } from '../notify';
import type { Workbench } from '../workbench';
import { t } from '../words';

interface ClusterItem extends vscode.QuickPickItem {
  ref?: ClusterRef;
  command?: string;
}

/** Which cluster and which namespace this window works with. */
export class ChooseCommands {
  constructor(private readonly workbench: Workbench) {}

  /** Given a cluster, or the tree's item of one, or nothing: then it asks. */
  async cluster(given?: unknown): Promise<void> {
    const { clusters } = this.workbench;
    const sources = await clusters.discover();
    const ref = refIn(given) ?? (await this.askCluster(sources));
    // Its file may have been written a moment ago.
    if (!sources.has(ref)) sources.read();
    if (!sources.has(ref)) throw new RefusedError(ref.kind === 'local' ? t`There is no cluster "${ref.name}".` : t`There is no context "${ref.name}".`);
    await clusters.use(ref);
  }

  /** Given a namespace, or the tree's item of one; the empty string is all of them. */
  async namespace(given?: unknown): Promise<void> {
    const { clusters } = this.workbench;
    const named = typeof given === 'string' ? given : (given as { namespaceName?: string } | undefined)?.namespaceName;
    await clusters.useNamespace(named ?? (await this.askNamespace()));
  }

  private async askCluster(sources: ClusterSources): Promise<ClusterRef> {
    const items = clusterItems(sources, this.workbench.clusters.ref);
    const options = { title: t`Choose a Cluster`, placeHolder: t`Cluster or context`, matchOnDescription: true, matchOnDetail: true };
    const chosen = await vscode.window.showQuickPick(items, options);
    if (chosen?.command) await vscode.commands.executeCommand(chosen.command);
    if (!chosen?.ref) throw new Cancelled();
    return chosen.ref;
  }

  private async askNamespace(): Promise<string> {
    const session = await this.workbench.clusters.connect();
    const current = this.workbench.clusters.namespace;
    const all = { label: t`All namespaces`, value: '' };
    const listed = session.client.namespaces.list().then(
      ({ items }) => items.map(({ metadata: { name } }) => ({ label: name, value: name })),
      (error: unknown) => {
        logFailure(error, 'listing namespaces');
        return [{ label: t`Another namespace…`, detail: describeFailure(error).message, value: undefined }];
      },
    );
    const items = listed.then((found) =>
      [all, ...found].map((item) => ({ ...item, ...(item.value === current && { description: t`current` }) })),
    );
    const chosen = await vscode.window.showQuickPick(items, { title: t`Choose a Namespace`, placeHolder: t`Namespace` });
    if (!chosen) throw new Cancelled();
    return chosen.value ?? askName();
  }
}

function refIn(given: unknown): ClusterRef | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { cluster, kind, name } = given as { cluster?: ClusterRef; kind?: string; name?: string };
  if (cluster) return cluster;
  return (kind === 'local' || kind === 'context') && name !== undefined ? { kind, name } : undefined;
}

function clusterItems(sources: ClusterSources, current: ClusterRef | undefined): ClusterItem[] {
  const separator = (label: string): ClusterItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const mark = (ref: ClusterRef): string => (isSame(ref, current) ? ` · ${t`current`}` : '');
  const local = sources.local.list().map(({ name, daemon, config }): ClusterItem => {
    const ref: ClusterRef = { kind: 'local', name };
    const nodes = config ? t`${config.nodes.length} nodes, ${config.runtime}` : t`its record can't be read`;
    return { label: `$(server-environment) ${name}`, description: `${daemon ? t`running` : t`stopped`} · ${nodes}${mark(ref)}`, ref };
  });
  const contexts = sources.foreignContexts().map(({ name, server, current: isCurrent }): ClusterItem => {
    const ref: ClusterRef = { kind: 'context', name };
    return { label: `$(cloud) ${name}`, description: `${server}${isCurrent ? ` · ${t`current for kubectl`}` : ''}${mark(ref)}`, ref };
  });
  const problems = sources.kubeconfig.problems.map((problem): ClusterItem => ({
    label: `$(warning) ${t`A kubeconfig can't be read`}`,
    detail: problem.message,
    command: 'podium.openKubeconfig',
  }));
  return [
    separator(t`On this machine`),
    ...local,
    { label: `$(add) ${t`New cluster…`}`, command: 'podium.newCluster' },
    ...(contexts.length + problems.length > 0 ? [separator(t`Contexts of your kubeconfig`), ...contexts, ...problems] : []),
  ];
}

async function askName(): Promise<string> {
  const name = await vscode.window.showInputBox({ title: t`Choose a Namespace`, prompt: t`Name of the namespace` });
  if (!name) throw new Cancelled();
  return name;
}
