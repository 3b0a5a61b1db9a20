import { describe, expect, it } from 'vitest';
import type { CoreV1Event, Live, Pod } from '../api/kinds';
import { errors } from '../api/status';
import { FakeClock } from '../clock';
import { EventRecorder } from './events';
import { ConnectionError } from './response-error';
import { retryOnConflict } from './retry';

const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '7' } };

/** Keeps events as the API server would. */
class FakeEvents {
  readonly stored = new Map<string, Live<CoreV1Event>>();
  readonly calls: string[] = [];
  failures: unknown[] = [];

  readonly client = {
    resource: () => ({
      create: (event: CoreV1Event) => this.answer('create', () => {
        const live = { ...event, metadata: { ...event.metadata, uid: 'x', resourceVersion: '1', creationTimestamp: '' } } as Live<CoreV1Event>;
        this.stored.set(live.metadata.name, live);
        return live;
      }),
      patch: (name: string, _namespace: string, _type: string, patch: Partial<CoreV1Event>) => this.answer('patch', () => {
        const found = this.stored.get(name);
        if (!found) throw errors.notFound({ kind: 'events', name });
        const live: Live<CoreV1Event> = { ...found, ...patch, metadata: found.metadata };
        this.stored.set(name, live);
        return live;
      }),
    }),
  } as unknown as ConstructorParameters<typeof EventRecorder>[0]['client'];

  get list(): string[] {
    return [...this.stored.values()].map(({ reason, message, count }) => `${reason}: ${message} x${count}`);
  }

  private async answer<R>(call: string, run: () => R): Promise<R> {
    this.calls.push(call);
    const failure = this.failures.shift();
    if (failure) throw failure;
    return run();
  }
}

function recorder(): { events: FakeEvents; recorder: EventRecorder; clock: FakeClock } {
  const events = new FakeEvents();
  const clock = new FakeClock();
  return { events, clock, recorder: new EventRecorder({ client: events.client, component: 'kubelet', host: 'n1', clock }) };
}

describe('an event recorder', () => {
  it('writes what client-go writes', async () => {
    const { events, recorder: r, clock } = recorder();
    r.event(pod, 'Warning', 'Failed', 'it failed');
    await r.flush();
    const [event] = [...events.stored.values()];
    const time = new Date(clock.now()).toISOString().replace('.000', '');
    expect(event).toMatchObject({
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '7' },
      metadata: { namespace: 'shop', name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
      type: 'Warning', reason: 'Failed', message: 'it failed', count: 1, firstTimestamp: time, lastTimestamp: time,
      source: { component: 'kubelet', host: 'n1' }, reportingComponent: 'kubelet', reportingInstance: 'n1',
    });
  });

  it('counts a repeated event up by a patch', async () => {
    const { events, recorder: r, clock } = recorder();
    for (let i = 0; i < 3; i++) {
      r.event(pod, 'Normal', 'Pulled', 'pulled');
      await r.flush();
      await clock.advance(1000);
    }
    expect(events.list).toEqual(['Pulled: pulled x3']);
    expect(events.calls).toEqual(['create', 'patch', 'patch']);
    const [event] = [...events.stored.values()];
    expect(Date.parse(event!.lastTimestamp!) - Date.parse(event!.firstTimestamp!)).toBe(2000);
  });

  it('makes an event that has expired anew', async () => {
    const { events, recorder: r } = recorder();
    r.event(pod, 'Normal', 'Pulled', 'pulled');
    await r.flush();
    events.stored.clear();
    r.event(pod, 'Normal', 'Pulled', 'pulled');
    await r.flush();
    expect(events.list).toEqual(['Pulled: pulled x2']);
  });

  it('combines similar events from the tenth on', async () => {
    const { events, recorder: r } = recorder();
    for (let i = 1; i <= 12; i++) r.event(pod, 'Warning', 'Unhealthy', `probe ${i}`);
    await r.flush();
    expect(events.list.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, i) => `Unhealthy: probe ${i + 1} x1`));
    expect(events.list.slice(9)).toEqual(['Unhealthy: (combined from similar events): probe 12 x3']);
  });

  it('lets 25 events about an object through, then one in five minutes', async () => {
    const { events, recorder: r, clock } = recorder();
    for (let i = 0; i < 40; i++) r.event(pod, 'Normal', `Reason${i}`, 'm');
    r.event({ ...pod, metadata: { ...pod.metadata, uid: 'other' } }, 'Normal', 'Other', 'm');
    await r.flush();
    expect(events.stored.size).toBe(26);
    await clock.advance(300_000);
    r.event(pod, 'Normal', 'Later', 'm');
    r.event(pod, 'Normal', 'TooMuch', 'm');
    await r.flush();
    expect(events.list.slice(26)).toEqual(['Later: m x1']);
  });

  it('tries again while the server is away, in order, and gives up what it refuses', async () => {
    const { events, recorder: r, clock } = recorder();
    events.failures = [new ConnectionError('x', new Error('refused')), new ConnectionError('x', new Error('refused'))];
    r.event(pod, 'Normal', 'One', 'm');
    r.event(pod, 'Normal', 'Two', 'm');
    await clock.advance(30_000);
    expect(events.list).toEqual(['One: m x1', 'Two: m x1']);
    events.failures = [errors.forbidden({ kind: 'events' }, 'namespace is being terminated')];
    r.event(pod, 'Normal', 'Three', 'm');
    r.event(pod, 'Normal', 'Four', 'm');
    await r.flush();
    expect(events.list.slice(2)).toEqual(['Four: m x1']);
  });

  it('drops what it cannot hold', async () => {
    const { events, recorder: r } = recorder();
    for (let i = 0; i < 5000; i++) r.event({ ...pod, metadata: { ...pod.metadata, uid: String(i) } }, 'Normal', 'R', 'm');
    await r.flush();
    expect(events.stored.size).toBe(1000);
  });

  it('stops with what waits unwritten', async () => {
    const { events, recorder: r } = recorder();
    events.failures = [new ConnectionError('x', new Error('refused'))];
    r.event(pod, 'Normal', 'One', 'm');
    r.event(pod, 'Normal', 'Two', 'm');
    await new Promise((resolve) => setImmediate(resolve));
    await r.stop();
    r.event(pod, 'Normal', 'Three', 'm');
    expect(events.stored.size).toBe(0);
  });
});

describe('retryOnConflict', () => {
  const conflict = errors.modified({ kind: 'pods', name: 'web' });

  it('runs again after a conflict, five times at most', async () => {
    let runs = 0;
    expect(await retryOnConflict(() => (++runs < 3 ? Promise.reject(conflict) : Promise.resolve('done')))).toBe('done');
    runs = 0;
    await expect(retryOnConflict(() => Promise.reject((runs++, conflict)))).rejects.toBe(conflict);
    expect(runs).toBe(5);
  });

  it('lets other errors through at once', async () => {
    let runs = 0;
    await expect(retryOnConflict(() => Promise.reject((runs++, errors.notFound({ kind: 'pods', name: 'x' }))))).rejects.toMatchObject({ reason: 'NotFound' });
    expect(runs).toBe(1);
  });
});
