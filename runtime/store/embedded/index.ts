import { mkdir } from 'node:fs/promises';
import { silentLogger } from '../../log';
import type { Logger } from '../../log';
import { JournaledStore } from '../journaled-store';
import type { HistoryOptions } from '../journaled-store';
import type { Mvcc } from '../mvcc';
import type { Store } from '../store';
import type { openDiskFile } from './disk-file';
import { lockFolder } from './lock';
import { WriteAheadLog } from './log';
import { recover } from './recovery';

export { StoreCorruptError, StoreLockedError } from './errors';

export interface EmbeddedStoreOptions extends HistoryOptions {
  logger?: Logger;
  /** Log bytes that call for a snapshot. */
  snapshotAfterBytes?: number;
  /** For tests of failing disks. */
  openFile?: typeof openDiskFile;
}

/** Events of the log that recovery keeps as history. */
const replayedHistory = 10_000;

/**
 * Opens or creates the store in a folder of its own. Throws StoreLockedError while another process has it open, and
 * StoreCorruptError when a file is damaged anywhere but at the torn end of the log.
 */
export async function openEmbeddedStore(folder: string, options: EmbeddedStoreOptions = {}): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(folder);
  try {
    const recovered = await recover(folder, boundHistory);
    const log = await WriteAheadLog.open(folder, recovered, {
      snapshotAfterBytes: options.snapshotAfterBytes ?? 32 << 20,
      logger: options.logger ?? silentLogger,
      ...(options.openFile && { openFile: options.openFile }),
    });
    return new JournaledStore(recovered.state, log, { ...options, released: unlock });
  } catch (error) {
    await unlock();
    throw error;
  }
}

function boundHistory(state: Mvcc): void {
  const revision = state.revisionKeeping(replayedHistory);
  if (state.loggedEvents > replayedHistory && revision > state.compacted) state.compact(revision);
}
