import type { KubeList, KubeObject, Live } from '../api/kinds';
import { isStatusError } from '../api/status';
import type { Clock } from '../clock';
import type { Logger } from '../log';
import { Backoff, pause } from './backoff';
import type { ListOptions, ResourceClient } from './client';
import { ConnectionError } from './response-error';

export interface ReflectorOptions {
  clock: Clock;
  logger: Logger;
  listOptions?: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  /** Objects as they are kept: what nobody reads can be left out. Not to be changed in place. */
  transform?: (object: object) => object;
  /** Reads the first list page by page and delivers each page as it comes: something can be shown long before all is there. */
  byPages?: boolean;
  /** Hears each failure of a list or a watch; it is tried again whatever this does, unless the informer is stopped. */
  onError?: (error: unknown) => void;
}

export interface ReflectorSink<T extends KubeObject> {
  /** Some of the objects of a list that is on its way. */
  page(items: readonly Live<T>[]): void;
  replace(items: readonly Live<T>[]): void;
  upsert(object: Live<T>): void;
  deleted(object: Live<T>): void;
}

const pageSize = 500;
/** A watch lasts between this and twice this, so that clients spread over servers. */
const minWatchSeconds = 300;
/** A watch that ends sooner without an event is a server in trouble. */
const shortWatchMs = 1000;

/** Lists, then watches, for ever: client-go's Reflector (tools/cache/reflector.go). */
export class Reflector<T extends KubeObject> {
  private readonly stopping = new AbortController();
  private readonly backoff: Backoff;
  private lastVersion = '';
  /** The server has forgotten the last version (or never had it): list from its newest state. */
  private versionLost = false;

  constructor(
    private readonly client: ResourceClient<T>,
    private readonly options: ReflectorOptions,
    private readonly sink: ReflectorSink<T>,
  ) {
    this.backoff = new Backoff(options.clock, { initialMs: 800, maxMs: 30_000, factor: 2, jitter: 1, resetMs: 120_000 });
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.list();
        await this.watchUntilLost();
      } catch (error) {
        if (this.stopped) return;
        this.note(error, 'list failed');
        await this.wait(error);
      }
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async list(): Promise<void> {
    const newest = this.versionLost || (this.options.byPages && !this.lastVersion);
    const resourceVersion = newest ? '' : this.lastVersion || '0';
    try {
      const { items, resourceVersion: listed } = await this.pages(resourceVersion);
      if (this.stopped) return;
      this.versionLost = false;
      this.lastVersion = listed;
      this.sink.replace(items);
    } catch (error) {
      if (isLost(error) || isTooLarge(error)) this.versionLost = true;
      throw error;
    }
  }

  private async pages(resourceVersion: string): Promise<{ items: Live<T>[]; resourceVersion: string }> {
    const all = { ...this.options.listOptions, ...(resourceVersion && { resourceVersion }) };
    // A list at a known version is served whole by the watch cache; pages would read around it.
    const paged = resourceVersion === '' || resourceVersion === '0';
    let page = await this.client.list(paged ? { ...all, limit: pageSize } : all);
    const items = this.received(page);
    for (let token = page.metadata.continue; token && !this.stopped; token = page.metadata.continue) {
      const next: KubeList<Live<T>> | undefined = await this.page(token);
      if (!next) {
        page = await this.client.list(all);
        return { items: this.received(page), resourceVersion: page.metadata.resourceVersion ?? '' };
      }
      page = next;
      for (const item of this.received(page)) items.push(item);
    }
    return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
  }

  private received({ items }: KubeList<Live<T>>): Live<T>[] {
    const kept = items.map((item) => this.kept(item));
    if (this.options.byPages && !this.stopped) this.sink.page(kept);
    return kept;
  }

  private kept(object: Live<T>): Live<T> {
    return this.options.transform ? (this.options.transform(object) as Live<T>) : object;
  }

  /** Undefined when the list has outlived its token: then the whole is asked for at once. */
  private async page(token: string): Promise<KubeList<Live<T>> | undefined> {
    try {
      return await this.client.list({ ...this.options.listOptions, limit: pageSize, continue: token });
    } catch (error) {
      if (isLost(error)) return undefined;
      throw error;
    }
  }

  /** Watches follow each other until one tells that its version is gone, or fails in a way that only a list mends. */
  private async watchUntilLost(): Promise<void> {
    while (!this.stopped) {
      const began = this.options.clock.now();
      try {
        const events = await this.watch();
        if (events === 0 && this.options.clock.now() - began < shortWatchMs) await this.wait(undefined);
      } catch (error) {
        if (this.stopped) return;
        if (isLost(error)) {
          this.versionLost = true;
          return;
        }
        this.note(error, 'watch failed');
        await this.wait(error);
        if (!(error instanceof ConnectionError) && !isStatusError(error, 'TooManyRequests')) return;
      }
    }
  }

  private async watch(): Promise<number> {
    const timeoutSeconds = Math.floor(minWatchSeconds * (1 + Math.random()));
    const { signal } = this.stopping;
    let events = 0;
    const watched = this.client.watch({
      ...this.options.listOptions, resourceVersion: this.lastVersion, allowWatchBookmarks: true, timeoutSeconds, signal,
    });
    for await (const { type, object } of watched) {
      if (this.stopped) break;
      events++;
      this.lastVersion = object.metadata.resourceVersion;
      if (type === 'DELETED') this.sink.deleted(this.kept(object));
      else if (type !== 'BOOKMARK') this.sink.upsert(this.kept(object));
    }
    return events;
  }

  private wait(error: unknown): Promise<void> {
    const asked = isStatusError(error) ? (error.status.details?.retryAfterSeconds ?? 0) * 1000 : 0;
    return pause(this.options.clock, Math.max(asked, this.backoff.step()), this.stopping.signal);
  }

  private note(error: unknown, message: string): void {
    const { resource } = this.client.resource;
    this.options.logger.warn({ resource, error: error instanceof Error ? error.message : String(error) }, message);
    this.options.onError?.(error);
  }
}

function isLost(error: unknown): boolean {
  return isStatusError(error, 'Expired') || isStatusError(error, 'Gone');
}

/** The server's cache has not come as far as our version: after a restore of an older state it never will. */
function isTooLarge(error: unknown): boolean {
  return isStatusError(error, 'Timeout') && (error.status.details?.causes ?? []).some(({ reason }) => reason === 'ResourceVersionTooLarge');
}
