// Lays out the extension as its .vsix holds it, so that the suite runs what is shipped and not the checkout.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, PackageManager } from '@vscode/vsce';

export async function stageExtension(folder) {
  for (const bundle of ['dist/extension.js', 'dist/server.js', 'dist/language-server.js', 'dist/podium/lib/podium.js']) {
    if (!existsSync(bundle)) throw new Error(`${bundle} is not there: npm run build`);
  }
  for (const file of await listFiles({ cwd: process.cwd(), packageManager: PackageManager.None })) {
    cpSync(file, join(folder, file), { recursive: true });
  }
}
