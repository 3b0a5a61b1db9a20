import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompactedError, FutureRevisionError, StoreClosedError } from '../../runtime/store/store';
import type { KeyValue, Revision, Store, StoreEvent, Watch, Write } from '../../runtime/store/store';

export const put = (key: string, value: string, ttlSeconds?: number): Write => ({
  type: 'put', key, value: Buffer.from(value), ...(ttlSeconds && { ttlSeconds }),
});
export const del = (key: string): Write => ({ type: 'delete', key });
const text = (kv: KeyValue | undefined) => kv?.value.toString();
const names = (kvs: readonly KeyValue[]) => kvs.map(({ key }) => key);

/** A watch's events as they came. */
export class Recording {
  readonly events: StoreEvent[] = [];
  readonly revisions: Revision[] = [];
  ended: Error | undefined;
  readonly watch: Watch;

  constructor(store: Store, prefix: string, from?: Revision) {
    this.watch = store.watch(prefix, from === undefined ? {} : { from }, {
      events: (events, revision) => {
        this.events.push(...events);
        this.revisions.push(revision);
      },
      end: (error) => (this.ended = error),
    });
  }

  /** One line an event: `put a=1@5 (was 0)`. */
  get lines(): string[] {
    return this.events.map((event) => {
      const was = event.previous ? ` (was ${text(event.previous)})` : '';
      return event.type === 'put' ? `put ${event.kv.key}=${text(event.kv)}${was}` : `delete ${event.key}${was}`;
    });
  }

  async until(done: (recording: Recording) => boolean, milliseconds = 10_000): Promise<void> {
    const end = Date.now() + milliseconds;
    while (!done(this)) {
      if (Date.now() > end) throw new Error(`waited in vain; got ${this.lines.slice(-10).join(', ')} ${this.ended ?? ''}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

export async function write(store: Store, ...writes: Write[]): Promise<Revision> {
  const result = await store.transact([], writes);
  expect(result.succeeded).toBe(true);
  return result.revision;
}

/** What every store promises. Each test works below a folder of its own, so that one store serves all. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    let counter = 0;
    const folder = () => `/t${++counter}/`;

    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    it('creates, reads, overwrites and deletes a key', async () => {
      const key = `${folder()}a`;
      const created = await write(store, put(key, '1'));
      expect((await store.get(key)).kv).toMatchObject({ key, createRevision: created, modRevision: created, version: 1 });
      const updated = await write(store, put(key, '2'));
      expect(updated).toBe(created + 1);
      expect((await store.get(key)).kv).toMatchObject({ createRevision: created, modRevision: updated, version: 2 });
      await write(store, del(key));
      expect((await store.get(key)).kv).toBeUndefined();
      const again = await write(store, put(key, '3'));
      expect((await store.get(key)).kv).toMatchObject({ createRevision: again, modRevision: again, version: 1 });
    });

    it('writes nothing when one of several guards fails, and tells what the keys are', async () => {
      const f = folder();
      const revision = await write(store, put(`${f}a`, '1'));
      const result = await store.transact(
        [{ key: `${f}a`, modRevision: revision }, { key: `${f}b`, modRevision: 99 }],
        [put(`${f}a`, '2'), put(`${f}c`, '2')],
      );
      expect(result).toMatchObject({ succeeded: false, revision, current: [{ modRevision: revision }, undefined] });
      expect((await store.range(f)).kvs.map(text)).toEqual(['1']);
    });

    it('takes modRevision 0 to mean that the key does not exist', async () => {
      const key = `${folder()}a`;
      expect((await store.transact([{ key, modRevision: 0 }], [put(key, '1')])).succeeded).toBe(true);
      expect((await store.transact([{ key, modRevision: 0 }], [put(key, '2')])).succeeded).toBe(false);
      await write(store, del(key));
      expect((await store.transact([{ key, modRevision: 0 }], [put(key, '3')])).succeeded).toBe(true);
    });

    it('gives all writes of a transaction one revision', async () => {
      const f = folder();
      const revision = await write(store, put(`${f}a`, '1'), put(`${f}b`, '1'));
      expect((await store.range(f)).kvs.map((kv) => kv.modRevision)).toEqual([revision, revision]);
    });

    it('does not count a transaction that changes nothing', async () => {
      const f = folder();
      const before = await write(store, put(`${f}a`, '1'));
      expect(await write(store, del(`${f}missing`))).toBe(before);
      expect(await store.currentRevision()).toBe(before);
    });

    it('refuses to write one key twice in a transaction', async () => {
      const key = `${folder()}a`;
      await expect(store.transact([], [put(key, '1'), put(key, '2')])).rejects.toThrow('duplicate key');
    });

    it('ranges in byte order of UTF-8, not in that of UTF-16', async () => {
      const f = folder();
      const keys = ['a', 'a/b', 'a0', 'B', 'é', '\u{ff5e}', '\u{1f600}'].map((key) => f + key);
      for (const key of [...keys].reverse()) await write(store, put(key, '1'));
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(names((await store.range(f)).kvs)).toEqual(sorted);
      expect(sorted.at(-1)).toBe(`${f}\u{1f600}`);
    });

    it('takes a prefix to the letter', async () => {
      const f = folder();
      await write(store, put(`${f}pods/a`, '1'), put(`${f}pods`, '1'), put(`${f}podsx`, '1'), put(`${f}poda`, '1'));
      expect(names((await store.range(`${f}pods/`)).kvs)).toEqual([`${f}pods/a`]);
      expect(names((await store.range(`${f}pods`)).kvs)).toEqual([`${f}pods`, `${f}pods/a`, `${f}podsx`]);
    });

    it('pages with limit and after, counting the whole', async () => {
      const f = folder();
      for (let i = 0; i < 7; i++) await write(store, put(`${f}${i}`, String(i)));
      const first = await store.range(f, { limit: 3 });
      expect(first).toMatchObject({ more: true, count: 7 });
      await write(store, put(`${f}35`, 'late'), del(`${f}4`));
      const second = await store.range(f, { limit: 3, after: first.kvs.at(-1)!.key, revision: first.revision });
      expect(second.kvs.map(text)).toEqual(['3', '4', '5']);
      expect(second).toMatchObject({ more: true, count: 7, revision: first.revision });
      const third = await store.range(f, { limit: 3, after: second.kvs.at(-1)!.key, revision: first.revision });
      expect(third.kvs.map(text)).toEqual(['6']);
      expect(third.more).toBe(false);
      expect((await store.range(f, { limit: 3, after: `${f}3` })).kvs.map(text)).toEqual(['late', '5', '6']);
    });

    it('says that there is no more when the limit is met exactly', async () => {
      const f = folder();
      await write(store, put(`${f}a`, '1'), put(`${f}b`, '1'));
      expect(await store.range(f, { limit: 2 })).toMatchObject({ more: false, count: 2 });
    });

    it('reads the past', async () => {
      const f = folder();
      const r1 = await write(store, put(`${f}a`, '1'));
      const r2 = await write(store, put(`${f}a`, '2'), put(`${f}b`, '2'));
      const r3 = await write(store, del(`${f}a`));
      await write(store, put(`${f}a`, '4'));
      const at = async (revision: Revision) => (await store.range(f, { revision })).kvs.map(text);
      expect([await at(r1), await at(r2), await at(r3)]).toEqual([['1'], ['2', '2'], ['2']]);
      expect(text((await store.get(`${f}a`, { revision: r1 })).kv)).toBe('1');
      expect((await store.get(`${f}a`, { revision: r3 })).kv).toBeUndefined();
    });

    it('refuses to read the future', async () => {
      const f = folder();
      const revision = await write(store, put(`${f}a`, '1'));
      await expect(store.range(f, { revision: revision + 10 })).rejects.toBeInstanceOf(FutureRevisionError);
      await expect(store.get(`${f}a`, { revision: revision + 10 })).rejects.toBeInstanceOf(FutureRevisionError);
    });

    it('watches from now on, what starts with the prefix', async () => {
      const f = folder();
      await write(store, put(`${f}x/a`, '0'));
      const seen = new Recording(store, `${f}x/`);
      await write(store, put(`${f}x/a`, '1'));
      await write(store, put(`${f}y/a`, '1'));
      await write(store, put(`${f}x/b`, '2'));
      await write(store, del(`${f}x/a`));
      await seen.until(({ events }) => events.length === 3);
      expect(seen.lines).toEqual([`put ${f}x/a=1 (was 0)`, `put ${f}x/b=2`, `delete ${f}x/a (was 1)`]);
      seen.watch.cancel();
    });

    it('watches from a past revision, then goes on', async () => {
      const f = folder();
      const from = await write(store, put(`${f}a`, '1'));
      await write(store, put(`${f}a`, '2'));
      const seen = new Recording(store, f, from);
      await write(store, put(`${f}a`, '3'));
      await seen.until(({ events }) => events.length === 3);
      expect(seen.lines).toEqual([`put ${f}a=1`, `put ${f}a=2 (was 1)`, `put ${f}a=3 (was 2)`]);
      seen.watch.cancel();
    });

    it('delivers a transaction in one piece', async () => {
      const f = folder();
      const pieces: number[] = [];
      const watch = store.watch(f, {}, { events: (events) => void pieces.push(events.length), end() {} });
      await write(store, put(`${f}a`, '1'), put(`${f}b`, '1'), put(`${f}c`, '1'));
      const last = new Recording(store, f, await store.currentRevision());
      await last.until(({ events }) => events.length === 3);
      await expect.poll(() => pieces).toEqual([3]);
      watch.cancel();
      last.watch.cancel();
    });

    it('delivers nothing after cancel', async () => {
      const f = folder();
      const seen = new Recording(store, f);
      const witness = new Recording(store, f);
      seen.watch.cancel();
      await write(store, put(`${f}a`, '1'));
      await witness.until(({ events }) => events.length === 1);
      expect(seen.events).toEqual([]);
      expect(seen.ended).toBeUndefined();
      witness.watch.cancel();
    });

    it('forgets what is compacted and keeps what is current', async () => {
      const f = folder();
      const old = await write(store, put(`${f}a`, '1'), put(`${f}gone`, '1'));
      await write(store, put(`${f}a`, '2'), del(`${f}gone`));
      const now = await write(store, put(`${f}b`, '3'));
      await store.compact(now);
      await expect(store.range(f, { revision: old })).rejects.toMatchObject({ name: 'CompactedError', requested: old, compacted: now });
      await expect(store.compact(old)).rejects.toBeInstanceOf(CompactedError);
      await expect(store.compact(now + 100)).rejects.toBeInstanceOf(FutureRevisionError);
      expect((await store.range(f)).kvs.map(text)).toEqual(['2', '3']);
      expect((await store.range(f, { revision: now })).kvs.map(text)).toEqual(['2', '3']);
      const seen = new Recording(store, f, old);
      await seen.until(({ ended }) => ended !== undefined);
      expect(seen.ended).toMatchObject({ name: 'CompactedError', compacted: now });
      expect(seen.events).toEqual([]);
    });

    it('keeps a history that some serial order explains, under concurrent increments', async () => {
      const key = `${folder()}counter`;
      await write(store, put(key, '0'));
      let conflicts = 0;
      const increment = async () => {
        for (;;) {
          const { kv } = await store.get(key);
          const result = await store.transact([{ key, modRevision: kv!.modRevision }], [put(key, String(Number(text(kv)) + 1))]);
          if (result.succeeded) return;
          conflicts++;
          expect(result.current[0]!.modRevision).toBeGreaterThan(kv!.modRevision);
        }
      };
      await Promise.all(Array.from({ length: 16 }, async () => {
        for (let i = 0; i < 10; i++) await increment();
      }));
      expect(text((await store.get(key)).kv)).toBe('160');
      expect(conflicts).toBeGreaterThan(0);
    });

    it('shows a reader every write that was acknowledged before', async () => {
      const f = folder();
      await Promise.all(Array.from({ length: 20 }, async (_, writer) => {
        for (let i = 0; i < 10; i++) {
          const revision = await write(store, put(`${f}${writer}`, String(i)));
          const { kv, revision: read } = await store.get(`${f}${writer}`);
          expect([text(kv), kv!.modRevision]).toEqual([String(i), revision]);
          expect(read).toBeGreaterThanOrEqual(revision);
        }
      }));
    });

    it('leaves no gap in a watch while others write and compact', async () => {
      const f = folder();
      const live = new Recording(store, f);
      const first = await write(store, put(`${f}first`, '0'));
      // A watch that is not connected yet may be overtaken by a compaction, and be told so.
      await live.until(({ events }) => events.length === 1);
      const total = 400;
      const revisions: Revision[] = [];
      const late: Recording[] = [];
      for (let i = 0; i < total; i += 20) {
        const batch = await Promise.all(Array.from({ length: 20 }, (_, j) => write(store, put(`${f}${(i + j) % 7}`, String(i + j)))));
        revisions.push(...batch);
        late.push(new Recording(store, f, Math.min(...batch)));
        if (i % 100 === 80) await store.compact(Math.min(...batch) - 1);
      }
      await live.until(({ events }) => events.length > total);
      const seen = (recording: Recording) => recording.events.map((event) => (event.type === 'put' ? event.kv.modRevision : event.revision));
      const expected = revisions.sort((a, b) => a - b);
      expect(seen(live)).toEqual([first, ...expected]);
      for (const recording of late) {
        await recording.until(({ events, ended }) => ended !== undefined || events.at(-1)?.type === 'put' && seen(recording).at(-1) === expected.at(-1));
        if (!recording.ended) expect(seen(recording)).toEqual(expected.slice(-recording.events.length));
        recording.watch.cancel();
      }
      live.watch.cancel();
    });

    it('deletes a key when its time is over, as a transaction', async () => {
      const f = folder();
      const seen = new Recording(store, f);
      await write(store, put(`${f}a`, '1', 1), put(`${f}b`, '1'));
      await write(store, put(`${f}c`, '1', 1));
      await write(store, put(`${f}c`, 'kept'));
      await seen.until(({ lines }) => lines.includes(`delete ${f}a (was 1)`), 15_000);
      expect((await store.range(f)).kvs.map(({ key }) => key)).toEqual([`${f}b`, `${f}c`]);
      seen.watch.cancel();
    });

    it('keeps a value of a megabyte and an empty one', async () => {
      const f = folder();
      const big = Buffer.alloc(1 << 20, 'x');
      await store.transact([], [{ type: 'put', key: `${f}big`, value: big }, { type: 'put', key: `${f}empty`, value: Buffer.alloc(0) }]);
      expect((await store.get(`${f}big`)).kv!.value.equals(big)).toBe(true);
      expect((await store.get(`${f}empty`)).kv!.value.length).toBe(0);
    });

    it('refuses everything and ends its watches once closed', async () => {
      const other = await open();
      const seen = new Recording(other, '/');
      await other.close();
      await seen.until(({ ended }) => ended !== undefined);
      expect(seen.ended).toBeInstanceOf(StoreClosedError);
      await expect(other.get('/a')).rejects.toBeInstanceOf(StoreClosedError);
      await expect(other.transact([], [put('/a', '1')])).rejects.toBeInstanceOf(StoreClosedError);
    });
  });
}
