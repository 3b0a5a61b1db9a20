// A command with VS Code's own arguments (FOLDER --extensionDevelopmentPath=… --extensionTestsPath=…), on code-server and
// headless Chromium. @vscode/test-electron can be given it as vscodeExecutablePath, so one runner fits every machine.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { installCodeServer } from './install-code-server.mjs';

const timeoutMs = 10 * 60_000;
const chromiumFlags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** Opens a workbench on `folder`. `onLog` hears the extension host's console. */
export async function openWorkbench({ folder, extension, tests, env = {}, onLog = console.log }) {
  const root = installCodeServer();
  const state = mkdtempSync(join(tmpdir(), 'podium-editor-'));
  const port = await freePort();
  const server = await startServer(root, state, port, env);
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumFlags });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const exit = new Promise((resolve) => void page.exposeFunction('codeAutomationExit', (code) => resolve(code)));
  await page.exposeFunction('codeAutomationLog', (type, args) => onLog(type, args));
  const remote = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
  const payload = [
    ...(extension ? [['extensionDevelopmentPath', remote(extension)]] : []),
    ...(tests ? [['extensionTestsPath', remote(tests)]] : []),
    ['enableProposedApi', ''],
  ];
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
  return {
    page,
    exit,
    async close() {
      await browser.close();
      server.kill();
      await new Promise((resolve) => server.once('exit', resolve));
      rmSync(state, { recursive: true, force: true });
    },
  };
}

async function startServer(root, state, port, env) {
  const entry = join(root, 'node_modules/code-server/out/node/entry.js');
  const folders = Object.fromEntries(['data', 'config', 'cache', 'state', 'tmp', 'extensions', 'user'].map((name) => [name, join(state, name)]));
  for (const folder of Object.values(folders)) mkdirSync(folder);
  const { NODE_OPTIONS: _options, VSCODE_IPC_HOOK_CLI: _hook, ...inherited } = process.env;
  const child = spawn(process.execPath, [
    entry, '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust',
    '--disable-getting-started-override', '--user-data-dir', folders.user, '--extensions-dir', folders.extensions,
  ], {
    env: {
      ...inherited, EXTENSIONS_GALLERY: '{}', XDG_DATA_HOME: folders.data, XDG_CONFIG_HOME: folders.config, XDG_CACHE_HOME: folders.cache,
      XDG_STATE_HOME: folders.state, TMPDIR: folders.tmp, ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise((resolve, reject) => {
    const collect = (chunk) => {
      output += chunk;
      if (output.includes('HTTP server listening')) resolve();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('exit', (code) => reject(new Error(`code-server ended with ${code}:\n${output}`)));
  });
  return child;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function chromiumPath() {
  return process.env.PODIUM_TEST_CHROMIUM ?? '/usr/bin/chromium';
}

export function withTimeout(promise, what) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${timeoutMs / 60_000} minutes`)), timeoutMs);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
