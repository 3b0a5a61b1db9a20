import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { type Kubeconfig, KubeconfigError } from '../../runtime/client/kubeconfig';
import { RefusedError } from '../errors';
import type { ClusterRef } from './cluster-ref';
import { type KubeContext, KubeconfigFiles } from './kubeconfig-files';
import { LocalClusters } from './local-clusters';
import { contextNamespace, contextText, fingerprintOf, readLocal } from './session';
import { holdCluster } from './window-hold';
import { t } from '../words';

/** Where clusters are known from: Podium's home folder and the kubeconfig files. Read and followed, nothing is started. */
export class ClusterSources {
  readonly local: LocalClusters;
  readonly kubeconfig: KubeconfigFiles;
  readonly hold = holdCluster;

  constructor(onChange: () => void) {
    this.local = new LocalClusters(onChange);
    this.kubeconfig = new KubeconfigFiles(onChange, configuredFiles);
  }

  read(): void {
    this.local.read();
    this.kubeconfig.read();
  }

  has({ kind, name }: ClusterRef): boolean {
    return kind === 'local' ? this.local.get(name) !== undefined : this.kubeconfig.merged.contexts.has(name);
  }

  /** Where nothing was chosen: the cluster of the settings, or the one that runs. Never a context: that is asked for. */
  defaultRef(): ClusterRef | undefined {
    const named = this.local.get(configuredName());
    const running = this.local.list().filter(({ daemon }) => daemon);
    const found = named ?? (running.length === 1 ? running[0] : undefined);
    return found && { kind: 'local', name: found.name };
  }

  /** Contexts that are not Podium's own clusters, which `podium kubeconfig --merge` adds. */
  foreignContexts(): KubeContext[] {
    const own = new Set(this.local.list().map((cluster) => this.serverOf(cluster.name)));
    return this.kubeconfig.contexts().filter(({ server }) => !own.has(server));
  }

  filesOf({ kind, name }: ClusterRef): readonly string[] {
    if (kind === 'context') return this.kubeconfig.paths;
    const file = this.local.get(name)?.kubeconfig;
    return file ? [file] : [];
  }

  namespaceOf(ref: ClusterRef): string | undefined {
    return ref.kind === 'context' ? contextNamespace(this.kubeconfig.merged, ref.name) : undefined;
  }

  /** The kubeconfig to connect with. Throws KubeconfigError, and RefusedError where a program would have to be trusted. */
  chosen({ kind, name }: ClusterRef, trusted: boolean): { kubeconfig: Kubeconfig; context: string } {
    if (kind === 'local') return this.localConfig(name);
    const { merged, problems } = this.kubeconfig;
    const context = merged.contexts.get(name);
    if (!context) throw problems[0] ?? new KubeconfigError(merged.source, `context "${name}" does not exist`);
    if (!trusted && merged.users.get(context.entry.user)?.entry.exec)
      throw new RefusedError(t`Context "${name}" signs in with a program, which is not started in a workspace that is not trusted.`, [
        { title: t`Manage Trust`, command: 'workbench.trust.manage' },
      ]);
    return { kubeconfig: merged, context: name };
  }

  /** Changes whenever a connection has to be made anew. */
  fingerprintOf({ kind, name }: ClusterRef): string {
    try {
      const { kubeconfig, context } =
        kind === 'local' ? this.localConfig(name) : { kubeconfig: this.kubeconfig.merged, context: name };
      return fingerprintOf(kubeconfig, context);
    } catch (error) {
      if (error instanceof KubeconfigError) return '';
      throw error;
    }
  }

  /** The text of a local cluster's kubeconfig. Throws RefusedError. */
  localText(name: string): string {
    const file = this.local.get(name)?.kubeconfig;
    try {
      if (file) return readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    throw new RefusedError(t`Cluster "${name}" has no kubeconfig yet.`, [
      { title: t`Start Cluster`, command: 'podium.startCluster' },
    ]);
  }


  /** A kubeconfig of this cluster alone, credentials and all. Throws KubeconfigError or RefusedError. */
  textOf(ref: ClusterRef): string {
    if (ref.kind === 'local') return this.localText(ref.name);
    return contextText(this.kubeconfig.merged, ref.name);
  }

  /** All that lists of clusters show, to notice that it changed. Without credentials. */
  summary(): unknown {
    const local = this.local.list().map(({ name, daemon, config }) => [name, daemon?.pid, config?.runtime, config?.nodes]);
    return [local, this.kubeconfig.contexts(), this.kubeconfig.problems.map(({ message }) => message)];
  }

  dispose(): void {
    this.local.dispose();
    this.kubeconfig.dispose();
  }

  private localConfig(name: string): { kubeconfig: Kubeconfig; context: string } {
    return readLocal(this.localText(name), this.local.get(name)?.kubeconfig ?? name);
  }

  private serverOf(name: string): string {
    try {
      const { kubeconfig, context } = this.localConfig(name);
      return kubeconfig.clusters.get(kubeconfig.contexts.get(context)?.entry.cluster ?? '')?.entry.server ?? '';
    } catch {
      return '';
    }
  }
}

function configuredName(): string {
  return vscode.workspace.getConfiguration('podium').get('cluster.name', 'podium');
}

function configuredFiles(): string[] {
  const files = vscode.workspace.getConfiguration('podium').get<string[]>('kubeconfig', []);
  return files.map((file) => (file.startsWith('~/') ? join(homedir(), file.slice(2)) : file));
}
