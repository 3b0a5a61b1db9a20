import type { CoreV1Event, KubeObject, ObjectReference } from '../api/kinds';
import { isStatusError, StatusError } from '../api/status';
import { systemClock } from '../clock';
import type { Clock } from '../clock';
import { silentLogger } from '../log';
import type { Logger } from '../log';
import { pause } from './backoff';
import type { ResourceClient } from './client';
import { EventCorrelator } from './event-correlator';
import type { Correlated } from './event-correlator';
import type { Client } from './resource-client';

export interface EventRecorderOptions {
  client: Pick<Client, 'resource'>;
  /** `kubelet`, `default-scheduler`, … */
  component: string;
  /** Node of the component, if it has one. */
  host?: string;
  clock?: Clock;
  logger?: Logger;
}

/** Events that wait to be written; more are dropped. */
const mostQueued = 1000;
const tries = 12;
const retryMs = 10_000;

/**
 * Writes events about objects, in the background and in order: client-go's EventBroadcaster and EventCorrelator.
 * Repeated ones raise a count, similar ones are combined, a flood is cut off; nothing here throws.
 */
export class EventRecorder {
  private readonly events: ResourceClient<CoreV1Event>;
  private readonly correlator = new EventCorrelator();
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly stopping = new AbortController();
  private queue: CoreV1Event[] = [];
  private writing: Promise<void> | undefined;

  constructor(private readonly options: EventRecorderOptions) {
    this.events = options.client.resource<CoreV1Event>({ group: '', version: 'v1', resource: 'events', namespaced: true });
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? silentLogger;
  }

  /** Objects need their apiVersion and kind; those out of lists and informers may need `eventAbout` with a reference. */
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.eventAbout(referenceTo(object), type, reason, message, object.metadata.annotations);
  }

  eventAbout(involved: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string, annotations?: Record<string, string>): void {
    if (this.stopping.signal.aborted || this.queue.length >= mostQueued) return;
    this.queue.push(this.compose(involved, type, reason, message, annotations));
    this.writing ??= this.write();
  }

  /** Resolves when all that was recorded so far is written or given up. */
  async flush(): Promise<void> {
    await this.writing;
  }

  /** Drops what waits. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.queue = [];
    await this.writing;
  }

  private compose(involved: ObjectReference, type: string, reason: string, message: string, annotations?: Record<string, string>): CoreV1Event {
    const { component, host } = this.options;
    const now = this.clock.now();
    const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
    const namespace = involved.namespace || 'default';
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName(involved.name ?? '', now), namespace, ...(annotations && Object.keys(annotations).length > 0 && { annotations }) },
      involvedObject: involved,
      reason,
      message,
      type,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component, ...(host && { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  private async write(): Promise<void> {
    // Not before `writing` is set, which the end of this takes back.
    await Promise.resolve();
    for (let event = this.queue.shift(); event; event = this.queue.shift()) {
      const correlated = this.correlator.correlate(event, this.clock.now());
      if (correlated) await this.deliver(correlated);
    }
    this.writing = undefined;
  }

  /** What the server refuses is given up; while it cannot be reached, the same is tried again for two minutes. */
  private async deliver(correlated: Correlated): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const written = await this.send(correlated);
        const { name, resourceVersion } = written.metadata;
        const { count = 1, firstTimestamp = '' } = written;
        this.correlator.remember(correlated.key, { name, resourceVersion, count, firstTimestamp });
        return;
      } catch (error) {
        const refused = error instanceof StatusError && error.code < 500 && error.code !== 429;
        if (refused && isStatusError(error, 'AlreadyExists')) return;
        if (refused || attempt === tries || this.stopping.signal.aborted) {
          this.logger.warn({ reason: correlated.event.reason, error: error instanceof Error ? error.message : String(error) }, 'event not written');
          return;
        }
        await pause(this.clock, retryMs * (attempt === 1 ? Math.random() : 1), this.stopping.signal);
        if (this.stopping.signal.aborted) return;
      }
    }
  }

  private async send({ event, previous }: Correlated) {
    if (previous) {
      const { count, lastTimestamp, message } = event;
      try {
        return await this.events.patch(previous.name, event.metadata.namespace, 'strategic', { count, lastTimestamp, message });
      } catch (error) {
        // It has expired since: told afresh, with its count.
        if (!isStatusError(error, 'NotFound')) throw error;
      }
    }
    return this.events.create(event);
  }
}

/** A name that nobody else makes: the object's and the time in hexadecimal, as client-go's; counted up within a microsecond. */
function eventName(object: string, now: number): string {
  lastStamp = Math.max(lastStamp + 1, now * 1000);
  return `${object}.${(BigInt(lastStamp) * 1000n).toString(16)}`;
}
let lastStamp = 0;

function referenceTo({ apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } }: KubeObject): ObjectReference {
  return {
    ...(apiVersion && { apiVersion }), ...(kind && { kind }), ...(name && { name }), ...(namespace && { namespace }),
    ...(uid && { uid }), ...(resourceVersion && { resourceVersion }),
  };
}
