import type { CoreV1Event } from '../api/kinds';

/** How client-go's EventCorrelator folds events (tools/record/events_cache.go), with its default figures. */
const figures = {
  cacheSize: 4096,
  /** Similar events (all but the message alike) within the interval before they are told as one. */
  maxSimilar: 10,
  similarIntervalMs: 600_000,
  /** Events about one object from one source: a burst, then one in five minutes. */
  spamBurst: 25,
  spamPerSecond: 1 / 300,
};

interface Similar {
  messages: Set<string>;
  last: number;
}

/** What was last sent of an event. */
export interface Recorded {
  name: string;
  resourceVersion: string;
  count: number;
  firstTimestamp: string;
}

export interface Correlated {
  event: CoreV1Event;
  /** Under what to remember it once it is written. */
  key: string;
  /** It was sent before: its count goes up by a patch. */
  previous?: Recorded;
}

export class EventCorrelator {
  private readonly spam = new Cache<{ tokens: number; at: number }>(figures.cacheSize);
  private readonly similar = new Cache<Similar>(figures.cacheSize);
  private readonly recorded = new Cache<Recorded>(figures.cacheSize);

  /** The event as it is to be sent, or undefined when its source talks too much. */
  correlate(event: CoreV1Event, now: number): Correlated | undefined {
    const { event: told, key } = this.aggregate(event, now);
    if (this.isSpam(event, now)) return undefined;
    const previous = this.recorded.get(key);
    if (!previous) return { event: told, key };
    return { event: { ...told, count: previous.count + 1, firstTimestamp: previous.firstTimestamp }, key, previous };
  }

  remember(key: string, recorded: Recorded): void {
    this.recorded.set(key, recorded);
  }

  private isSpam({ source, involvedObject }: CoreV1Event, now: number): boolean {
    const { kind, namespace, name, uid, apiVersion } = involvedObject;
    const key = [source?.component, source?.host, kind, namespace, name, uid, apiVersion].join('\0');
    const bucket = this.spam.get(key) ?? { tokens: figures.spamBurst, at: now };
    const tokens = Math.min(figures.spamBurst, bucket.tokens + ((now - bucket.at) * figures.spamPerSecond) / 1000);
    const spam = tokens < 1;
    this.spam.set(key, { tokens: spam ? tokens : tokens - 1, at: now });
    return spam;
  }

  /** From the tenth similar message on, one event stands for all of them. */
  private aggregate(event: CoreV1Event, now: number): { event: CoreV1Event; key: string } {
    const { source, involvedObject: o, type, reason, message = '', reportingComponent, reportingInstance } = event;
    const group = [
      source?.component, source?.host, o.kind, o.namespace, o.name, o.uid, o.apiVersion, type, reason, reportingComponent, reportingInstance,
    ].join('\0');
    const whole = [
      source?.component, source?.host, o.kind, o.namespace, o.name, o.fieldPath, o.uid, o.apiVersion, type, reason, message,
    ].join('\0');
    const known = this.similar.get(group);
    const similar = known && now - known.last <= figures.similarIntervalMs ? known : { messages: new Set<string>(), last: now };
    similar.last = now;
    similar.messages.add(message);
    this.similar.set(group, similar);
    if (similar.messages.size < figures.maxSimilar) return { event, key: whole };
    // The set need not grow on: any of its members will do.
    const oldest = similar.messages.values().next().value;
    if (oldest !== undefined && oldest !== message) similar.messages.delete(oldest);
    return { event: { ...event, message: `(combined from similar events): ${message}` }, key: group };
  }
}

/** The least recently used entries go first. */
class Cache<V> {
  private readonly entries = new Map<string, V>();

  constructor(private readonly limit: number) {}

  get(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.limit) this.entries.delete(this.entries.keys().next().value!);
  }
}
