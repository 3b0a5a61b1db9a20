import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PayloadFile, writePayload } from './atomic-writer';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podium-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const payload = (files: Record<string, string>, mode = 0o644): Map<string, PayloadFile> =>
  new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));
const write = (files: Record<string, string>, mode?: number): Promise<boolean> =>
  writePayload(folder, payload(files, mode), undefined, new Date());
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const visible = (): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('..'))
    .sort();

describe('writing a volume', () => {
  it('shows files through ..data', async () => {
    await write({ a: '1', 'deep/er/b': '2' });
    expect([read('a'), read('deep/er/b')]).toEqual(['1', '2']);
    expect(visible()).toEqual(['a', 'deep']);
    expect(readlinkSync(join(folder, 'a'))).toBe('..data/a');
    expect(lstatSync(join(folder, '..data')).isSymbolicLink()).toBe(true);
  });

  it('replaces all at once, and removes what is gone', async () => {
    await write({ a: '1', b: '1' });
    const before = readlinkSync(join(folder, '..data'));
    expect(await write({ a: '2', c: '2' })).toBe(true);
    expect(visible()).toEqual(['a', 'c']);
    expect([read('a'), read('c')]).toEqual(['2', '2']);
    expect(readdirSync(folder)).not.toContain(before);
  });

  it('does nothing when nothing changed', async () => {
    await write({ a: '1' });
    const before = readlinkSync(join(folder, '..data'));
    expect(await write({ a: '1' })).toBe(false);
    expect(readlinkSync(join(folder, '..data'))).toBe(before);
  });

  it('gives files their mode', async () => {
    await write({ a: '1' }, 0o400);
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o400);
    expect(await write({ a: '1' }, 0o666)).toBe(true);
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o666);
  });

  it('goes on after a writer that died half-way', async () => {
    await write({ a: '1' });
    rmSync(join(folder, '..data'));
    await write({ a: '2' });
    expect(read('a')).toBe('2');
  });
});
