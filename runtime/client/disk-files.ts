import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import type { ChartFiles } from '../api/helm';

/** Files of this machine for what reads them through an interface: kustomizations and charts. Paths with `/`, absolute. */
export type LocalFiles = ChartFiles;

/** What is larger is not read: no manifest is. */
const maxBytes = 64 * 1024 * 1024;

export const diskFiles: LocalFiles = {
  read(path) {
    try {
      return statSync(path).size > maxBytes ? undefined : readFileSync(path);
    } catch {
      return undefined;
    }
  },
  kind(path) {
    try {
      const stats = statSync(path);
      return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : undefined;
    } catch {
      return undefined;
    }
  },
  realPath(path) {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  },
  list(folder) {
    try {
      return readdirSync(folder).sort();
    } catch {
      return [];
    }
  },
};
