import { relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** Editors write in bursts: what changes within this time is one batch. */
const batchMs = 30;

const neverWatched = /(^|\/)(\.git|node_modules)(\/|$)/;

/**
 * Hears of files below a folder that are written, made or removed: their paths from it, with slashes, in batches. Resolves once
 * it watches. `ignored` is asked of files only: what is below an ignored folder may be taken back by a later pattern.
 */
export async function watchFiles(
  folder: string, ignored: (path: string) => boolean, onChange: (paths: string[]) => void, onError: (error: unknown) => void,
): Promise<FSWatcher> {
  const pathOf = (file: string): string => relative(folder, file).split(sep).join('/');
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const paths = [...pending].sort();
    pending.clear();
    onChange(paths);
  };
  const watcher = watch(folder, { ignoreInitial: true, ignored: (file) => neverWatched.test(pathOf(file)) });
  watcher.on('all', (event, file) => {
    const path = pathOf(file);
    if (event === 'addDir' || path === '' || ignored(path)) return;
    pending.add(path);
    timer ??= setTimeout(flush, batchMs);
  });
  watcher.on('error', onError);
  await new Promise<void>((ready) => watcher.once('ready', () => ready()));
  const close = watcher.close.bind(watcher);
  watcher.close = () => {
    clearTimeout(timer);
    return close();
  };
  return watcher;
}
