import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { mergeKubeconfigFile } from '../../runtime/client/kubeconfig';
import type { ClusterRef } from '../clusters/cluster-ref';
import { RefusedError } from '../errors';
import type { Workbench } from '../workbench';
import { t } from '../words';

/** The kubeconfig of the chosen cluster, for other programs. */
export class KubeconfigCommands {
  constructor(private readonly workbench: Workbench) {}

  async copy(given?: unknown): Promise<void> {
    const sources = await this.workbench.clusters.discover();
    await vscode.env.clipboard.writeText(sources.textOf(this.chosen(given)));
    vscode.window.setStatusBarMessage(`$(check) ${t`Kubeconfig copied`}`, 3000);
  }

  /** Adds a local cluster to the user's kubeconfig file, and makes it the current context there, as `podium kubeconfig --merge`. */
  async merge(given?: unknown): Promise<void> {
    const ref = this.chosen(given);
    if (ref.kind !== 'local') throw new RefusedError(t`Context "${ref.name}" is in your kubeconfig already.`);
    const sources = await this.workbench.clusters.discover();
    const { paths } = sources.kubeconfig;
    const file = paths.find((path) => existsSync(path)) ?? paths.at(-1);
    if (!file) throw new RefusedError(t`There is no kubeconfig file to write to.`);
    mergeKubeconfigFile(file, sources.localText(ref.name));
    void vscode.window.showInformationMessage(t`Cluster "${ref.name}" is the current context in ${file}.`);
  }

  async open(path?: unknown): Promise<void> {
    const sources = await this.workbench.clusters.discover();
    const broken = sources.kubeconfig.problems[0]?.source;
    const file = typeof path === 'string' && existsSync(path) ? path : (broken ?? sources.kubeconfig.paths[0]);
    if (!file || !existsSync(file)) throw new RefusedError(file ? t`There is no kubeconfig file at ${file}.` : t`There is no kubeconfig file.`);
    await vscode.window.showTextDocument(vscode.Uri.file(file));
  }

  private chosen(given: unknown): ClusterRef {
    const { cluster } = (given ?? {}) as { cluster?: ClusterRef };
    const ref = cluster ?? this.workbench.clusters.ref;
    if (!ref) throw new RefusedError(t`No cluster is chosen.`, [{ title: t`Choose Cluster`, command: 'podium.chooseCluster' }]);
    return ref;
  }
}
