import { createRequire } from 'node:module';

/**
 * The JavaScript client's HTTP library is made for Node.js 22 and takes a few of its functions for granted; the oldest
 * Node.js that this project supports lacks them. To be imported before the client.
 */
const require = createRequire(import.meta.url);

function provide(target: object, name: string, value: unknown): void {
  if (!(name in target)) Object.defineProperty(target, name, { value, configurable: true, writable: true });
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return { promise, resolve, reject };
}

provide(Promise, 'withResolvers', withResolvers);
provide(require('node:worker_threads') as object, 'markAsUncloneable', () => undefined);
provide(require('node:zlib') as object, 'createZstdDecompress', () => {
  throw new Error('no server here compresses by zstd');
});
