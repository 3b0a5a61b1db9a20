import { join } from 'node:path';

/** Linting needs nothing of a cluster, and starts in a fraction of the time without. */
const bundle = process.argv[2] === 'lint' ? 'lint.js' : 'cli.js';

// Each is a bundle beside this one, and reads the command line itself.
require(join(__dirname, bundle));
