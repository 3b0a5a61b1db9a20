// What the tests need of a machine besides Node.js. On Debian and Ubuntu as root it is installed and started; elsewhere
// the missing pieces are named and the run fails: no suite is skipped for lack of a tool.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Command → Debian package. */
const tools = [
  ['dockerd', 'docker.io'],
  ['etcd', 'etcd-server'],
  ['chromium', 'chromium'],
  ['debootstrap', 'debootstrap'],
  ['busybox', 'busybox-static'],
  ['nft', 'nftables'],
  ['ip', 'iproute2'],
  ['rg', 'ripgrep'],
  ['kubectl', 'kubernetes-client'],
  ['g++', 'g++'],
  ['make', 'make'],
];

/** What only the long tests need. */
const longTools = [['go', 'golang-go']];

const extraFolders = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

export async function prepareMachine({ long = false } = {}) {
  const missing = [...tools, ...(long ? longTools : [])].filter(([command]) => !onPath(command));
  if (missing.length > 0) {
    if (!isDebianRoot()) fail(missing.map(([command, name]) => `${command} (Debian package ${name})`));
    installPackages(missing.map(([, name]) => name));
  }
  if (!engineAnswers()) {
    if (!isDebianRoot()) fail(['a running Docker Engine']);
    await startEngine();
  }
}

function onPath(command) {
  return [...(process.env.PATH ?? '').split(delimiter), ...extraFolders].some((folder) => existsSync(join(folder, command)));
}

function isDebianRoot() {
  return process.platform === 'linux' && process.getuid() === 0 && existsSync('/usr/bin/apt-get');
}

function fail(pieces) {
  console.error(`The tests need what this machine lacks:\n${pieces.map((piece) => `  - ${piece}`).join('\n')}`);
  process.exit(1);
}

function installPackages(names) {
  console.error(`  installing ${names.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args) => spawnSync('apt-get', args, { env, encoding: 'utf8', maxBuffer: 64 << 20 });
  aptGet('update', '-q');
  const result = aptGet('install', '-y', '-q', '--no-install-recommends', ...names);
  if (result.status !== 0) {
    console.error(result.stdout, result.stderr);
    fail(names.map((name) => `Debian package ${name}, which could not be installed`));
  }
}

function engineAnswers() {
  return spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { stdio: 'ignore' }).status === 0;
}

async function startEngine() {
  console.error('  starting the Docker Engine …');
  const file = '/var/log/dockerd.log';
  const log = openSync(file, 'a');
  spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] }).unref();
  for (let i = 0; i < 60; i++) {
    if (engineAnswers()) return;
    await sleep(500);
  }
  console.error(readFileSync(file, 'utf8').split('\n').slice(-20).join('\n'));
  fail(['a Docker Engine that starts']);
}
