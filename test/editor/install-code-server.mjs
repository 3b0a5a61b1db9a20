// Installs code-server (the real workbench and extension host, served to a browser) into the user's cache folder: on a
// machine without a display VS Code itself can't run. Returns the folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const version = '4.100.3';

export function installCodeServer() {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'podium-test', `code-server-${version}`);
  if (existsSync(join(folder, 'installed'))) return folder;
  console.log(`installing code-server ${version} (once)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const headers = headersFolder();
  npm(folder, ['i', '--ignore-scripts', `code-server@${version}`]);
  // The one addon that it can't start without.
  npm(folder, ['rebuild', 'argon2', ...(headers ? [`--nodedir=${headers}`] : [])], {
    npm_config_build_from_source: 'true',
  });
  const vscode = join(folder, 'node_modules/code-server/lib/vscode');
  npm(vscode, ['i', '--ignore-scripts', '--omit=dev']);
  npm(join(vscode, 'extensions'), ['i', '--ignore-scripts', '--omit=dev']);
  for (const addon of ['node-pty', '@vscode/spdlog', 'native-watchdog'])
    rebuildAddon(join(vscode, 'node_modules', addon), headers);
  linkTools(vscode);
  writeFileSync(join(folder, 'installed'), '');
  return folder;
}

function rebuildAddon(folder, headers) {
  const npmCli = realpathSync(spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim());
  const gyp = join(dirname(npmCli), '../node_modules/node-gyp/bin/node-gyp.js');
  run(process.execPath, [gyp, 'rebuild', ...(headers ? [`--nodedir=${headers}`] : [])], folder);
}

/** Where this Node.js' own headers are, so that node-gyp downloads none. */
function headersFolder() {
  return [dirname(dirname(process.execPath)), '/usr'].find((prefix) => existsSync(join(prefix, 'include/node/node.h')));
}

function linkTools(vscode) {
  const ripgrep = join(vscode, 'node_modules/@vscode/ripgrep/bin');
  mkdirSync(ripgrep, { recursive: true });
  const rg = spawnSync('sh', ['-c', 'command -v rg'], { encoding: 'utf8' }).stdout.trim();
  const links = [
    [rg, join(ripgrep, 'rg')],
    ['node_modules', join(vscode, 'node_modules.asar')],
    ['code-linux.sh', join(vscode, 'bin/remote-cli/code-server')],
    ['browser-linux.sh', join(vscode, 'bin/helpers/browser.sh')],
  ];
  for (const [target, path] of links) {
    if (!existsSync(dirname(path)) || readdirSync(dirname(path)).includes(path.split('/').at(-1))) continue;
    symlinkSync(target, path);
  }
}

function npm(cwd, args, env = {}) {
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], cwd, env);
}

function run(command, args, cwd, env = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}
