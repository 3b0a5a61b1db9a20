// `npm run bench:editor`: builds what is missing as it is shipped, then measures the extension in a real VS Code (test/editor/bench).
import { spawnSync } from 'node:child_process';
import { prepareMachine } from './prepare-machine.mjs';
import { isBuilt, runStep } from './steps.mjs';

await prepareMachine();
if (!isBuilt()) runStep('building', 'npm', ['run', '--silent', 'build', '--', '--minify']);
process.exit(spawnSync(process.execPath, ['test/editor/bench.mjs', ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);
