import type { Live, UntypedObject } from '../../../runtime/api/kinds';
import { isStatusError } from '../../../runtime/api/status';
import { Backoff, pause } from '../../../runtime/client/backoff';
import type { Informer } from '../../../runtime/client/client';
import { createInformer } from '../../../runtime/client/informer';
import { Client, type Resource } from '../../../runtime/client/resource-client';
import type { Clock } from '../../../runtime/clock';
import type { Logger } from '../../../runtime/log';
import type { Need } from './need';
import { planWatches, type PlannedWatch } from './plan';
import { metadataTrims, trim } from './trim';
import { matchingClient } from './matching-client';
import { metadataTransport } from './metadata-transport';

export type LiveObject = Live<UntypedObject>;

export interface WatchesOptions {
  client: Client;
  clock: Clock;
  logger: Logger;
  /** Something that is watched has changed, or is known now. */
  changed(): void;
}

/** A watch outlives its last need by so much: documents are opened again, and names typed letter by letter. */
const lingerMs = 10_000;

/** Watches what is needed and nothing else. */
export class Watches {
  private readonly running = new Map<string, RunningWatch>();
  private byNeed = new Map<string, RunningWatch>();
  /** What served a need before its watch was planned anew, while that one isn't synced. */
  private before = new Map<string, RunningWatch>();
  private stopped = false;

  constructor(private readonly options: WatchesOptions) {}

  /** How many lists are kept up to date. */
  get size(): number {
    return this.running.size;
  }

  /** From now on these are needed, and no others. */
  require(needs: Iterable<Need>): void {
    if (this.stopped) return;
    const plan = planWatches(needs);
    const wanted = new Set(plan.map(({ id }) => id));
    const byNeed = new Map<string, RunningWatch>();
    for (const planned of plan) {
      const watch = this.start(planned);
      for (const { id } of planned.needs) byNeed.set(id, watch);
    }
    this.replace(byNeed);
    for (const [id, watch] of this.running) if (!wanted.has(id)) this.release(id, watch);
  }

  /** What there is of a need; undefined while that is not known. */
  find(need: Need): LiveObject[] | undefined {
    const watch = [this.byNeed.get(need.id), this.before.get(need.id)].find((candidate) => candidate?.synced);
    return watch?.list(need);
  }

  stop(): void {
    this.stopped = true;
    for (const watch of this.running.values()) watch.stop();
    this.running.clear();
    this.byNeed.clear();
    this.before.clear();
  }

  private replace(byNeed: Map<string, RunningWatch>): void {
    const before = new Map<string, RunningWatch>();
    for (const [id, watch] of byNeed) {
      const old = [this.byNeed.get(id), this.before.get(id)].find((candidate) => candidate?.synced);
      if (old && !watch.synced) before.set(id, old);
    }
    this.byNeed = byNeed;
    this.before = before;
  }

  private start(planned: PlannedWatch): RunningWatch {
    const known = this.running.get(planned.id);
    if (known) {
      known.keep();
      return known;
    }
    const watch = new RunningWatch(planned, this.options);
    this.running.set(planned.id, watch);
    return watch;
  }

  private release(id: string, watch: RunningWatch): void {
    watch.stopAfter(lingerMs, () => this.running.delete(id));
  }
}

/** One informer, once the cluster has said which resource it is for. */
class RunningWatch {
  informer: Informer<UntypedObject> | undefined;
  private readonly stopping = new AbortController();
  private cancelStop: (() => void) | undefined;

  constructor(
    private readonly planned: PlannedWatch,
    private readonly options: WatchesOptions,
  ) {
    void this.start();
  }

  get synced(): boolean {
    return !this.stopping.signal.aborted && (this.informer?.hasSynced ?? false);
  }

  /** What the need is about, of what is watched. */
  list(need: Need): LiveObject[] | undefined {
    const all = this.informer?.list(need.namespace);
    return this.planned.needs.length === 1 ? all : all?.filter((object) => need.matches(object));
  }

  keep(): void {
    this.cancelStop?.();
    this.cancelStop = undefined;
  }

  stopAfter(milliseconds: number, stopped: () => void): void {
    this.cancelStop ??= this.options.clock.after(milliseconds, () => {
      this.stop();
      stopped();
    });
  }

  stop(): void {
    this.keep();
    this.stopping.abort();
    this.informer?.stop();
  }

  private async start(): Promise<void> {
    const resource = await this.resource();
    if (!resource || this.stopping.signal.aborted) return;
    const { client, clock, logger, changed } = this.options;
    const { matches, trim: name, options: listOptions } = this.planned;
    const source = metadataTrims.has(name) ? new Client(metadataTransport(client.transport)) : client;
    const reader = matchingClient(source.resource<UntypedObject>(resource), matches);
    this.informer = createInformer(reader, { clock, logger, listOptions, transform: (object) => trim(object, name) });
    this.informer.on({ added: changed, updated: changed, deleted: changed });
    void this.informer.synced.then(changed);
  }

  /** Asks again and again: a kind that isn't served may be so once its CRD is there. Undefined when stopped. */
  private async resource(): Promise<Resource | undefined> {
    const { resource } = this.planned;
    if (!('kind' in resource)) return resource;
    const { client, clock, logger } = this.options;
    const { signal } = this.stopping;
    const backoff = new Backoff(clock, { initialMs: 2000, maxMs: 60_000, factor: 2, jitter: 0.5, resetMs: 600_000 });
    while (!signal.aborted) {
      try {
        return await client.resourceFor(resource);
      } catch (error) {
        const { kind, apiVersion } = resource;
        if (!isStatusError(error, 'NotFound'))
          logger.debug({ kind, apiVersion, error: String(error) }, 'discovery failed');
        await pause(clock, backoff.step(), signal);
      }
    }
    return undefined;
  }
}
