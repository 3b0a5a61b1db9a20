// Packs one .vsix out of dist/, without a prompt, and says how large it is.
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createVSIX } from '@vscode/vsce';

const { name, version } = createRequire(import.meta.url)('../package.json');
const packagePath = `${name}-${version}.vsix`;
await createVSIX({ packagePath, dependencies: false, allowMissingRepository: true });
console.log(`${packagePath} (${(statSync(packagePath).size / 1e6).toFixed(1)} MB)`);
