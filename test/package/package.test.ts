import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LanguageClient } from '../language/language-client';
import { runCodeServer } from '../editor/host.mjs';

interface Manifest {
  version: string;
  main: string;
  bin: { podium: string };
  contributes: { viewsContainers: { activitybar: { icon: string }[] } };
}

const limitBytes = 6_000_000;

describe('the package', () => {
  let folder: string;
  let vsix: string;
  let installed: string;
  let manifest: Manifest;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podium-package-'));
    vsix = join(folder, 'podium.vsix');
    execFileSync(process.execPath, ['scripts/package.mjs', vsix], { stdio: ['ignore', 'ignore', 'inherit'] });
    await runCodeServer(['--install-extension', vsix], folder);
    const name = readdirSync(join(folder, 'extensions')).find((entry) => entry.startsWith('podium.podium-'));
    installed = join(folder, 'extensions', name ?? 'not installed');
    manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is small', () => {
    expect(statSync(vsix).size).toBeLessThan(limitBytes);
  });

  it('is listed by the editor that installed it', async () => {
    expect(await runCodeServer(['--list-extensions', '--show-versions'], folder)).toContain(
      `podium.podium@${manifest.version}`,
    );
  });

  it('holds what its manifest names', () => {
    const icons = manifest.contributes.viewsContainers.activitybar.map(({ icon }) => icon);
    const named = [
      manifest.main,
      manifest.bin.podium,
      ...icons,
      'dist/language-server.js',
      'dist/server.js',
      'dist/podium/agent/agent.js',
      'README.md',
      'LICENSE.txt',
    ];
    const missing = named.filter(
      (file) => !existsSync(join(installed, file)) && !existsSync(join(installed, file.toLowerCase())),
    );
    expect(missing).toEqual([]);
  });

  it('holds nothing of the checkout beside it', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /\.(map|ts|vsix)$|node_modules|^(test|runtime|scripts|server)\b/.test(file))).toEqual(
      [],
    );
  });

  it('runs the command from where it was installed', () => {
    const printed = execFileSync(process.execPath, [join(installed, manifest.bin.podium), '--version'], {
      encoding: 'utf8',
    });
    expect(printed).toContain(manifest.version);
  });

  it('runs the language server from where it was installed', async () => {
    const client = await LanguageClient.start({ pull: true, server: join(installed, 'dist/server.js') });
    await client.open('file:///a.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: A\n');
    expect(await client.pull('file:///a.yaml')).toHaveLength(1);
    expect(await client.stop()).toBe(0);
  });
});
