import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openEmbeddedStore } from '../../runtime/store/embedded';
import { openMemoryStore } from '../../runtime/store/journaled-store';
import { storeContract } from './contract';

const root = mkdtempSync(join(tmpdir(), 'podium-store-'));
let opened = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

storeContract('the store in memory', () => Promise.resolve(openMemoryStore()));
storeContract('the embedded store', () => openEmbeddedStore(join(root, String(++opened))));
storeContract('the embedded store with a snapshot every few writes', () =>
  openEmbeddedStore(join(root, String(++opened)), { snapshotAfterBytes: 500 }));
