import { describe, expect, it } from 'vitest';
import { FakeClock } from '../clock';
import { silentLogger } from '../log';
import { ReconcileLoop } from './reconcile-loop';
import { runWorkers, WorkQueue } from './work-queue';

describe('WorkQueue', () => {
  it('holds an item once, in the order of its first adding', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).toBe(3);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c']);
  });

  it('gives an item that is added while it is worked on again when it is done', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    queue.add('a');
    await queue.take();
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.take()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('gives waiting takers what is added, in their order', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    const takes = [queue.take(), queue.take()];
    queue.add('a');
    queue.add('b');
    expect(await Promise.all(takes)).toEqual(['a', 'b']);
  });

  it('adds later, and sooner when it is asked for sooner', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter('a', 1000);
    queue.addAfter('a', 500);
    queue.addAfter('a', 2000);
    await clock.advance(499);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
    await queue.take();
    queue.done('a');
    await clock.advance(5000);
    expect(queue.length).toBe(0);
  });

  it('doubles an item\'s wait from 5 ms to 1000 s until it is forgotten', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock, ratePerSecond: 1e6, burst: 1e6 });
    for (let failures = 0; failures < 20; failures++) {
      const wait = Math.min(5 * 2 ** failures, 1_000_000);
      queue.addRateLimited('a');
      await clock.advance(wait - 1);
      expect(queue.length).toBe(0);
      await clock.advance(1);
      expect(queue.length).toBe(1);
      queue.done((await queue.take())!);
    }
    expect(queue.numRequeues('a')).toBe(20);
    queue.forget('a');
    queue.addRateLimited('a');
    await clock.advance(5);
    expect(queue.length).toBe(1);
  });

  it('lets a burst of a hundred retries through, then ten a second', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue<number>({ clock });
    for (let i = 0; i < 120; i++) queue.addRateLimited(i);
    await clock.advance(5);
    expect(queue.length).toBe(100);
    await clock.advance(1000);
    expect(queue.length).toBe(110);
    await clock.advance(1000);
    expect(queue.length).toBe(120);
  });

  it('shut down, gives what it holds, then undefined, and takes nothing new', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.add('a');
    queue.addAfter('b', 10);
    queue.shutDown();
    queue.add('c');
    await clock.advance(100);
    expect([await queue.take(), await queue.take()]).toEqual(['a', undefined]);
  });
});

describe('runWorkers', () => {
  it('never works on one item twice at a time', async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    const busy = new Set<string>();
    let worked = 0;
    let most = 0;
    const running = runWorkers(queue, 4, async (key) => {
      expect(busy.has(key)).toBe(false);
      busy.add(key);
      most = Math.max(most, busy.size);
      await new Promise((resolve) => setImmediate(resolve));
      busy.delete(key);
      worked++;
    });
    for (let i = 0; i < 200; i++) {
      queue.add(`k${i % 6}`);
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    queue.shutDown();
    await running;
    expect(most).toBe(4);
    expect(worked).toBeGreaterThan(20);
  });
});

describe('ReconcileLoop', () => {
  it('tries a failed key again later, and comes back when asked to', async () => {
    const clock = new FakeClock();
    const calls: number[] = [];
    const loop = new ReconcileLoop({
      name: 'test', clock, logger: silentLogger,
      reconcile: () => {
        calls.push(clock.now());
        if (calls.length < 3) return Promise.reject(new Error('not yet'));
        return Promise.resolve(calls.length === 3 ? { requeueAfterMs: 60_000 } : undefined);
      },
    });
    const start = clock.now();
    loop.enqueue('a');
    await clock.advance(1000);
    expect(calls.map((at) => at - start)).toEqual([0, 5, 15]);
    await clock.advance(120_000);
    expect(calls.slice(3).map((at) => at - start)).toEqual([60_015]);
    await loop.stop();
  });

  it('begins after what it waits for, and stops although that never comes', async () => {
    const clock = new FakeClock();
    const keys: string[] = [];
    let ready: () => void = () => {};
    const after = new Promise<void>((resolve) => (ready = resolve));
    const reconcile = (key: string) => Promise.resolve(void keys.push(key));
    const loop = new ReconcileLoop({ name: 'test', clock, logger: silentLogger, after, reconcile });
    const never = new ReconcileLoop({ name: 'test', clock, logger: silentLogger, after: new Promise(() => {}), reconcile });
    loop.enqueue('a');
    never.enqueue('b');
    await clock.advance(0);
    expect(keys).toEqual([]);
    ready();
    await clock.advance(0);
    expect(keys).toEqual(['a']);
    await Promise.all([loop.stop(), never.stop()]);
  });
});
