// Writes docs/rules and the schema of podium.yaml out of the lint rules and their examples: `node scripts/rule-docs.mjs`.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const temporary = mkdtempSync(join(tmpdir(), 'podium-docs-'));
try {
  const outfile = join(temporary, 'docs.cjs');
  await build({ entryPoints: ['server/lint/docs-files.ts'], bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'warning' });
  const { documentFiles } = createRequire(import.meta.url)(outfile);
  const files = documentFiles(process.cwd());
  mkdirSync('docs/rules', { recursive: true });
  for (const name of readdirSync('docs/rules')) if (!files.has(`docs/rules/${name}`)) rmSync(join('docs/rules', name));
  mkdirSync('schemas', { recursive: true });
  for (const [path, text] of files) writeFileSync(path, text);
  console.log(`${files.size} files`);
} finally {
  rmSync(temporary, { recursive: true });
}
