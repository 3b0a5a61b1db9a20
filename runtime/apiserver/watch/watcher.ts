import type { Status } from '../../api/kinds';
import { statusError } from '../../api/status';
import type { Clock } from '../../clock';
import type { Revision } from '../../store/store';
import type { Entry } from '../storage/entry';
import type { CacheEvent, CacheWatcher, ResourceCache } from '../storage/resource-cache';

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; entry: Entry; /** Absent for the initial state. */ source?: CacheEvent }
  | { type: 'BOOKMARK'; revision: Revision; initialEventsEnd: boolean }
  | { type: 'ERROR'; status: Status };

export interface WatchConsumer {
  /** Called with at least one event. May stop the watcher. */
  events(events: readonly WatchEvent[]): void;
  /** No more events follow. Not called after {@link Watcher.stop}. */
  end(): void;
}

export interface WatcherOptions {
  /** The state to begin with, each as ADDED; undefined: none. */
  initial?: readonly Entry[];
  /** Events after this revision. */
  from: Revision;
  matches?: (entry: Entry) => boolean;
  bookmarks: boolean;
  /** Send the bookmark that ends the initial events. */
  initialEventsEnd: boolean;
  timeoutMilliseconds: number;
}

const bookmarkMilliseconds = 60_000;
const bookmarkBeforeTimeout = 2_000;

/** One watch: events of a resource since a revision, filtered, with upstream's bookmarks and time limit. */
export class Watcher implements CacheWatcher {
  private readonly cancels: (() => void)[] = [];
  private cancelBookmark: (() => void) | undefined;
  private readonly deadline: number;
  private stopped = false;

  constructor(
    private readonly cache: ResourceCache,
    private readonly options: WatcherOptions,
    private readonly consumer: WatchConsumer,
    private readonly clock: Clock,
    /** The revision up to which everything has been delivered, whenever it is asked. */
    private readonly revision: () => Revision,
  ) {
    this.deadline = clock.now() + options.timeoutMilliseconds;
  }

  start(): void {
    const { from, initial, initialEventsEnd, bookmarks } = this.options;
    const missed = this.cache.watch(this, from);
    if (!missed) {
      this.consumer.events([{ type: 'ERROR', status: tooOld(from, this.cache.oldestWatchable) }]);
      this.stopped = true;
      this.consumer.end();
      return;
    }
    const first: WatchEvent[] = (initial ?? []).map((entry) => ({ type: 'ADDED', entry }));
    if (initialEventsEnd) first.push({ type: 'BOOKMARK', revision: this.revision(), initialEventsEnd: true });
    if (first.length > 0) this.consumer.events(first);
    if (!this.stopped && missed.length > 0) this.deliver(missed);
    if (this.stopped) return;
    this.cancels.push(this.clock.after(this.options.timeoutMilliseconds, () => this.finish()));
    if (bookmarks) this.scheduleBookmark();
  }

  deliver(events: readonly CacheEvent[]): void {
    if (this.stopped) return;
    const { from, matches } = this.options;
    const result: WatchEvent[] = [];
    for (const event of events) {
      if (event.revision <= from) continue;
      const seen = transition(event, matches);
      if (seen) result.push(seen);
    }
    if (result.length > 0) this.consumer.events(result);
  }

  lost(): void {
    this.finish();
  }

  /** Ends the watch from the consumer's side. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.cache.unwatch(this);
    this.cancelBookmark?.();
    for (const cancel of this.cancels) cancel();
  }

  private finish(): void {
    if (this.stopped) return;
    this.stop();
    this.consumer.end();
  }

  private scheduleBookmark(): void {
    const untilLast = this.deadline - bookmarkBeforeTimeout - this.clock.now();
    const wait = untilLast > 0 && untilLast < bookmarkMilliseconds ? untilLast : bookmarkMilliseconds;
    this.cancelBookmark = this.clock.after(wait, () => {
      this.consumer.events([{ type: 'BOOKMARK', revision: this.revision(), initialEventsEnd: false }]);
      if (!this.stopped) this.scheduleBookmark();
    });
  }
}

/** What a watcher with a selector sees of a change: objects come and go as they begin and cease to match. */
function transition(event: CacheEvent, matches: ((entry: Entry) => boolean) | undefined): WatchEvent | undefined {
  const { entry, previous } = event;
  const before = previous !== undefined && (!matches || matches(previous));
  if (event.type === 'delete') return before ? { type: 'DELETED', entry, source: event } : undefined;
  const now = !matches || matches(entry);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', entry, source: event };
  return before ? { type: 'DELETED', entry: event.departed, source: event } : undefined;
}

function tooOld(from: Revision, oldest: Revision): Status {
  return statusError('Expired', `too old resource version: ${from} (${oldest})`).status;
}
