import { describe, expect, it } from 'vitest';
import { FakeClock } from '../clock';
import type { Journal, JournalEntry } from './journal';
import { JournaledStore, openMemoryStore } from './journaled-store';
import { Mvcc } from './mvcc';
import { CompactedError, StoreWriteError } from './store';
import type { Write } from './store';

const put = (key: string, value: string, ttlSeconds?: number): Write => ({ type: 'put', key, value: Buffer.from(value), ...(ttlSeconds && { ttlSeconds }) });

/** A journal whose batches wait to be let through or failed. */
class HeldJournal implements Journal {
  readonly batches: { entries: readonly JournalEntry[]; resolve(): void; reject(error: Error): void }[] = [];

  append(entries: readonly JournalEntry[]): Promise<void> {
    return new Promise((resolve, reject) => this.batches.push({ entries, resolve, reject }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async batch(n: number): Promise<HeldJournal['batches'][number]> {
    await expect.poll(() => this.batches.length).toBeGreaterThan(n);
    return this.batches[n]!;
  }
}

describe('a transaction on its way to the journal', () => {
  it('is compared with by later ones, and seen by nobody', async () => {
    const journal = new HeldJournal();
    const store = new JournaledStore(new Mvcc(), journal);
    const events: string[] = [];
    store.watch('/', {}, { events: (batch) => void events.push(...batch.map(({ type }) => type)), end() {} });
    const first = store.transact([{ key: '/a', modRevision: 0 }], [put('/a', '1')]);
    const second = store.transact([{ key: '/a', modRevision: 0 }], [put('/a', '2')]);
    const held = await journal.batch(0);
    expect((await store.get('/a')).kv).toBeUndefined();
    expect(await store.currentRevision()).toBe(1);
    expect(events).toEqual([]);
    held.resolve();
    expect(await first).toEqual({ succeeded: true, revision: 2 });
    expect(await second).toMatchObject({ succeeded: false, revision: 2, current: [{ modRevision: 2 }] });
    expect(events).toEqual(['put']);
    await store.close();
  });

  it('shares the next batch with all that arrive while one is written', async () => {
    const journal = new HeldJournal();
    const store = new JournaledStore(new Mvcc(), journal);
    const first = store.transact([], [put('/0', '0')]);
    const held = await journal.batch(0);
    const others = Array.from({ length: 10 }, (_, i) => store.transact([], [put(`/${i + 1}`, '1')]));
    held.resolve();
    const next = await journal.batch(1);
    expect(next.entries.map(({ revision }) => revision)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    next.resolve();
    await Promise.all([first, ...others]);
    await store.close();
  });

  it('takes down with it those that built on it, when it cannot be written; their revisions are given again', async () => {
    const journal = new HeldJournal();
    const store = new JournaledStore(new Mvcc(), journal);
    const first = store.transact([], [put('/a', '1')]);
    const held = await journal.batch(0);
    const second = store.transact([{ key: '/a', modRevision: 2 }], [put('/b', '1')]);
    const conflicting = store.transact([{ key: '/a', modRevision: 0 }], [put('/a', '2')]);
    held.reject(new Error('no space'));
    for (const failed of [first, second, conflicting]) await expect(failed).rejects.toBeInstanceOf(StoreWriteError);
    const retry = store.transact([{ key: '/a', modRevision: 0 }], [put('/a', '3')]);
    (await journal.batch(1)).resolve();
    expect(await retry).toEqual({ succeeded: true, revision: 2 });
    await store.close();
  });
});

describe('history', () => {
  it('is forgotten when it is older than what is kept', async () => {
    const clock = new FakeClock();
    const store = openMemoryStore({ clock, keepMilliseconds: 60_000 });
    const { revision } = await store.transact([], [put('/a', '1')]);
    await store.transact([], [put('/a', '2')]);
    await clock.advance(50_000);
    expect((await store.get('/a', { revision })).kv?.value.toString()).toBe('1');
    await clock.advance(30_000);
    await expect(store.get('/a', { revision })).rejects.toBeInstanceOf(CompactedError);
    expect((await store.get('/a')).kv?.value.toString()).toBe('2');
    await store.close();
  });

  it('is bounded in number', async () => {
    const store = openMemoryStore({ keepEvents: 100 });
    for (let i = 0; i < 300; i++) await store.transact([], [put('/a', String(i))]);
    await expect(store.get('/a', { revision: 150 })).rejects.toBeInstanceOf(CompactedError);
    expect((await store.get('/a', { revision: 280 })).kv?.value.toString()).toBe('278');
    await store.close();
  });
});

describe('a key with a time to live', () => {
  it('goes when its time is over, unless it was written again', async () => {
    const clock = new FakeClock();
    const store = openMemoryStore({ clock });
    await store.transact([], [put('/a', '1', 10), put('/b', '1', 10), put('/c', '1', 3600)]);
    await clock.advance(5000);
    await store.transact([], [put('/b', '2', 10)]);
    await clock.advance(5001);
    const keys = async () => (await store.range('/')).kvs.map(({ key }) => key);
    await expect.poll(keys).toEqual(['/b', '/c']);
    await clock.advance(5000);
    await expect.poll(keys).toEqual(['/c']);
    await clock.advance(4_000_000);
    await expect.poll(keys).toEqual([]);
    await store.close();
  });
});
