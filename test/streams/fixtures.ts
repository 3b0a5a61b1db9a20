import { spawn } from 'node:child_process';
import { ensureTools, tools } from '../support/images';
import { kubectlPath, run, RunningCommand, TestCluster, type CommandResult } from '../support/test-cluster';

/** A pod of two containers: a web server, and one that reads its standard input. */
export const web = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: web
      image: ${tools}
      command: [sh, -c, 'echo started; exec serve']
      ports: [{ name: http, containerPort: 8080 }]
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
    - name: reader
      image: ${tools}
      stdin: true
      command: [sh, -c, 'echo ready; while read -r line; do echo "read $line"; done; sleep 3600']
`;

/** The environment by which kubectl speaks the older protocol. */
export const transports = [
  { transport: 'WebSocket', env: {} },
  { transport: 'SPDY', env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' } },
] as const;

/** A cluster of one Docker node with the pod `web`. */
export async function clusterWithWeb(name: string): Promise<TestCluster> {
  ensureTools();
  const cluster = await TestCluster.up(name, '--nodes', '1');
  await cluster.apply(web);
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s');
  return cluster;
}

export function kubectlWith(cluster: TestCluster, env: NodeJS.ProcessEnv, ...args: string[]): Promise<CommandResult> {
  return run(kubectlPath(), args, { ...cluster.env, ...env });
}

/** A kubectl fed with `input`, whose output is taken as bytes. */
export function kubectlFed(cluster: TestCluster, env: NodeJS.ProcessEnv, input: Buffer, ...args: string[]): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const child = spawn(kubectlPath(), args, { env: { ...cluster.env, ...env } });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, stdout: Buffer.concat(stdout), stderr })));
}

export function startWith(cluster: TestCluster, env: NodeJS.ProcessEnv, ...args: string[]): RunningCommand {
  return new RunningCommand(spawn(kubectlPath(), args, { env: { ...cluster.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] }));
}

/** A shell's command line on a terminal of its own, of 40 rows and 100 columns. */
export function onTerminal(cluster: TestCluster, env: NodeJS.ProcessEnv, command: string): RunningCommand {
  const line = `stty rows 40 cols 100; exec ${command}`;
  const args = ['-qefc', line, '/dev/null'];
  return new RunningCommand(spawn('script', args, { env: { ...cluster.env, ...env, SHELL: '/bin/sh' }, stdio: ['pipe', 'pipe', 'pipe'] }));
}

/** Command lines of the processes that carry streams in the cluster's only node, which sees those of all the engine's. */
export async function helpersOf(cluster: TestCluster): Promise<string[]> {
  const script = 'own=$(readlink /proc/self/ns/mnt); for f in /proc/[0-9]*; do ' +
    '[ "$(readlink $f/ns/mnt)" = "$own" ] && tr "\\0" " " < $f/cmdline && echo; done 2>/dev/null';
  const { stdout } = await run('docker', ['exec', `podium-${cluster.name}-node-1`, 'sh', '-c', script]);
  return stdout.split('\n').filter((line) => /^(nsenter|socat)\b/.test(line));
}
