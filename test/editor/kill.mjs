// An editor that is killed in the middle of a debug session: nothing may stay forwarded, paused, changed or running.
// `node test/editor/kill.mjs REPORT`; needs Docker and kubectl. PODIUM_TEST_GREP names one step.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { artifacts, bundle, EditorRig } from './rig.mjs';

const stepTimeoutMs = 60_000;
const report = resolve(process.argv[2] ?? join(artifacts, 'kill.json'));
const cluster = `editor-kill-${process.pid}`;
const server = `const { createServer } = require('node:http');

function greet(name) {
  const greeting = 'hello ' + name;
  return greeting;
}

createServer((request, response) => response.end(greet(request.url.slice(1)))).listen(8080);
`;
const probe = '{ httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1, failureThreshold: 2 }';
const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: { name: greeter, namespace: default }
spec:
  selector: { matchLabels: { app: greeter } }
  template:
    metadata: { labels: { app: greeter } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: greeter, image: 'greeter:1', livenessProbe: ${probe} }]
`;

const local = { kind: 'local', name: cluster };
const foreign = { kind: 'context', name: 'somewhere-else' };
const steps = [
  ['forwarded', local],
  ['attached', local],
  ['paused', local],
  ['patched', foreign],
  ['deploying', foreign],
];

/** The cluster as kubectl tells of it. */
class Api {
  get(...args) {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
    return execFileSync('kubectl', ['--kubeconfig', rig.env.KUBECONFIG, 'get', ...args], options);
  }

  /** Throws what is otherwise than before anybody debugged. */
  isAsWritten() {
    const { metadata, spec, status } = JSON.parse(this.get('deployment', 'greeter', '-o', 'json'));
    const [container] = spec.template.spec.containers;
    const marks = Object.keys({ ...metadata.labels, ...metadata.annotations }).filter((key) =>
      key.startsWith('podium.dev/'),
    );
    if (marks.length > 0) throw new Error(`the Deployment has ${marks.join(', ')}`);
    if (!container.livenessProbe || container.command)
      throw new Error(`the container is changed: ${JSON.stringify(container)}`);
    if (status.readyReplicas !== 1 || status.updatedReplicas !== 1)
      throw new Error(`its pods are not ready: ${JSON.stringify(status)}`);
    const pods = JSON.parse(this.get('pods', '-o', 'json')).items;
    if (pods.length !== 1) throw new Error(`there are ${pods.length} pods`);
    const [pod] = pods;
    const until = Date.parse(pod.metadata.annotations?.['podium.dev/debugged-until'] ?? '');
    if (until > Date.now()) throw new Error('the pod is held');
    const restarts = pod.status.containerStatuses?.[0]?.restartCount;
    if (restarts) throw new Error(`the program was restarted ${restarts} times`);
    const running = (pod.status.ephemeralContainerStatuses ?? []).filter(({ state }) => state.running);
    if (running.length > 0) throw new Error("a debugger's container runs");
    const answer = this.get('--raw', `/api/v1/namespaces/default/pods/${pod.metadata.name}:8080/proxy/you`);
    if (answer !== 'hello you') throw new Error(`it answers ${answer}`);
  }
}

const rig = new EditorRig();
const api = new Api();
const result = { numPassedTests: 0, numFailedTests: 0 };

try {
  await rig.prepare();
  await deploy();
  const only = process.env.PODIUM_TEST_GREP;
  for (const [step, ref] of steps.filter(([name]) => !only || name === only)) {
    try {
      await killAt(step, ref);
      console.log(`    ✔ killed when ${step}, all is as before`);
      result.numPassedTests++;
    } catch (error) {
      console.log(`    ✘ killed when ${step}: ${error.message}`);
      result.numFailedTests++;
    }
  }
  writeFileSync(report, JSON.stringify(result));
} catch (error) {
  console.error(error.message);
  await rig.leave(1);
}
await rig.leave(result.numFailedTests === 0 ? 0 : 1);

async function deploy() {
  const { workspace, home } = rig.folders;
  writeApp(workspace);
  podium('up', '--name', cluster, '--runtime', 'docker', '--nodes', '1', '--wait');
  podium('build', join(workspace, 'greeter'), '-t', 'greeter:1');
  podium('apply', '--name', cluster, '-f', join(workspace, 'greeter/greeter.yaml'));
  writeContext(join(home, 'clusters', cluster, 'kubeconfig'), rig.env.KUBECONFIG);
  await eventually(() => api.isAsWritten());
}

/** A window that runs the suite up to a step, where its extension host ends itself. */
async function killAt(step, ref) {
  const mark = join(rig.folders.home, `killed-${step}`);
  const env = {
    PODIUM_TEST_KILL_AT: step,
    PODIUM_TEST_KILL_MARK: mark,
    PODIUM_TEST_KILL_REF: JSON.stringify(ref),
    PODIUM_TEST_KILL_CLUSTER: cluster,
  };
  const tests = await bundle('test/editor/kill-suite.ts', 'editor-suite/kill.js', { format: 'cjs' });
  const said = [];
  const onLog = (_type, args) => said.push(args.join(' '));
  const workbench = await rig.openWindow({ tests, env, logs: join(artifacts, `kill-${step}-logs`), onLog });
  try {
    await Promise.race([workbench.exit, sleep(stepTimeoutMs)]);
    if (!existsSync(mark)) throw new Error(`the editor did not come that far: ${said.slice(-5).join('\n')}`);
    const { port } = JSON.parse(readFileSync(mark, 'utf8'));
    // A lease lasts half a minute longer than who held it.
    await eventually(() => api.isAsWritten(), 45_000);
    await eventually(() => noProcess(`${rig.folders.extension}/dist/podium`));
    if (port && (await isOpen(port))) throw new Error(`127.0.0.1:${port} is still forwarded`);
  } finally {
    await workbench.close();
  }
}

function podium(...args) {
  const { status, stderr } = rig.podium(...args);
  if (status !== 0) throw new Error(`podium ${args.join(' ')} failed:\n${stderr}`);
}

function writeApp(workspace) {
  const folder = join(workspace, 'greeter');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'server.js'), server);
  const dockerfile =
    'ARG BASE=node:20-bookworm-slim\nFROM ${BASE}\nWORKDIR /srv/app\nCOPY server.js .\nCMD ["node", "server.js"]\n';
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  writeFileSync(join(folder, 'greeter.yaml'), manifest);
}

/** The same cluster by a kubeconfig of somebody else's: to the editor it is not Podium's own. */
function writeContext(from, to) {
  cpSync(from, to);
  const text = readFileSync(to, 'utf8');
  const current = /^current-context: *"?([^"\n]+)"?/m.exec(text)?.[1] ?? '';
  const kubectl = (...args) => execFileSync('kubectl', ['--kubeconfig', to, 'config', ...args], { stdio: 'pipe' });
  kubectl('rename-context', current, foreign.name);
  kubectl('use-context', foreign.name);
}

function noProcess(folder) {
  const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(folder));
  if (found.length > 0) throw new Error(`still there: ${found.map((pid) => `${pid} ${commandOf(pid)}`).join('; ')}`);
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function eventually(attempt, timeoutMs = 30_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await sleep(300);
  }
}
