// What makes the language server's bundle quick to start: it is read again for every editor window.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const importedOnce = 'imported-once';
const builtIn = 'built-in-when-used';

/**
 * Each file that imports a CommonJS package gets a copy of all of its exports, at every start. Of the protocol's package, with
 * its hundreds of exports, one module makes the only copy.
 */
const protocolOnce = {
  name: importedOnce,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vscode-languageserver\/node$/ }, ({ path, namespace }) =>
      namespace === importedOnce ? undefined : { path, namespace: importedOnce },
    );
    onLoad({ filter: /.*/, namespace: importedOnce }, ({ path }) => ({
      contents: `export * from ${JSON.stringify(path)};`, resolveDir: process.cwd(),
    }));
  },
};

/** Modules of Node.js that take milliseconds to load, and that few sessions need: each is loaded when something of it is used. */
const builtInsWhenUsed = {
  name: builtIn,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(child_process|crypto|http|https|tls|zlib)$/ }, ({ path, namespace }) =>
      namespace === builtIn ? undefined : { path: path.replace('node:', ''), namespace: builtIn },
    );
    onLoad({ filter: /.*/, namespace: builtIn }, ({ path }) => ({
      contents: `for (const name of ${JSON.stringify(Object.keys(require(path)))})
        Object.defineProperty(exports, name, { enumerable: true, get: () => require('node:${path}')[name] });`,
    }));
  },
};

export const languageServerPlugins = [protocolOnce, builtInsWhenUsed];

/** Outside of strings, which esbuild has escaped, only comments and regular expressions are left: V8 keeps a text of ASCII in half the memory. */
export const escaped = (code) =>
  code.replaceAll(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
