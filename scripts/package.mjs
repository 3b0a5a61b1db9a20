// Packs one .vsix out of dist/, without a prompt, and says how large it is: `node scripts/package.mjs [FILE]`.
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createVSIX } from '@vscode/vsce';

const { name, version } = createRequire(import.meta.url)('../package.json');
const packagePath = process.argv[2] ?? `${name}-${version}.vsix`;
// The README's links stay as they are: what they lead to is in the package.
await createVSIX({ packagePath, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false });
console.log(`${packagePath} (${(statSync(packagePath).size / 1e6).toFixed(1)} MB)`);
