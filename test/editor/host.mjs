// A VS Code where none can run: the real workbench and extension host, served by code-server to headless Chromium.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { installCodeServer } from './install-code-server.mjs';

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Opens a workbench on `folder`. `onLog` hears the extension host's console; `exit` settles when the tests end,
 * or fails when the browser or the server goes away. `close` leaves the logs in `logs`. With a `language` extensions
 * speak it; there is no language pack for the workbench itself.
 */
export async function openWorkbench({ folder, extension, tests, env = {}, settings = {}, logs, language, onLog = () => {} }) {
  const state = mkdtempSync(join(tmpdir(), 'podium-editor-'));
  const port = await freePort();
  const server = await startServer(state, port, env, settings);
  let browser;
  const close = async () => {
    await browser?.close();
    await end(server);
    if (logs) keepLogs(join(state, 'user/logs'), logs);
    rmSync(state, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    browser = await chromium.launch({
      executablePath: process.env.PODIUM_TEST_CHROMIUM ?? '/usr/bin/chromium',
      args: chromiumFlags,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const viewport = { width: 1280, height: 800 };
    const address = addressOf({ port, folder, extension, tests });
    const page = await browser.newPage({ viewport });
    if (language) await page.addInitScript((each) => void (globalThis._VSCODE_NLS_LANGUAGE = each), language);
    const exit = exitOf(page, browser, server);
    await page.exposeFunction('codeAutomationLog', (type, args) => onLog(type, args));
    await page.goto(address);
    /** One more window on the same folder, with an extension host of its own. */
    const openAnother = async () => {
      const other = await browser.newPage({ viewport });
      await other.goto(address);
      return other;
    };
    return { page, exit, close, openAnother };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A command of code-server's own, such as `--install-extension`; its output. */
export function runCodeServer(args, state) {
  const { env } = stateOf(state);
  // It refuses to install anything when it is told of an empty gallery.
  delete env.EXTENSIONS_GALLERY;
  const child = spawn(process.execPath, [entryFile(), ...folderFlags(state), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`code-server ended with ${code}:\n${output}`)),
    );
  });
}

function exitOf(page, browser, server) {
  const exit = new Promise((resolve, reject) => {
    void page.exposeFunction('codeAutomationExit', (code) => resolve(code));
    page.once('crash', () => reject(new Error('the page crashed')));
    browser.once('disconnected', () => reject(new Error('the browser went away')));
    server.once('exit', (code) => reject(new Error(`code-server ended with ${code}`)));
  });
  exit.catch(() => {});
  return exit;
}

function addressOf({ port, folder, extension, tests }) {
  const remote = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
  const payload = [
    ...(extension ? [['extensionDevelopmentPath', remote(extension)]] : []),
    ...(tests ? [['extensionTestsPath', remote(tests)]] : []),
    ['enableProposedApi', ''],
  ];
  return `http://127.0.0.1:${port}/?${new URLSearchParams({ folder, payload: JSON.stringify(payload) })}`;
}

function stateOf(state) {
  const folders = Object.fromEntries(
    ['data', 'config', 'cache', 'state', 'tmp', 'extensions', 'user'].map((name) => [name, join(state, name)]),
  );
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  const { NODE_OPTIONS: _options, VSCODE_IPC_HOOK_CLI: _hook, ...inherited } = process.env;
  const env = {
    ...inherited,
    EXTENSIONS_GALLERY: '{}',
    XDG_DATA_HOME: folders.data,
    XDG_CONFIG_HOME: folders.config,
    XDG_CACHE_HOME: folders.cache,
    XDG_STATE_HOME: folders.state,
    TMPDIR: folders.tmp,
  };
  return { folders, env };
}

function folderFlags(state) {
  return ['--user-data-dir', join(state, 'user'), '--extensions-dir', join(state, 'extensions')];
}

function entryFile() {
  return join(installCodeServer(), 'node_modules/code-server/out/node/entry.js');
}

async function startServer(state, port, more, settings) {
  const { folders, env } = stateOf(state);
  // What has the scope "machine" is read from the second.
  for (const scope of ['User', 'Machine']) {
    mkdirSync(join(folders.user, scope), { recursive: true });
    writeFileSync(join(folders.user, scope, 'settings.json'), JSON.stringify(settings));
  }
  const child = spawn(
    process.execPath,
    [
      entryFile(),
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-workspace-trust',
      '--disable-getting-started-override',
      ...folderFlags(state),
    ],
    { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
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

/** Ends the server with all that it started: extension hosts and watchers outlive it for a while otherwise. */
async function end(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function keepLogs(from, to) {
  // Gone when the window was closed before.
  if (!existsSync(from)) return;
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
  });
}
