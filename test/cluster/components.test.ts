import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busybox, ensureBusybox } from '../support/images';
import { eventually, kubectlPath, run, RunningCommand } from '../support/test-cluster';

const program = resolve('dist/podium/lib/podium.js');
const id = String(process.pid % 10_000);
const cluster = `t-components-${process.pid}`;
/** The host's and the node's end of the cable between them. */
const [hostAddress, nodeAddress] = ['10.98.0.1', '10.98.0.2'];
const namespace = `podium-t${id}`;

const pod = (name: string, scheduler: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  schedulerName: ${scheduler}
  terminationGracePeriodSeconds: 1
  containers:
  - { name: main, image: '${busybox}', command: [sh, -c, 'echo "hello from $HOSTNAME"; exec httpd -f -p 80 -h /etc'] }
`;

/** Each part of a cluster started by its own command, the node in a network namespace of its own as on another machine. */
describe('components by themselves', () => {
  let folder: string;
  const started: RunningCommand[] = [];

  beforeAll(async () => {
    ensureBusybox();
    folder = mkdtempSync(join(tmpdir(), 'podium-components-'));
    mkdirSync('/var/lib/podium', { recursive: true });
    sh(`ip netns add ${namespace} && ip link add pt${id}h type veth peer name pt${id}n netns ${namespace}`);
    sh(`ip addr add ${hostAddress}/24 dev pt${id}h && ip link set pt${id}h up`);
    const inNode = `ip netns exec ${namespace}`;
    sh(`${inNode} ip addr add ${nodeAddress}/24 dev pt${id}n && ${inNode} ip link set pt${id}n up && ${inNode} ip link set lo up`);
    sh(`${inNode} ip route add default via ${hostAddress} && ${inNode} sysctl -qw net.ipv4.ip_forward=1`);
    const api = start('apiserver', '--data-dir', join(folder, 'state'), '--bind-address', hostAddress, '--port', '0');
    await api.until(/API server at/);
  });

  afterAll(async () => {
    for (const process of started.reverse()) await process.stop();
    const containers = sh(`docker ps -aq --filter label=podium=${cluster}`).trim().split('\n').filter(Boolean);
    if (containers.length > 0) execFileSync('docker', ['rm', '-f', ...containers]);
    sh(`ip netns delete ${namespace}; ip link delete pt${id}h 2>/dev/null || true`);
    rmSync(folder, { recursive: true, force: true });
  });

  const env = (): NodeJS.ProcessEnv => ({
    ...process.env, KUBECONFIG: join(folder, 'state/kubeconfig'), PODIUM_HOME: join(folder, 'home'), HOME: folder,
  });
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(kubectlPath(), args, env());
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const apply = (manifest: string): Promise<string> => {
    writeFileSync(join(folder, 'manifest.yaml'), manifest);
    return kubectl('apply', '-f', join(folder, 'manifest.yaml'));
  };

  function start(...args: string[]): RunningCommand {
    return track(spawn(process.execPath, [program, ...args], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** In the node's network, with a folder of its own where a node keeps its data. */
  function startInNode(...args: string[]): RunningCommand {
    const script = `mount --bind ${folder}/node /var/lib/podium && exec "$@"`;
    const command = ['netns', 'exec', namespace, 'unshare', '-m', 'sh', '-c', script, 'sh', process.execPath, program, ...args];
    return track(spawn('ip', command, { env: env(), stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  function track(child: ChildProcess): RunningCommand {
    const command = new RunningCommand(child);
    started.push(command);
    return command;
  }

  it('an API server alone keeps what it is told, and nothing acts on it', async () => {
    await kubectl('create', 'deployment', 'idle', `--image=${busybox}`);
    expect(await kubectl('get', 'replicasets', '-o', 'name')).toBe('');
    await kubectl('delete', 'deployment', 'idle');
  });

  it('a controller manager can run some of its controllers', async () => {
    const some = start('controller-manager', '--controllers', 'replicaset-controller');
    await apply('{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: rs}, spec: {selector: {matchLabels: {a: b}}, ' +
      `template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: '${busybox}'}]}}}}`);
    await eventually(async () => expect(await kubectl('get', 'events', '--field-selector=reason=FailedCreate', '-o', 'name')).not.toBe(''));
    await some.stop();
    await kubectl('delete', 'rs', 'rs');
  });

  it('the rest of the controllers make what pods need', async () => {
    start('controller-manager');
    await eventually(async () => expect(await kubectl('get', 'serviceaccount', 'default', '-o', 'name')).toBe('serviceaccount/default'));
    await eventually(async () => expect(await kubectl('get', 'configmap', 'kube-root-ca.crt', '-o', 'name')).not.toBe(''));
  });

  it('a node that is started by hand joins by itself and becomes Ready', async () => {
    mkdirSync(join(folder, 'node'));
    const server = (await kubectl('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}')).replace('127.0.0.1', hostAddress);
    const { stdout } = await run(process.execPath, [
      program, 'node-config', 'by-hand', '--data-dir', join(folder, 'state'), '--server', server, '--node-ip', nodeAddress,
      '--engine-data-folder', join(folder, 'node'), '--node-cpu', '1500m', '--cluster-name', cluster,
    ], env());
    writeFileSync(join(folder, 'node.json'), stdout);
    startInNode('kubelet', '--node-config', join(folder, 'node.json'));
    await kubectl('wait', '--for=create', 'node/by-hand', '--timeout=30s');
    await kubectl('wait', '--for=condition=Ready', 'node/by-hand', '--timeout=30s');
    expect(await kubectl('get', 'node', 'by-hand', '-o', 'jsonpath={.status.allocatable.cpu} {.status.addresses[0].address}')).toBe(`1500m ${nodeAddress}`);
  });

  it('a scheduler takes the pods that name it, and no others', async () => {
    start('scheduler', '--scheduler-name', 'mine');
    await apply(pod('taken', 'mine'));
    await apply(pod('left', 'default-scheduler'));
    await kubectl('wait', '--for=condition=Ready', 'pod/taken', '--timeout=60s');
    expect(await kubectl('get', 'pod', 'left', '-o', 'jsonpath={.spec.nodeName}')).toBe('');
    expect(await kubectl('logs', 'taken')).toBe('hello from taken');
    expect(await kubectl('exec', 'taken', '--', 'hostname')).toBe('taken');
    start('scheduler');
    await kubectl('wait', '--for=condition=Ready', 'pod/left', '--timeout=60s');
  });

  it('a proxy alone makes rules of the Services', async () => {
    const proxyNamespace = `${namespace}p`;
    sh(`ip netns add ${proxyNamespace} && ip link add pt${id}p type veth peer name eth0 netns ${proxyNamespace}`);
    try {
      sh(`ip addr add 10.98.1.1/24 dev pt${id}p && ip link set pt${id}p up && ip netns exec ${proxyNamespace} ip addr add 10.98.1.2/24 dev eth0`);
      sh(`ip netns exec ${proxyNamespace} ip link set eth0 up && ip netns exec ${proxyNamespace} ip route add default via 10.98.1.1`);
      const kubeconfig = join(folder, 'proxy.kubeconfig');
      const reachable = (await kubectl('config', 'view', '--raw')).replace('127.0.0.1', hostAddress);
      writeFileSync(kubeconfig, reachable, { mode: 0o600 });
      const proxy = track(spawn('ip', [
        'netns', 'exec', proxyNamespace, process.execPath, program, 'proxy', '--kubeconfig', kubeconfig, '--node-name', 'other', '--node-ip', '10.98.1.2',
      ], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] }));
      await kubectl('expose', 'pod', 'taken', '--port=80');
      const address = await kubectl('get', 'service', 'taken', '-o', 'jsonpath={.spec.clusterIP}');
      const podAddress = await kubectl('get', 'pod', 'taken', '-o', 'jsonpath={.status.podIP}');
      await eventually(() => {
        const rules = sh(`ip netns exec ${proxyNamespace} nft list ruleset`);
        expect(rules).toContain(address);
        expect(rules).toContain(`dnat to ${podAddress}:80`);
      });
      await proxy.stop();
    } finally {
      sh(`ip netns delete ${proxyNamespace}; ip link delete pt${id}p 2>/dev/null || true`);
    }
  });

  it('they say what they lack', async () => {
    const failing: [string[], RegExp][] = [
      [['controller-manager', '--controllers', 'nonsense'], /error: there is no controller "nonsense"; there are: /],
      [['scheduler', '--kubeconfig', join(folder, 'none')], /error: .*none: no such file/],
      [['kubelet', '--node-config', join(folder, 'none')], /error: ENOENT/],
      [['apiserver'], /error: required option '--data-dir <folder>' not specified/],
    ];
    for (const [args, message] of failing) {
      const { code, stderr } = await run(process.execPath, [program, ...args], env());
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }
  });
});

function sh(command: string): string {
  return execFileSync('sh', ['-c', command], { encoding: 'utf8' });
}
