import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostPathVolume } from './host-path';
import type { VolumeHost } from './volume-host';

let folder: string;
let host: VolumeHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podium-host-path-'));
  host = { localPath: folder, enginePath: '/engine' } as VolumeHost;
});
afterEach(() => rmSync(folder, { recursive: true }));

const inVolume = (path: string) => join(folder, 'host', path);

describe('a host path on a node', () => {
  it.each([['/etc/hosts', 'FileOrCreate'], ['/etc', 'Directory'], ['/etc/', ''], ['/', 'Directory']])(
    'shows the files that every machine has: %s', async (path, type) => {
      await hostPathVolume(host, path, type);
      expect(readFileSync(inVolume('/etc/hosts'), 'utf8')).toBe(readFileSync('/etc/hosts', 'utf8'));
    },
  );

  it('keeps what was changed in them, and copies nothing else', async () => {
    await hostPathVolume(host, '/etc/hosts', 'File');
    writeFileSync(inVolume('/etc/hosts'), 'mine');
    await hostPathVolume(host, '/etc', 'Directory');
    expect(readFileSync(inVolume('/etc/hosts'), 'utf8')).toBe('mine');
    expect(existsSync(inVolume('/etc/passwd'))).toBe(false);
  });

  it('is empty elsewhere', async () => {
    expect(await hostPathVolume(host, '/etcetera/', '')).toEqual({ kind: 'path', local: inVolume('/etcetera'), engine: '/engine/host/etcetera' });
    expect(statSync(inVolume('/etcetera')).isDirectory()).toBe(true);
    expect(existsSync(inVolume('/etc'))).toBe(false);
  });
});
