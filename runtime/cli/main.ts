import { join } from 'node:path';

/** Linting and serving an editor need nothing of a cluster, and start in a fraction of the time without. */
function bundle([command, ...options]: readonly string[]): string {
  if (command === 'lint') return 'lint.js';
  return command === 'language-server' && options.join() === '--stdio' ? '../../server.js' : 'cli.js';
}

// Each is a bundle beside this one, or the language server's, and reads the command line itself.
require(join(__dirname, bundle(process.argv.slice(2))));
