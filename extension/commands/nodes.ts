import * as vscode from 'vscode';
import type { ClusterRef } from '../clusters/cluster-ref';
import { Cancelled, RefusedError } from '../errors';
import { type Workbench, withProgress } from '../workbench';
import { confirm, requireTrust } from './local-cluster';
import { t } from '../words';

export type NodeAction = 'stop' | 'start' | 'pause' | 'unpause' | 'disconnect' | 'connect';

interface Action {
  /** States in the cluster's record that it starts from. */
  from: readonly string[];
  ask: () => string;
  doing: (node: string) => string;
}

const actions: Record<NodeAction, Action> = {
  stop: {
    from: ['running', 'paused', 'disconnected'],
    ask: () => t`Stop which nodes?`,
    doing: (node) => t`Stopping ${node}`,
  },
  start: { from: ['stopped'], ask: () => t`Start which nodes?`, doing: (node) => t`Starting ${node}` },
  pause: { from: ['running'], ask: () => t`Pause which nodes?`, doing: (node) => t`Pausing ${node}` },
  unpause: { from: ['paused'], ask: () => t`Let which nodes go on?`, doing: (node) => t`Letting ${node} go on` },
  disconnect: { from: ['running'], ask: () => t`Cut off which nodes?`, doing: (node) => t`Cutting off ${node}` },
  connect: { from: ['disconnected'], ask: () => t`Connect which nodes again?`, doing: (node) => t`Connecting ${node}` },
};

/** What befalls the nodes of Podium's clusters. Nodes are given by the tree's items or by name; without them it is asked. */
export class NodeCommands {
  constructor(private readonly workbench: Workbench) {}

  async add(given?: unknown): Promise<string> {
    const ref = await this.cluster();
    const wanted = typeof given === 'string' ? [given] : [];
    const { podium } = this.workbench;
    await withProgress(t`Adding a node to "${ref.name}"`, (step) =>
      podium.run(['node', 'add', ...wanted, '--name', ref.name], step), false);
    return wanted[0] ?? '';
  }

  async remove(given?: unknown, selection?: readonly unknown[]): Promise<void> {
    const ref = await this.cluster();
    const byName = typeof given === 'string';
    const names = this.given(given, selection) ?? (await this.ask(ref, () => true, t`Remove which nodes?`));
    if (!byName) await confirm(t`Remove ${list(names)}?`, t`What runs there goes with it.`, t`Remove`);
    await this.each(ref, t`Removing ${list(names)}`, names, (name) => ['node', 'remove', name]);
  }

  async change(action: NodeAction, given?: unknown, selection?: readonly unknown[]): Promise<void> {
    const ref = await this.cluster();
    const { from, doing, ask } = actions[action];
    const names = this.given(given, selection) ?? (await this.ask(ref, (state) => from.includes(state), ask()));
    await this.each(ref, doing(list(names)), names, (name) => ['node', action, name]);
  }

  private async each(
    ref: ClusterRef,
    title: string,
    names: readonly string[],
    args: (name: string) => string[],
  ): Promise<void> {
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
    if (items.length === 0) throw new RefusedError(t`Cluster "${ref.name}" has no node that this can be done to.`);
    const chosen = await vscode.window.showQuickPick(items, { title, canPickMany: true });
    if (!chosen || chosen.length === 0) throw new Cancelled();
    return chosen.map(({ label }) => label);
  }

  /** The chosen cluster, which has to be one of Podium's that runs. Throws RefusedError. */
  private async cluster(): Promise<ClusterRef> {
    requireTrust();
    const sources = await this.workbench.clusters.discover();
    const { ref } = this.workbench.clusters;
    if (ref?.kind !== 'local') throw new RefusedError(t`Nodes can be changed in Podium's own clusters only: choose one first.`, [
      { title: t`Choose Cluster`, command: 'podium.chooseCluster' },
    ]);
    if (!sources.local.get(ref.name)?.daemon) throw new RefusedError(t`Cluster "${ref.name}" does not run.`, [
      { title: t`Start Cluster`, command: 'podium.startCluster' },
    ]);
    return ref;
  }
}

function list(names: readonly string[]): string {
  return names.length === 1 ? t`node "${names[0] ?? ''}"` : t`${names.length} nodes`;
}
