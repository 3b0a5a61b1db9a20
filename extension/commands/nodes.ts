import * as vscode from 'vscode';
import type { ClusterRef } from '../clusters/cluster-ref';
import { Cancelled, RefusedError } from '../errors';
import { type Workbench, withProgress } from '../workbench';
import { confirm, requireTrust } from './local-cluster';

export type NodeAction = 'stop' | 'start' | 'pause' | 'unpause' | 'disconnect' | 'connect';

/** State in the cluster's record that an action leads to, the states it starts from, and its words. */
const actions: Record<NodeAction, { from: readonly string[]; doing: string; ask: string }> = {
  stop: { from: ['running', 'paused', 'disconnected'], doing: 'Stopping', ask: 'Stop which nodes?' },
  start: { from: ['stopped'], doing: 'Starting', ask: 'Start which nodes?' },
  pause: { from: ['running'], doing: 'Pausing', ask: 'Pause which nodes?' },
  unpause: { from: ['paused'], doing: 'Resuming', ask: 'Let which nodes go on?' },
  disconnect: { from: ['running'], doing: 'Disconnecting', ask: 'Cut off which nodes?' },
  connect: { from: ['disconnected'], doing: 'Connecting', ask: 'Connect which nodes again?' },
};

/** What befalls the nodes of Podium's clusters. Nodes are given by the tree's items or by name; without them it is asked. */
export class NodeCommands {
  constructor(private readonly workbench: Workbench) {}

  async add(given?: unknown): Promise<string> {
    const ref = await this.cluster();
    const wanted = typeof given === 'string' ? [given] : [];
    const { podium } = this.workbench;
    await withProgress(`Adding a node to "${ref.name}"`, (step) =>
      podium.run(['node', 'add', ...wanted, '--name', ref.name], step), false);
    return wanted[0] ?? '';
  }

  async remove(given?: unknown, selection?: readonly unknown[]): Promise<void> {
    const ref = await this.cluster();
    const byName = typeof given === 'string';
    const names = this.given(given, selection) ?? (await this.ask(ref, () => true, 'Remove which nodes?'));
    const which = names.length === 1 ? `node "${names[0]}"` : `${names.length} nodes`;
    if (!byName) await confirm(`Remove ${which}?`, 'What runs there goes with it.', 'Remove');
    await this.each(ref, 'Removing', names, (name) => ['node', 'remove', name]);
  }

  async change(action: NodeAction, given?: unknown, selection?: readonly unknown[]): Promise<void> {
    const ref = await this.cluster();
    const { from, doing, ask } = actions[action];
    const names = this.given(given, selection) ?? (await this.ask(ref, (state) => from.includes(state), ask));
    await this.each(ref, doing, names, (name) => ['node', action, name]);
  }

  private async each(
    ref: ClusterRef,
    doing: string,
    names: readonly string[],
    args: (name: string) => string[],
  ): Promise<void> {
    const title = names.length === 1 ? `${doing} node "${names[0]}"` : `${doing} ${names.length} nodes`;
    await withProgress(title, async (step, token) => {
      for (const name of names) {
        if (token.isCancellationRequested) throw new Cancelled();
        step(name);
        await this.workbench.podium.run([...args(name), '--name', ref.name], step, token);
      }
    });
  }

  /** Undefined when nothing was given. */
  private given(given: unknown, selection: readonly unknown[] = []): string[] | undefined {
    if (typeof given === 'string') return [given];
    const items = (selection.length > 0 ? selection : [given]) as ({ nodeName?: string } | undefined)[];
    const names = items.flatMap((item) => item?.nodeName ?? []);
    return names.length > 0 ? names : undefined;
  }

  private async ask(ref: ClusterRef, fits: (state: string) => boolean, title: string): Promise<string[]> {
    const nodes = this.workbench.clusters.sources?.local.get(ref.name)?.config?.nodes ?? [];
    const items = nodes.filter(({ state }) => fits(state)).map(({ name, state }) => ({ label: name, description: state }));
    if (items.length === 0) throw new RefusedError(`Cluster "${ref.name}" has no node that this can be done to.`);
    const chosen = await vscode.window.showQuickPick(items, { title, canPickMany: true });
    if (!chosen || chosen.length === 0) throw new Cancelled();
    return chosen.map(({ label }) => label);
  }

  /** The chosen cluster, which has to be one of Podium's that runs. Throws RefusedError. */
  private async cluster(): Promise<ClusterRef> {
    requireTrust();
    const sources = await this.workbench.clusters.discover();
    const { ref } = this.workbench.clusters;
    if (ref?.kind !== 'local') throw new RefusedError("Nodes can be changed in Podium's own clusters only: choose one first.", [
      { title: 'Choose Cluster', command: 'podium.chooseCluster' },
    ]);
    if (!sources.local.get(ref.name)?.daemon) throw new RefusedError(`Cluster "${ref.name}" does not run.`, [
      { title: 'Start Cluster', command: 'podium.startCluster' },
    ]);
    return ref;
  }
}
