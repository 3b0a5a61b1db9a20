import * as vscode from 'vscode';
import type { ClusterRef } from '../clusters/cluster-ref';
import type { ClusterFile, LocalCluster } from '../clusters/local-clusters';
import { Cancelled, RefusedError } from '../errors';
import { type Step, type Workbench, withProgress } from '../workbench';
import { t } from '../words';

/** How a new cluster is made; what is not told, the settings tell. */
export interface NewCluster {
  name?: string;
  nodes?: number;
  runtime?: 'docker' | 'simulated' | 'auto';
}

/** For key bindings, tasks and tests, which know already: without it the command asks. */
export interface StopAnswer {
  name?: string;
  keep?: boolean;
}

/** The life of Podium's own clusters: start, stop, remove, reset. Each may be given the tree's item or a name. */
export class LocalClusterCommands {
  constructor(private readonly workbench: Workbench) {}

  async start(given?: unknown): Promise<void> {
    requireTrust();
    const ref = await this.localRef(given);
    const sources = await this.workbench.clusters.discover();
    const cluster = sources.local.get(ref.name);
    if (!cluster?.daemon) await this.up(ref, cluster, isNewCluster(given) ? given : {});
    await this.workbench.clusters.use(ref);
    await this.workbench.clusters.connect();
  }

  async create(given?: NewCluster): Promise<void> {
    requireTrust();
    const sources = await this.workbench.clusters.discover();
    const name = given?.name ?? (await askName(sources.local.list().map((cluster) => cluster.name)));
    const nodes = given?.nodes ?? (given ? undefined : await askNodes());
    await this.start({ ...given, name, ...(nodes !== undefined && { nodes }) });
  }

  async stop(given?: unknown): Promise<void> {
    const ref = await this.existing(given);
    const answer = (given as StopAnswer | undefined)?.keep;
    const keep = answer ?? (await askWhetherToKeep(ref.name));
    await this.down(ref, keep);
  }

  async remove(given?: unknown): Promise<void> {
    const ref = await this.existing(given);
    const sure = (given as StopAnswer | undefined)?.keep === false;
    if (!sure) await confirm(t`Remove cluster "${ref.name}"?`, t`Its objects and volumes go with it.`, t`Remove`);
    await this.down(ref, false);
  }

  /** The same cluster again, empty. */
  async reset(given?: unknown): Promise<void> {
    requireTrust();
    const ref = await this.existing(given);
    const sure = (given as StopAnswer | undefined)?.keep === false;
    const detail = t`It starts again with as many nodes and nothing on them: its objects and volumes are deleted.`;
    if (!sure) await confirm(t`Reset cluster "${ref.name}"?`, detail, t`Reset`);
    const { clusters, podium } = this.workbench;
    const config = (await clusters.discover()).local.get(ref.name)?.config;
    await withProgress(t`Resetting cluster "${ref.name}"`, (step, token) =>
      clusters.whileBusy(ref, t`resetting`, async () => {
        await podium.run(['down', '--name', ref.name], step);
        await podium.run(['up', '--wait', '--name', ref.name, ...sameAgain(config)], step, token);
      }),
    );
    await clusters.connect();
  }

  private async up(ref: ClusterRef, existing: LocalCluster | undefined, wanted: NewCluster): Promise<void> {
    const { clusters, podium } = this.workbench;
    const args = ['up', '--wait', '--name', ref.name, ...(existing ? [] : newArguments(wanted))];
    await withProgress(t`Starting cluster "${ref.name}"`, (step, token) =>
      clusters.whileBusy(ref, t`starting`, async () => {
        try {
          await podium.run(args, step, token);
        } catch (error) {
          if (error instanceof Cancelled) await this.undoStart(ref, existing !== undefined, step);
          throw error;
        }
      }),
    );
  }

  /** The daemon goes on when the command that waits for it ends. */
  private async undoStart(ref: ClusterRef, keep: boolean, step: Step): Promise<void> {
    step('cancelling');
    await this.workbench.podium.run(['down', '--name', ref.name, ...(keep ? ['--keep'] : [])], step);
  }

  private async down(ref: ClusterRef, keep: boolean): Promise<void> {
    const { clusters, podium } = this.workbench;
    const title = keep ? t`Stopping cluster "${ref.name}"` : t`Removing cluster "${ref.name}"`;
    await withProgress(
      title,
      (step) =>
        clusters.whileBusy(ref, keep ? t`stopping` : t`removing`, () =>
          podium.run(['down', '--name', ref.name, ...(keep ? ['--keep'] : [])], step),
        ),
      false,
    );
  }

  /** The one that was given, or the chosen one, or the one that the settings name. */
  private async localRef(given: unknown): Promise<ClusterRef> {
    const { clusters, podium } = this.workbench;
    await clusters.discover();
    const name = nameIn(given) ?? (clusters.ref?.kind === 'local' ? clusters.ref.name : podium.clusterName);
    return { kind: 'local', name };
  }

  private async existing(given: unknown): Promise<ClusterRef> {
    const ref = await this.localRef(given);
    const sources = await this.workbench.clusters.discover();
    if (!sources.has(ref)) throw new RefusedError(t`There is no cluster "${ref.name}" on this machine.`);
    return ref;
  }
}

/** Podium starts nothing in a folder that may have come from anywhere. Throws RefusedError. */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new RefusedError(t`Podium starts nothing in a workspace that is not trusted.`, [
    { title: t`Manage Trust`, command: 'workbench.trust.manage' },
  ]);
}

export async function confirm(question: string, detail: string, yes: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, yes);
  if (chosen !== yes) throw new Cancelled();
}

/** A name, an item of the tree for a local cluster, or an object with a name. */
function nameIn(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null) return undefined;
  const { name, cluster } = given as { name?: unknown; cluster?: ClusterRef };
  if (cluster) return cluster.kind === 'local' ? cluster.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

function isNewCluster(given: unknown): given is NewCluster {
  return typeof given === 'object' && given !== null && ('nodes' in given || 'runtime' in given);
}

function newArguments({ nodes, runtime }: NewCluster): string[] {
  const settings = vscode.workspace.getConfiguration('podium');
  const carrier = runtime ?? settings.get<string>('cluster.runtime', 'auto');
  return [
    '--nodes',
    String(nodes ?? settings.get('cluster.nodes', 3)),
    ...(carrier === 'auto' ? [] : ['--runtime', carrier]),
  ];
}

function sameAgain(config: ClusterFile | undefined): string[] {
  if (!config) return newArguments({});
  const { nodes, runtime, nodeCpu, nodeMemory, port, store } = config;
  return [
    ...['--nodes', String(nodes.length), '--runtime', runtime],
    ...(nodeCpu ? ['--node-cpu', nodeCpu] : []),
    ...(nodeMemory ? ['--node-memory', nodeMemory] : []),
    ...(port ? ['--port', String(port)] : []),
    ...(store?.type === 'etcd' ? ['--store', 'etcd', '--etcd-servers', (store.servers ?? []).join(',')] : []),
  ];
}

async function askName(taken: readonly string[]): Promise<string> {
  const name = await vscode.window.showInputBox({
    title: t`New Cluster`,
    prompt: t`Name of the cluster`,
    placeHolder: 'staging',
    validateInput: (text) => nameProblem(text, taken),
  });
  if (name === undefined) throw new Cancelled();
  return name;
}

function nameProblem(text: string, taken: readonly string[]): string | undefined {
  if (taken.includes(text)) return t`Cluster "${text}" exists already.`;
  if (/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(text)) return undefined;
  return t`At most 40 lower case letters, digits and "-", with a letter or digit at each end.`;
}

async function askNodes(): Promise<number> {
  const preset = vscode.workspace.getConfiguration('podium').get('cluster.nodes', 3);
  const text = await vscode.window.showInputBox({
    title: t`New Cluster`,
    prompt: t`Number of nodes`,
    value: String(preset),
    validateInput: (value) => (/^([1-9]|1\d|20)$/.test(value) ? undefined : t`A whole number from 1 to 20.`),
  });
  if (text === undefined) throw new Cancelled();
  return Number(text);
}

async function askWhetherToKeep(name: string): Promise<boolean> {
  const keep = t`Stop and Keep Its Objects`;
  const remove = t`Remove`;
  const options = { modal: true, detail: t`A cluster that is removed takes its objects with it.` };
  const choice = await vscode.window.showWarningMessage(t`Stop cluster "${name}"?`, options, keep, remove);
  if (choice === undefined) throw new Cancelled();
  return choice === keep;
}
