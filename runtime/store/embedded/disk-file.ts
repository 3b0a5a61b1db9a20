import { fdatasync, fsync, ftruncate, close, open, write } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);
const syncFile = promisify(fsync);

/** A file that is only appended to, through libuv's pool; the one seam that tests need to make disks fail. */
export interface DiskFile {
  /** Writes all bytes at a position and makes them durable. */
  writeDurably(bytes: Buffer, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export async function openDiskFile(path: string, flags: 'wx' | 'r+' | 'w'): Promise<DiskFile> {
  const fd = await openFile(path, flags, 0o600);
  return {
    writeDurably: (bytes, position) => writeDurably(fd, bytes, position),
    async truncate(length) {
      await truncateFile(fd, length);
      await syncFile(fd);
    },
    close: () => closeFile(fd),
  };
}

/** Plain callbacks: promises of node:fs would cost more than the transactions of a small batch. */
function writeDurably(fd: number, bytes: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (offset: number) => {
      write(fd, bytes, offset, bytes.length - offset, position + offset, (error, written) => {
        if (error) reject(error);
        else if (offset + written < bytes.length) step(offset + written);
        else fdatasync(fd, (failure) => (failure ? reject(failure) : resolve()));
      });
    };
    step(0);
  });
}

/** Makes a folder's entries durable: names of files created, renamed or removed in it. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; NTFS journals names by itself.
  if (process.platform === 'win32') return;
  const fd = await openFile(folder, 'r');
  try {
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}
