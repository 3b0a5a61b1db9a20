import { join } from 'node:path';
import type { Live, Pod } from '../../api/kinds';
import { systemClock } from '../../clock';
import type { Logger } from '../../log';
import type { Informer } from '../client';
import { createInformer } from '../informer';
import { changeFiles } from '../pods/copy';
import type { PodSource } from '../pods/target';
import type { Client } from '../resource-client';
import { restartIn, runIn, type RunningContainer, runningContainer } from './container';
import { type FileEdit, PendingChanges } from './pending-changes';
import type { Change } from './rules';

export interface DevOptions {
  client: Client;
  logger: Logger;
  source: PodSource;
  container?: string;
  /** Folder that the paths of changes are relative to. */
  root: string;
  changeOf(path: string): Change | undefined;
  /** Applies the manifests that a path is of; undefined when they aren't applied on save. */
  isManifest?(path: string): boolean;
  apply(): Promise<void>;
  /** Builds the image and restarts the workload; says what was done. */
  rebuild(): Promise<string>;
  print(line: string): void;
}

/** Keeps running containers as the sources are. What fails is told, and tried again with the next change. */
export class DevLoop {
  private readonly changes = new PendingChanges();
  private readonly pods: Informer<Pod>;
  private readonly ending = new AbortController();
  /** The last version for which a pod's program was restarted: one that ends with it must not be ended again. */
  private readonly restarted = new Map<string, number>();
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly options: DevOptions) {
    const { client, logger, source: { namespace, pod, selector } } = options;
    const listOptions = pod === undefined
      ? { namespace, ...(selector && { labelSelector: selector.toString() }) }
      : { namespace, fieldSelector: `metadata.name=${pod}` };
    this.pods = createInformer(client.pods, { clock: systemClock, logger, listOptions });
    const look = (live: Live<Pod>): void => {
      const container = this.containerOf(live);
      if (container && this.changes.isNew(container.id)) this.enqueue(() => this.catchUp(performance.now()));
    };
    this.pods.on({ added: look, updated: look });
  }

  /** The pods are known. */
  get ready(): Promise<void> {
    return this.pods.synced;
  }

  /** Paths that were written, made or removed. */
  changed(paths: readonly string[]): void {
    const started = performance.now();
    this.enqueue(() => this.follow(paths, started));
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.pods.stop();
    await this.work;
  }

  /** One after the other, so that an older state of a file never overtakes a newer one. */
  private enqueue(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch((error: unknown) => {
      if (!this.ending.signal.aborted) this.options.print(`error: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  private async follow(paths: readonly string[], started: number): Promise<void> {
    if (paths.some((path) => this.options.isManifest?.(path))) await this.options.apply();
    const changes = paths.flatMap((path) => this.options.changeOf(path) ?? []);
    const rebuilt = changes.filter((change) => change.do === 'rebuild');
    for (const change of changes) if (change.do !== 'rebuild') this.changes.add(change);
    if (rebuilt.length > 0) return this.rebuild(rebuilt.map(({ path }) => path).join(', '), started);
    if (changes.length > 0) await this.catchUp(started);
  }

  private async rebuild(why: string, started: number): Promise<void> {
    const { version } = this.changes;
    const outcome = await this.options.rebuild();
    this.changes.built(version);
    this.options.print(`rebuild  ${why} → ${outcome}  ${elapsed(started)}`);
  }

  /** Brings each running container up to date, all at once. */
  private async catchUp(started: number): Promise<void> {
    const containers = this.pods.list().flatMap((pod) => this.containerOf(pod) ?? []);
    const outcomes = await Promise.allSettled(containers.map((container) => this.bring(container, started)));
    const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    for (const { message } of failed) if (!this.ending.signal.aborted) this.options.print(`error: ${message.replaceAll('\n', ' ')}`);
    const stuck = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    if (stuck.length > 0) await this.rebuild(`${[...new Set(stuck)].join(', ')} (no program that can be restarted in place)`, started);
  }

  /** Returns the paths that need more than this container can do. */
  private async bring(container: RunningContainer, started: number): Promise<string[]> {
    const { client, root, print } = this.options;
    const { signal } = this.ending;
    const { version } = this.changes;
    const edits = this.changes.lackedBy(container.id);
    if (edits.length > 0) {
      const files = edits.map(({ to, path }) => ({ path: to, source: join(root, path) }));
      await changeFiles(client, container.pod, container.name, files, signal);
      const commands = new Set(edits.flatMap((edit) => (edit.do === 'run' ? [edit.command] : [])));
      for (const command of commands) await runIn(client, container, command, signal);
      this.changes.followed(container.id, version);
      const restarts = edits.filter((edit) => edit.do === 'restart');
      if (restarts.length > 0 && !(await this.restart(container, restarts))) return restarts.map(({ path }) => path);
      for (const edit of edits) print(`${edit.do.padEnd(7)}  ${edit.path} → ${container.pod.name}:${edit.to}  ${elapsed(started)}`);
    }
    this.changes.followed(container.id, version);
    return [];
  }

  private async restart(container: RunningContainer, edits: readonly FileEdit[]): Promise<boolean> {
    const version = Math.max(...edits.map((edit) => edit.version));
    if (this.restarted.get(container.uid) === version) return false;
    this.restarted.set(container.uid, version);
    return restartIn(this.options.client, container, this.ending.signal);
  }

  private containerOf(pod: Live<Pod>): RunningContainer | undefined {
    return pod.metadata.deletionTimestamp === undefined ? runningContainer(pod, this.options.container) : undefined;
  }
}

function elapsed(started: number): string {
  return `${Math.round(performance.now() - started)} ms`;
}
