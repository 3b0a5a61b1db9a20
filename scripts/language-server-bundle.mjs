// What makes the language server's bundle quick to start: it is read again for every editor window.
const importedOnce = 'imported-once';
const whenUsed = 'when-used';

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

/** Modules of Node.js that take milliseconds to load, and packages that few sessions need. */
const seldomUsed = /^((node:)?(child_process|crypto|http|https|net|tls|zlib)|re2js|ws|@marcbachmann\/cel-js(\/evaluator)?)$/;

/** Each is loaded when something of it is used. */
const loadedWhenUsed = {
  name: whenUsed,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: seldomUsed }, ({ path, namespace }) => (namespace === whenUsed ? undefined : { path, namespace: whenUsed }));
    onLoad({ filter: /.*/, namespace: whenUsed }, async ({ path }) => ({
      contents: `for (const name of ${JSON.stringify(Object.keys(await import(path)))})
        Object.defineProperty(exports, name, { enumerable: true, get: () => require(${JSON.stringify(path)})[name] });`,
      resolveDir: process.cwd(),
    }));
  },
};

/** Names are left as they are: to give thousands of functions theirs back takes a tenth of a start. */
export const languageServerOptions = (minify) => ({
  plugins: [protocolOnce, loadedWhenUsed],
  keepNames: false, minify: false, minifyWhitespace: minify, minifySyntax: minify,
});
