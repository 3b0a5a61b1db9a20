import { build } from 'esbuild';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedStore, StoreCorruptError, StoreLockedError } from '../../runtime/store/embedded';
import { StoreWriteError } from '../../runtime/store/store';
import type { Store } from '../../runtime/store/store';
import { del, put, Recording, write } from './contract';

const root = mkdtempSync(join(tmpdir(), 'podium-durability-'));
let counter = 0;
const fresh = () => join(root, String(++counter));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const state = async (store: Store) => (await store.range('')).kvs.map(({ key, value, ...revisions }) => ({ key, value: value.toString(), ...revisions }));
const segments = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('log-')).sort();

function copyFolder(from: string): string {
  const to = fresh();
  mkdirSync(to);
  for (const name of readdirSync(from)) if (!name.startsWith('lock')) copyFileSync(join(from, name), join(to, name));
  return to;
}

describe('what was acknowledged', () => {
  it('is there after closing and opening, with its revisions and times to live', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder);
    await write(store, put('/a', '1'), put('/b', '1'));
    await write(store, put('/a', '2'));
    await write(store, del('/b'), put('/é\u{1f600}', '3'));
    await write(store, put('/soon', '4', 2));
    const before = await state(store);
    const revision = await store.currentRevision();
    await store.close();
    const again = await openEmbeddedStore(folder);
    expect(await state(again)).toEqual(before);
    expect(await again.currentRevision()).toBe(revision);
    await expect.poll(() => again.get('/soon').then(({ kv }) => kv), { timeout: 10_000 }).toBeUndefined();
    await again.close();
  });

  it('is there after many snapshots, and old files are not', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder, { snapshotAfterBytes: 2000 });
    for (let i = 0; i < 300; i++) {
      await Promise.all([write(store, put(`/k${i % 50}`, `v${i}`)), write(store, i % 3 ? put(`/d${i % 20}`, 'x') : del(`/d${(i + 7) % 20}`))]);
    }
    const before = await state(store);
    await store.close();
    expect(readdirSync(folder).filter((name) => name.startsWith('snapshot-'))).toHaveLength(1);
    expect(segments(folder).length).toBeLessThan(4);
    const again = await openEmbeddedStore(folder);
    expect(await state(again)).toEqual(before);
    await again.close();
  });

  it('can be watched from what the log still holds after a restart', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder);
    const from = await write(store, put('/a', '1'));
    await write(store, put('/a', '2'));
    await store.close();
    const again = await openEmbeddedStore(folder);
    const seen = new Recording(again, '/', from);
    await seen.until(({ events }) => events.length === 2);
    expect(seen.lines).toEqual(['put /a=1', 'put /a=2 (was 1)']);
    await again.close();
  });
});

describe('a process killed while writing', () => {
  const script = join(root, 'crash-writer.cjs');
  beforeAll(async () => {
    await build({ entryPoints: [join(__dirname, 'crash-writer.ts')], bundle: true, platform: 'node', outfile: script, logLevel: 'error' });
  });

  it('leaves every acknowledged write, again and again', async () => {
    const folder = fresh();
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, [script, folder, String(round * 1_000_000)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const aim = 2000 + round * 500;
      while (output.length < aim * 12) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      await once(child, 'close');
      for (const line of output.split('\n').slice(0, -1)) {
        const [key = '', revision] = line.split(' ');
        acknowledged.set(key, Number(revision));
      }
    }
    const store = await openEmbeddedStore(folder);
    const { kvs } = await store.range('/');
    const found = new Map(kvs.map((kv) => [kv.key, kv.modRevision]));
    const missing = [...acknowledged].filter(([key, revision]) => found.get(key) !== revision);
    expect(missing).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(5000);
    await store.close();
  });
});

describe('a torn log', () => {
  it('loses its last record and nothing else, wherever in it the file ends', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder);
    await write(store, put('/a', '1'));
    const log = join(folder, segments(folder)[0]!);
    const kept = statSync(log).size;
    const before = await state(store);
    await write(store, put('/torn', 'some value'), del('/a'));
    const full = statSync(log).size;
    await store.close();
    for (let length = kept; length < full; length++) {
      const copy = copyFolder(folder);
      truncateSync(join(copy, segments(copy)[0]!), length);
      const opened = await openEmbeddedStore(copy);
      expect(await state(opened)).toEqual(before);
      await write(opened, put('/next', '1'));
      await opened.close();
      const again = await openEmbeddedStore(copy);
      expect((await again.get('/next')).kv?.value.toString()).toBe('1');
      await again.close();
    }
  });

  it('is taken as torn when the last record is garbage of the right length', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder);
    await write(store, put('/a', '1'));
    const log = join(folder, segments(folder)[0]!);
    const kept = statSync(log).size;
    await write(store, put('/torn', 'some value'));
    await store.close();
    const bytes = readFileSync(log);
    for (const zeros of [kept, kept + 5, kept + 13]) {
      const copy = copyFolder(folder);
      writeFileSync(join(copy, segments(copy)[0]!), Buffer.concat([bytes.subarray(0, zeros), Buffer.alloc(bytes.length - zeros)]));
      const opened = await openEmbeddedStore(copy);
      expect((await state(opened)).map(({ key }) => key)).toEqual(['/a']);
      await opened.close();
    }
  });

  it('is an error that names file and offset when something sound follows', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder);
    await write(store, put('/a', '1'));
    const log = join(folder, segments(folder)[0]!);
    const at = statSync(log).size;
    await write(store, put('/b', '2'));
    await write(store, put('/c', '3'));
    await store.close();
    const bytes = readFileSync(log);
    for (const flip of [at, at + 5, at + 20]) {
      const copy = copyFolder(folder);
      const damaged = Buffer.from(bytes);
      damaged[flip]! ^= 0xff;
      const path = join(copy, segments(copy)[0]!);
      writeFileSync(path, damaged);
      await expect(openEmbeddedStore(copy)).rejects.toMatchObject({ name: 'StoreCorruptError', file: path, offset: at });
      expect(readFileSync(path).equals(damaged)).toBe(true);
    }
  });

  it('is an error when its snapshot is damaged', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder, { snapshotAfterBytes: 1000 });
    for (let i = 0; i < 100; i++) await write(store, put(`/k${i}`, 'value'));
    await store.close();
    const snapshot = readdirSync(folder).find((name) => name.startsWith('snapshot-'))!;
    const path = join(folder, snapshot);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes);
    await expect(openEmbeddedStore(folder)).rejects.toBeInstanceOf(StoreCorruptError);
  });
});

describe('the lock', () => {
  it('keeps a second opener out, and lets it in after the first has closed', async () => {
    const folder = fresh();
    const store = await openEmbeddedStore(folder);
    await expect(openEmbeddedStore(folder)).rejects.toMatchObject({ name: 'StoreLockedError', pid: process.pid });
    await expect(openEmbeddedStore(folder)).rejects.toBeInstanceOf(StoreLockedError);
    await store.close();
    await (await openEmbeddedStore(folder)).close();
  });

  it('of a process that is gone, or of a later one with its id, is taken over', async () => {
    for (const owner of [{ pid: 0x3ffffffe }, { pid: process.pid, started: '1' }, { pid: process.ppid, started: '1' }]) {
      const folder = fresh();
      mkdirSync(folder);
      writeFileSync(join(folder, 'lock-7'), JSON.stringify(owner));
      await (await openEmbeddedStore(folder)).close();
      expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual(['lock-8']);
    }
  });

  it('that is no lock at all is taken over', async () => {
    const folder = fresh();
    mkdirSync(folder);
    writeFileSync(join(folder, 'lock-7'), '');
    await (await openEmbeddedStore(folder)).close();
  });

  it('goes to one of many who find a dead one', async () => {
    for (let round = 0; round < 30; round++) {
      const folder = fresh();
      mkdirSync(folder);
      writeFileSync(join(folder, 'lock-7'), JSON.stringify({ pid: 0x3ffffffe }));
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => openEmbeddedStore(folder)));
      const stores = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(stores).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StoreLockedError);
      await stores[0]!.close();
    }
  });

  it('is held by one at a time, however many open and close', async () => {
    const folder = fresh();
    let holders = 0;
    let turns = 0;
    const take = async () => {
      for (let attempt = 0; attempt < 40; attempt++) {
        const store = await openEmbeddedStore(folder).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StoreLockedError);
        });
        if (!store) continue;
        expect(++holders).toBe(1);
        turns++;
        await write(store, put(`/turn${turns}`, '1'));
        holders--;
        await store.close();
      }
    };
    await Promise.all(Array.from({ length: 6 }, take));
    const store = await openEmbeddedStore(folder);
    expect((await store.range('/')).count).toBe(turns);
    await store.close();
  });
});

describe('a full disk', () => {
  const mount = join(root, 'small');
  beforeAll(() => {
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mount]);
  });
  afterAll(() => execFileSync('umount', ['-l', mount]));

  it('fails writes, serves reads, and is forgotten once there is space', async () => {
    const folder = join(mount, 'store');
    const store = await openEmbeddedStore(folder, { snapshotAfterBytes: 300_000 });
    await write(store, put('/kept', '1'));
    const ballast = join(mount, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1 << 20));
    const seen = new Recording(store, '/');
    const acknowledged: string[] = [];
    let failed = 0;
    for (let i = 0; failed < 3; i++) {
      const keys = [`/k${i}a`, `/k${i}b`];
      const results = await Promise.allSettled(keys.map((key) => store.transact([], [put(key, 'x'.repeat(20_000))])));
      results.forEach((result, n) => {
        if (result.status === 'fulfilled') acknowledged.push(keys[n]!);
        else expect(result.reason).toBeInstanceOf(StoreWriteError);
      });
      if (results.some(({ status }) => status === 'rejected')) failed++;
    }
    expect(acknowledged.length).toBeGreaterThan(4);
    expect((await store.get('/kept')).kv?.value.toString()).toBe('1');
    rmSync(ballast);
    await write(store, put('/after', '2'));
    await seen.until(({ lines }) => lines.includes('put /after=2'));
    expect(seen.events.map((event) => (event.type === 'put' ? event.kv.key : ''))).toEqual([...acknowledged, '/after']);
    const before = await state(store);
    await store.close();
    const again = await openEmbeddedStore(folder);
    expect(await state(again)).toEqual(before);
    await again.close();
  });
});
