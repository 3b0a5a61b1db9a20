// What makes bundles smaller in memory.
import { dirname, join } from 'node:path';

/** Parts of dockerode, each one function: connections over ssh, and BuildKit sessions over gRPC. */
const parts = /^\.\/(ssh|session)$/;
const importers = /docker-modem\/lib\/modem\.js$|dockerode\/lib\/docker\.js$/;

/** Puts something else in the place of those parts. */
const instead = (namespace, contentsOf) => ({
  name: namespace,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: parts }, ({ path, importer, resolveDir, namespace: from }) =>
      importers.test(importer.replaceAll('\\', '/')) && from === 'file' ? { path: join(resolveDir, `${path}.js`), namespace } : undefined);
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: contentsOf(path), resolveDir: dirname(path) }));
  },
});

/** What few use of dockerode and all would load. */
export const seldomCalled = {
  loadedThen: instead('loaded-when-called', (path) => `module.exports = (...args) => require(${JSON.stringify(path)})(...args);`),
  leftOut: instead('left-out', () => 'module.exports = () => { throw new Error("this part of dockerode is left out"); };'),
};

/**
 * One character beyond ASCII makes V8 keep all of a text in two bytes a character. Outside of strings, which esbuild has escaped,
 * only comments and regular expressions have some.
 */
export const escaped = (code) =>
  code.replaceAll(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
