import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { eventually, extension, screenshot } from './support';

const cluster = `editor-debug-${process.pid}`;

const server = `const { createServer } = require('node:http');

function greet(name) {
  const greeting = 'hello ' + name;
  return greeting;
}

createServer((request, response) => {
  response.end(request.url === '/healthz' ? 'ok' : greet(request.url.slice(1)));
}).listen(8080);
console.log('the server listens');
`;
/** Of \`const greeting = …\`, from 0. */
const breakpointLine = 3;

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: { name: greeter, namespace: default }
spec:
  selector: { matchLabels: { app: greeter } }
  template:
    metadata: { labels: { app: greeter } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: greeter
        image: greeter:1
        ports: [{ containerPort: 8080 }]
        livenessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1, initialDelaySeconds: 2 }
`;

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'greeter', namespace: 'default' };

interface Stopped {
  session: vscode.DebugSession;
  threadId: number;
}

/** A breakpoint in a pod on a Docker node, by the editor's own debugger. */
describe('debugging in the editor', () => {
  let app: string;
  let source: vscode.Uri;
  let stopped: Stopped | undefined;
  let tracker: vscode.Disposable;

  before(async function () {
    this.timeout(120_000);
    app = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'greeter');
    mkdirSync(app, { recursive: true });
    writeFileSync(join(app, 'server.js'), server);
    writeFileSync(
      join(app, 'Dockerfile'),
      'ARG BASE=node:20-bookworm-slim\nFROM ${BASE}\nWORKDIR /srv/app\nCOPY server.js .\nCMD ["node", "server.js"]\n',
    );
    writeFileSync(join(app, 'greeter.yaml'), manifest);
    source = vscode.Uri.file(join(app, 'server.js'));
    tracker = vscode.debug.registerDebugAdapterTrackerFactory('*', {
      createDebugAdapterTracker: (session) => ({
        onDidSendMessage(message: { type: string; event?: string; body?: { threadId?: number } }) {
          if (message.event === 'stopped') stopped = { session, threadId: message.body?.threadId ?? 0 };
        },
      }),
    });
    await podium('up', '--runtime', 'docker', '--nodes', '1', '--wait');
    await extension().activate();
    await vscode.commands.executeCommand('podium.chooseCluster', { kind: 'local', name: cluster });
  });
  after(async () => {
    await vscode.debug.stopDebugging();
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    tracker.dispose();
    await vscode.commands.executeCommand('podium.stopForward');
    await podium('down');
  });

  const podium = async (command: string, ...args: string[]): Promise<string> => {
    const program = vscode.Uri.joinPath(extension().extensionUri, 'dist/podium/lib/podium.js').fsPath;
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
    return (await promisify(execFile)(process.execPath, [program, command, '--name', cluster, ...args], { env }))
      .stdout;
  };
  const pods = async (): Promise<{ name: string; restarts: number; annotations: Record<string, string> }[]> => {
    interface Pods {
      items: {
        metadata: { name: string; deletionTimestamp?: string; annotations?: Record<string, string> };
        status: { containerStatuses?: { restartCount: number }[] };
      }[];
    }
    const { items } = JSON.parse(await podium('get', 'pods', '-o', 'json')) as Pods;
    return items
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .map(({ metadata, status }) => ({
        name: metadata.name,
        restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
        annotations: metadata.annotations ?? {},
      }));
  };
  const isStopped = (): Promise<Stopped> =>
    eventually(() => {
      assert.ok(stopped, 'nothing has stopped at a breakpoint');
      return stopped;
    }, 40_000);

  /** The debugger sets its breakpoints a moment after it is there. Resolves with the answer that the breakpoint held up. */
  const askUntilStopped = async (port: number, name: string): Promise<string> => {
    for (;;) {
      const answer = ask(port, name);
      const isHeld = await Promise.race([answer.then(() => false), isStopped().then(() => true)]);
      if (isHeld) return answer;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };

  it('F5 on a manifest builds its image, deploys it and stops at a breakpoint', async function () {
    this.timeout(120_000);
    vscode.debug.addBreakpoints([
      new vscode.SourceBreakpoint(new vscode.Location(source, new vscode.Position(breakpointLine, 0))),
    ]);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(join(app, 'greeter.yaml')));
    await vscode.commands.executeCommand('workbench.action.debug.start');
    await eventually(() => assert.ok(vscode.debug.activeDebugSession, 'no session has started'), 60_000);
    const [port] = (await vscode.commands.executeCommand<number[]>('podium.forward', deployment, [':8080'])) ?? [];
    const answer = askUntilStopped(port ?? 0, 'world');
    const { session, threadId } = await isStopped();
    const { stackFrames } = (await session.customRequest('stackTrace', { threadId, startFrame: 0, levels: 1 })) as {
      stackFrames: { id: number; line: number; source: { path: string } }[];
    };
    const [frame] = stackFrames;
    assert.equal(frame?.line, breakpointLine + 1);
    assert.match(frame?.source.path ?? '', /greeter\/server\.js$/);
    const evaluated = (await session.customRequest('evaluate', {
      expression: 'name',
      frameId: frame?.id,
      context: 'watch',
    })) as { result: string };
    assert.match(evaluated.result, /world/);
    await screenshot('debugging');
    // Far longer than its liveness probe would allow.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    assert.deepEqual(
      (await pods()).map(({ restarts }) => restarts),
      [0],
    );
    assert.ok((await pods())[0]?.annotations['podium.dev/debugged-until']);
    stopped = undefined;
    await session.customRequest('continue', { threadId });
    assert.equal(await answer, 'hello world');
  });

  it('the end of the session gives everything back', async () => {
    await vscode.debug.stopDebugging();
    await eventually(async () => assert.equal((await pods())[0]?.annotations['podium.dev/debugged-until'], undefined));
    const [port] = (await vscode.commands.executeCommand<number[]>('podium.forward', deployment, [':8080'])) ?? [];
    assert.equal(await ask(port ?? 0, 'again'), 'hello again');
  });

  it('attaches to what runs, by the command of lenses and trees', async function () {
    this.timeout(60_000);
    stopped = undefined;
    assert.equal(await vscode.commands.executeCommand('podium.debug', deployment), true);
    const [port] = (await vscode.commands.executeCommand<number[]>('podium.forward', deployment, [':8080'])) ?? [];
    const answer = askUntilStopped(port ?? 0, 'lens');
    const { session, threadId } = await isStopped();
    await session.customRequest('continue', { threadId });
    assert.equal(await answer, 'hello lens');
    await vscode.debug.stopDebugging();
  });

  it('says what is wrong with a launch configuration', async () => {
    const started = await vscode.debug.startDebugging(undefined, {
      type: 'podium',
      request: 'launch',
      name: 'wrong',
      manifests: 'x',
      onStop: 'explode',
    });
    assert.equal(started, false);
  });
});

function ask(port: number, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/${name}`, agent: false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => resolve(body)).on('error', reject);
    }).on('error', reject);
  });
}
