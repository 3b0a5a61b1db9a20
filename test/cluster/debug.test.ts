import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachDebugger, type DebugConnection } from '../../runtime/client/debug/attach';
import { RestartNeededError } from '../../runtime/client/debug/processes';
import { heldPod, TemplateHold } from '../../runtime/client/debug/template-hold';
import { loadKubeconfig, transportFor } from '../../runtime/client/kubeconfig';
import { Forward } from '../../runtime/client/pods/forward';
import { Client } from '../../runtime/client/resource-client';
import { DapClient } from '../support/dap';
import { bareDebugApp, debugApp, debugpyApp, ensureDebugApps, ensureGoDebugApp, goDebugApp } from '../support/images';
import { eventually, TestCluster } from '../support/test-cluster';

/** What takes long is left out unless it is asked for. */
const long = process.env.PODIUM_TEST_LONG ? it : () => {};
/** Line of `greeting = …` in app.py. */
const line = 7;
const here = '/home/me/greeter';

/** Debuggers of programs whose images have none, without an editor: by the Debug Adapter Protocol itself. */
describe('debugging on a Docker node', () => {
  let cluster: TestCluster;
  let client: Client;
  let tools: string;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    tools = ensureDebugApps();
    cluster = await TestCluster.up('debug', '--nodes', '1');
    client = new Client(transportFor(loadKubeconfig([cluster.kubeconfig])));
    await cluster.apply(
      [
        pod('python', debugApp, ['sh', '-c', 'python3 app.py; exit $?']),
        pod('bare', bareDebugApp, ['python3', 'app.py']),
        pod('bare-node', bareDebugApp, ['node', 'server.js']),
        pod('java', debugApp, ['sh', '-c', 'cp /bin/sleep /tmp/java; exec /tmp/java 1000']),
        pod(
          'crowded',
          debugApp,
          ['node', '-e', 'for (const port of [5678, 9229]) require("net").createServer().listen(port)'],
          [
            { name: 'python', image: debugApp, command: ['python3', 'app.py'] },
            { name: 'node', image: debugApp, command: ['node', '-e', 'setInterval(() => {}, 1000)'] },
          ],
        ),
        pod('own', debugpyApp, ['python3', 'app.py']),
        pod('nothing', debugApp, ['sleep', '1000']),
      ].join('---\n'),
    );
    await cluster.kubectl('wait', 'pod', '--all', '--for=condition=Ready', '--timeout=60s');
  });
  afterAll(async () => {
    await Promise.all(open.map((each) => each.close()));
    client?.transport.close();
    await cluster?.down();
  });

  const attach = async (
    name: string,
    options: { image?: string; pid?: number; container?: string } = {},
  ): Promise<DebugConnection> => {
    const connection = await attachDebugger(
      client,
      { pod: { namespace: 'default', name }, container: options.container ?? 'main' },
      {
        toolsImage: () => Promise.resolve(options.image),
        pid: options.pid,
        signal: AbortSignal.timeout(50_000),
      },
    );
    open.push(connection);
    return connection;
  };
  const ask = async (name: string, path: string): Promise<string> => {
    const forward = await Forward.open(client, { kind: 'pod', namespace: 'default', name }, [
      { local: 0, remote: '8080' },
    ]);
    try {
      return await request(forward.ports[0]?.local ?? 0, path);
    } finally {
      await forward.close();
    }
  };
  const pythonArguments = ({ port, cwd }: DebugConnection): object => ({
    connect: { host: '127.0.0.1', port },
    pathMappings: [{ localRoot: here, remoteRoot: cwd }],
  });

  it('kubectl debug looks into the processes of a container, and ends', async () => {
    const command = ['debug', 'bare', '--image', tools, '--target=main', '-q', '--attach=true', '-c', 'look', '--'];
    expect(
      await cluster.kubectl(...command, 'sh', '-c', 'tr "\\000" " " < /proc/1/cmdline; readlink /proc/1/cwd'),
    ).toContain('python3 app.py /srv/app');
    await eventually(async () => {
      const { status } = await client.pods.get('bare', 'default');
      expect(status?.ephemeralContainerStatuses?.[0]?.state?.terminated).toMatchObject({
        exitCode: 0,
        reason: 'Completed',
      });
    });
  });

  it.each([
    ['that is not process 1', 'python'],
    ['of an image without a shell', 'bare'],
  ])('stops a Python program %s at a breakpoint', async (_, name) => {
    const connection = await attach(name, { image: tools });
    expect(connection).toMatchObject({ runtime: 'python', cwd: '/srv/app', program: 'app.py' });
    const debug = await DapClient.connect(connection.port);
    await debug.attach(pythonArguments(connection), `${here}/app.py`, line);
    const answer = ask(name, 'world');
    const stopped = await debug.stopped('name');
    expect(stopped).toMatchObject({ path: `${here}/app.py`, line, value: "'world'" });
    await debug.request('continue', { threadId: stopped.threadId });
    expect(await answer).toBe('hello world');
    await debug.request('disconnect', { terminateDebuggee: false });
    expect(await ask(name, 'again')).toBe('hello again');
  });

  it('lets a program go whose debugger was killed at a breakpoint, and takes the next debugger', async () => {
    const first = await attach('python', { image: tools });
    const debug = await DapClient.connect(first.port);
    await debug.attach(pythonArguments(first), `${here}/app.py`, line);
    const answer = ask('python', 'freed');
    await debug.stopped('name');
    debug.die();
    expect(await answer).toBe('hello freed');
    const next = await DapClient.connect(first.port);
    await next.attach(pythonArguments(first), `${here}/app.py`, line);
    const held = ask('python', 'next');
    const { threadId } = await next.stopped('name');
    await next.request('continue', { threadId });
    expect(await held).toBe('hello next');
    next.die();
  });

  it('switches on the inspector of a Node.js in an image without a shell', async () => {
    const { runtime, port } = await attach('bare-node', { image: tools });
    expect(runtime).toBe('node');
    expect(await request(port, 'json/version')).toContain('"Browser": "node.js/');
  });

  long('stops a Go program in an image of nothing else at a breakpoint, and ends with its debugger', async () => {
    const compiledIn = ensureGoDebugApp();
    await cluster.apply(pod('go', goDebugApp, ['/greeter']));
    await cluster.kubectl('wait', 'pod', 'go', '--for=condition=Ready', '--timeout=30s');
    const connection = await attach('go', { image: tools });
    expect(connection).toMatchObject({ runtime: 'go', program: `${compiledIn}/main.go` });
    const debug = await DapClient.connect(connection.port);
    const paths = { substitutePath: [{ from: here, to: compiledIn }] };
    await debug.attach({ mode: 'local', processId: connection.pid, ...paths }, `${here}/main.go`, 10);
    const held = ask('go', 'world');
    expect(await debug.stopped('name')).toMatchObject({ path: `${here}/main.go`, line: 10, value: '"world"' });
    debug.die();
    expect(await held).toBe('hello world');
    await connection.close();
    await eventually(async () => {
      const { status } = await client.pods.get('go', 'default');
      expect(status?.ephemeralContainerStatuses?.filter(({ state }) => state?.running)).toEqual([]);
    });
    expect(await ask('go', 'again')).toBe('hello again');
  });

  long('starts a Python program anew under debugpy, where nothing can be loaded into the one that runs', async () => {
    const change = await attach('own').then(
      () => undefined,
      (error: Error) =>
        error instanceof RestartNeededError ? { container: 'main', command: error.command } : undefined,
    );
    expect(change?.command).toEqual(['python3', '-m', 'debugpy', '--listen', '127.0.0.1:5678', 'app.py']);
    if (!change) return;
    const hold = await TemplateHold.take(client, { namespace: 'default', name: 'own' }, change);
    if (!hold) throw new Error('nothing is held');
    const copy = await heldPod(client, hold.ref, change, 30_000, AbortSignal.timeout(30_000));
    const connection = await attach(copy.metadata.name);
    const debug = await DapClient.connect(connection.port);
    await debug.attach(pythonArguments(connection), `${here}/app.py`, line);
    const held = ask(copy.metadata.name, 'anew');
    expect(await debug.stopped('name')).toMatchObject({ line, value: "'anew'" });
    await debug.request('disconnect', { terminateDebuggee: false });
    expect(await held).toBe('hello anew');
    await hold.restore();
  });

  long('finds its way where ports of the pod are taken', async () => {
    const { port, ...python } = await attach('crowded', { image: tools, container: 'python' });
    expect(python.runtime).toBe('python');
    const debug = await DapClient.connect(port);
    await debug.attach(pythonArguments({ ...python, port }), `${here}/app.py`, line);
    await debug.request('disconnect', { terminateDebuggee: false });
    await expect(attach('crowded', { image: tools, container: 'node' })).rejects.toThrow(
      'port 9229 is taken by another program of pod "crowded"',
    );
  });

  it('says what it needs', async () => {
    await expect(attach('bare-node')).rejects.toThrow(
      /the image of container "main" has no sh: .*name an image with a shell in the setting podium\.debug\.image/,
    );
    await expect(attach('java')).rejects.toThrow(/set the environment variable JAVA_TOOL_OPTIONS=/);
    await expect(attach('nothing')).rejects.toThrow(
      'no Node.js, Python, Go, Java or .NET runs in container "main" of pod "nothing": it runs 1 sleep 1000',
    );
    await expect(attach('python', { pid: 4711 })).rejects.toThrow(
      'container "main" of pod "python" has no process 4711',
    );
  });

  it('ends, as does the request that it holds, with the pod that dies at a breakpoint', async () => {
    const connection = await attach('python', { image: tools });
    const debug = await DapClient.connect(connection.port);
    await debug.attach(pythonArguments(connection), `${here}/app.py`, line);
    const held = ask('python', 'never').then(
      () => 'answered',
      () => 'failed',
    );
    await debug.stopped('name');
    await cluster.kubectl('delete', 'pod', 'python', '--now');
    expect(await held).toBe('failed');
    await debug.closed;
    await connection.close();
  });

  it('holds no pod longer than its debugger is there', async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    const { items } = await client.pods.list({ namespace: 'default' });
    expect(
      items.flatMap(({ metadata }) =>
        Object.keys(metadata.annotations ?? {}).filter((key) => key.startsWith('podium.dev/')),
      ),
    ).toEqual([]);
    expect(
      items.flatMap(({ status }) => status?.ephemeralContainerStatuses ?? []).filter(({ state }) => state?.running),
    ).toEqual([]);
  });
});

function pod(name: string, image: string, command: string[], more: object[] = []): string {
  const containers = [{ name: 'main', image, command }, ...more];
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers } })}\n`;
}

function request(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/${path}`, agent: false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => resolve(body)).on('error', reject);
    }).on('error', reject);
  });
}
