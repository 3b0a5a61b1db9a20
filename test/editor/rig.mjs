// What every run in a real VS Code shares: folders of its own, the staged extension, windows, and clusters that end with it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { openWorkbench } from './host.mjs';
import { answer } from './page-requests.mjs';
import { stageExtension } from './stage.mjs';

/** What the workbench says of itself in the console. */
const chatter =
  /^(Creating a socket|Resolv(ing|ed) conn|Ignoring fetching|\[Service Worker\]|ChatSessionStore|Updating addit|$)/;

export const artifacts = resolve('test/artifacts');

export class EditorRig {
  cluster = `editor-${process.pid}`;
  work = mkdtempSync(join(tmpdir(), 'podium-editor-run-'));
  folders = Object.fromEntries(
    ['workspace', 'home', 'extension', 'requests'].map((name) => [name, join(this.work, name)]),
  );
  settings = {
    'workbench.startupEditor': 'none',
    'workbench.welcomePage.walkthroughs.openOnInstall': false,
    'workbench.colorTheme': process.env.PODIUM_TEST_THEME ?? 'Default Light Modern',
  };
  env = { PODIUM_HOME: this.folders.home, KUBECONFIG: join(this.folders.home, 'kubeconfig') };
  /** The window that is open. */
  open;

  constructor() {
    for (const folder of Object.values(this.folders)) mkdirSync(folder);
    mkdirSync(artifacts, { recursive: true });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void this.leave(1));
  }

  /** The workspace of the tests, and the extension as its .vsix holds it. */
  async prepare() {
    const { workspace, extension } = this.folders;
    cpSync('test/editor/workspace', workspace, { recursive: true });
    mkdirSync(join(workspace, '.vscode'), { recursive: true });
    const cluster = { name: this.cluster, nodes: 3, runtime: 'simulated' };
    const settings = Object.fromEntries(Object.entries(cluster).map(([key, value]) => [`podium.cluster.${key}`, value]));
    writeFileSync(join(workspace, '.vscode/settings.json'), JSON.stringify(settings));
    await stageExtension(extension);
    this.env.PODIUM_TEST_LOAD = await bundle('test/editor/load.ts', 'editor-suite/load.mjs', { format: 'esm' });
  }

  async openWindow(options = {}) {
    const { folders, settings, env } = this;
    this.open = await openWorkbench({
      folder: folders.workspace,
      extension: folders.extension,
      ...options,
      settings: { ...settings, ...options.settings },
      env: { ...env, ...options.env },
    });
    return this.open;
  }

  /** Runs the `run()` of a bundled file in the extension host of a window; `report` must be there afterwards. */
  async runInWindow({ entry, report, logs, timeoutMs, env, ...more }) {
    rmSync(report, { force: true });
    const { requests } = this.folders;
    const workbench = await this.openWindow({
      ...more,
      tests: entry,
      logs: join(artifacts, logs),
      env: { ...env, PODIUM_TEST_REPORT: report, PODIUM_TEST_REQUESTS: requests },
      onLog: (_type, args) => {
        const text = formatLog(args);
        const request = /^workbench: (\{.*\})$/.exec(text)?.[1];
        if (request) void this.answer(JSON.parse(request));
        else if (!chatter.test(text)) console.log(text);
      },
    });
    try {
      await withinTime(workbench.exit, timeoutMs);
      // A workbench whose extension host died says 0 all the same.
      if (!existsSync(report)) throw new Error('the suite did not reach its end');
    } catch (error) {
      await workbench.page.screenshot({ path: join(artifacts, 'editor-failure.png') }).catch(() => {});
      throw error;
    } finally {
      await workbench.close();
    }
  }

  /** Answers with a file: the way from page to extension host has no other. */
  async answer({ id, ...request }) {
    const reply = await answer(this.open, request, artifacts);
    const file = join(this.folders.requests, id);
    writeFileSync(`${file}.part`, JSON.stringify(reply));
    renameSync(`${file}.part`, file);
  }

  podium(...args) {
    const program = join(this.folders.extension, 'dist/podium/lib/podium.js');
    const options = { env: { ...process.env, ...this.env }, encoding: 'utf8' };
    return spawnSync(process.execPath, [program, ...args], options);
  }

  /** Nothing of a run before is left for the next window. */
  removeClusters() {
    const clusters = join(this.folders.home, 'clusters');
    for (const name of existsSync(clusters) ? readdirSync(clusters) : []) this.podium('down', '--name', name);
    rmSync(this.folders.home, { recursive: true, force: true });
    mkdirSync(this.folders.home);
  }

  /** Ends the window first, which may be starting a cluster at this moment, and then the clusters. */
  async leave(code) {
    await this.open?.close();
    this.removeClusters();
    rmSync(this.work, { recursive: true, force: true });
    process.exit(code);
  }
}

async function withinTime(promise, timeoutMs) {
  let timer;
  const timeout = new Promise((_, reject) => {
    const message = `the suite did not end within ${timeoutMs / 60_000} minutes`;
    timer = setTimeout(() => reject(new Error(message)), timeoutMs);
  });
  try {
    await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The console's format string, filled in. */
function formatLog([first = '', ...rest]) {
  const text = first.replaceAll(/%[sdo]/g, () => String(rest.shift() ?? ''));
  return [text, ...rest.map(String)].join(' ').trimEnd();
}

/** One file; mocha itself is loaded from node_modules. */
export async function bundle(entry, file, options) {
  const outfile = resolve('node_modules/.cache', file);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
    ...(options.format === 'esm' && {
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    }),
    ...options,
  });
  return outfile;
}
