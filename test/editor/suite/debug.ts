import * as assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { ask, DebugFixture, deployment, deploymentRef, runPodium } from './debug-fixture';
import { eventually, screenshot } from './support';

const nodeServer = `const { createServer } = require('node:http');

function greet(name) {
  const greeting = 'hello ' + name;
  return greeting;
}

createServer((request, response) => {
  response.end(request.url === '/healthz' ? 'ok' : greet(request.url.slice(1)));
}).listen(8080);
console.log('the server listens');
`;
/** Of \`const greeting = …\`. */
const nodeLine = 4;

const pythonServer = `import http.server


class Greeter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path[1:]
        greeting = 'hello ' + name
        self.send_response(200)
        self.end_headers()
        self.wfile.write(greeting.encode())


http.server.ThreadingHTTPServer(('', 8080), Greeter).serve_forever()
`;
const pythonLine = 7;

const impatient = `        livenessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1, initialDelaySeconds: 2 }
`;

/** Breakpoints in pods on a Docker node. */
describe('debugging in the editor', () => {
  let fixture: DebugFixture;
  let greeter: string;
  let python: string;

  before(async function () {
    this.timeout(180_000);
    fixture = new DebugFixture();
    greeter = fixture.write('greeter', {
      'server.js': nodeServer,
      Dockerfile:
        'ARG BASE=node:20-bookworm-slim\nFROM ${BASE}\nWORKDIR /srv/app\nCOPY server.js .\nCMD ["node", "server.js"]\n',
      'greeter.yaml': deployment('greeter', 'greeter:1', impatient),
    });
    await fixture.up();
    // Debian's python3 with debugpy and gdb.
    const image = (await runPodium('debug-image')).trim();
    python = fixture.write('greeter-python', {
      'app.py': pythonServer,
      Dockerfile: `FROM ${image}\nWORKDIR /srv/app\nCOPY app.py .\nCMD ["python3", "app.py"]\n`,
      'greeter.yaml': deployment('greeter-python', 'greeter-python:1', impatient),
    });
  });
  after(() => fixture.down());

  const start = async (file: string): Promise<void> => {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
    await vscode.commands.executeCommand('workbench.action.debug.start');
    await eventually(() => assert.ok(vscode.debug.activeDebugSession, 'no session has started'), 60_000);
  };

  it('F5 on a manifest builds its image, deploys it and stops at a breakpoint', async function () {
    this.timeout(120_000);
    fixture.breakAt(join(greeter, 'server.js'), nodeLine);
    await start(join(greeter, 'greeter.yaml'));
    const held = fixture.askUntilStopped(await fixture.forward('greeter'), 'world');
    const stopped = await fixture.isStopped();
    const frame = await fixture.topFrame(stopped);
    assert.equal(frame?.line, nodeLine);
    assert.match(frame?.source.path ?? '', /greeter\/server\.js$/);
    assert.match(await fixture.evaluate(stopped, frame, 'name'), /world/);
    await screenshot('debugging');
    // Far longer than its liveness probe would allow.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const [pod] = await fixture.pods('greeter');
    assert.equal(pod?.restarts, 0);
    assert.ok(pod.annotations['podium.dev/debugged-until']);
    await fixture.go(stopped);
    assert.equal((await held).answer, 'hello world');
  });

  it('the end of the session gives everything back', async () => {
    await vscode.debug.stopDebugging();
    await eventually(async () =>
      assert.equal((await fixture.pods('greeter'))[0]?.annotations['podium.dev/debugged-until'], undefined),
    );
    assert.equal(await ask(await fixture.forward('greeter'), 'again'), 'hello again');
  });

  it('attaches to what runs, by the command of lenses and trees', async function () {
    this.timeout(60_000);
    fixture.stopped = undefined;
    assert.equal(await vscode.commands.executeCommand('podium.debug', deploymentRef('greeter')), true);
    const held = fixture.askUntilStopped(await fixture.forward('greeter'), 'lens');
    await fixture.go(await fixture.isStopped());
    assert.equal((await held).answer, 'hello lens');
    await vscode.debug.stopDebugging();
  });

  it('F5 on the Dockerfile of a Python program stops at a breakpoint, by debugpy itself', async function () {
    this.timeout(120_000);
    fixture.stopped = undefined;
    fixture.breakAt(join(python, 'app.py'), pythonLine);
    await start(join(python, 'Dockerfile'));
    const held = fixture.askUntilStopped(await fixture.forward('greeter-python'), 'world');
    const stopped = await fixture.isStopped();
    assert.equal(stopped.session.type, 'podium');
    const frame = await fixture.topFrame(stopped);
    assert.equal(frame?.line, pythonLine);
    assert.ok(frame.source.path.endsWith(join(python, 'app.py')), frame.source.path);
    assert.equal(await fixture.evaluate(stopped, frame, 'name'), "'world'");
    await screenshot('debugging-python');
    await stopped.session.customRequest('next', { threadId: stopped.threadId });
    await eventually(async () => assert.equal((await fixture.topFrame(stopped))?.line, pythonLine + 1));
    await fixture.go(stopped);
    assert.equal((await held).answer, 'hello world');
    await vscode.debug.stopDebugging();
    await eventually(async () =>
      assert.equal((await fixture.pods('greeter-python'))[0]?.annotations['podium.dev/debugged-until'], undefined),
    );
    assert.equal(await ask(await fixture.forward('greeter-python'), 'again'), 'hello again');
    assert.equal((await fixture.pods('greeter-python'))[0]?.restarts, 0);
  });

  const attach = (name: string, more: object): Thenable<boolean> => {
    fixture.stopped = undefined;
    const target = `deploy/${name}`;
    return vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
      type: 'podium',
      request: 'attach',
      name: `attach to ${name}`,
      target,
      namespace: 'default',
      ...more,
    });
  };
  const inner = (count: number): Promise<void> =>
    eventually(() => assert.equal(sessions.size, count, [...sessions].map(({ name }) => name).join()), 60_000);
  const sessions = new Set<vscode.DebugSession>();
  const processes = new Set<vscode.DebugSession>();
  const subscriptions = [
    vscode.debug.onDidStartDebugSession((session) => {
      (session.parentSession ? processes : sessions).add(session);
    }),
    vscode.debug.onDidTerminateDebugSession((session) => {
      sessions.delete(session);
      processes.delete(session);
    }),
  ];
  after(() => vscode.Disposable.from(...subscriptions).dispose());
  /** js-debug has a session below for the process itself: stopped before that, it complains. */
  const attached = (count: number): Promise<void> => eventually(() => assert.equal(processes.size, count));
  const isAsWritten = (app: string, replicas: number): Promise<void> =>
    eventually(async () => {
      const { metadata, spec } = await fixture.deploymentOf(app);
      const [container] = spec.template.spec.containers;
      const marks = Object.keys({ ...metadata.annotations, ...metadata.labels }).filter((key) =>
        key.startsWith('podium.dev/'),
      );
      assert.deepEqual([marks, spec.replicas, container?.command], [[], replicas, undefined]);
      assert.ok(container?.livenessProbe);
      assert.equal((await fixture.pods(app)).length, replicas);
    });

  for (const [app, file] of [
    ['greeter', 'server.js'],
    ['greeter-python', 'app.py'],
  ] as const) {
    it(`holds ${file} before its first line, and lets go of the workload afterwards`, async function () {
      this.timeout(90_000);
      await attach(app, { stopOnEntry: true, localRoot: app === 'greeter' ? greeter : python });
      const stopped = await fixture.isStopped();
      assert.equal((await fixture.topFrame(stopped))?.line, 1);
      await eventually(() => assert.equal(vscode.debug.breakpoints.length, 2));
      await fixture.go(stopped);
      const held = fixture.askUntilStopped(await fixture.forward(app), 'entry');
      await fixture.go(await fixture.isStopped());
      assert.equal((await held).answer, 'hello entry');
      await vscode.debug.stopDebugging();
      await isAsWritten(app, 1);
    });
  }

  if (process.env.PODIUM_TEST_LONG)
    it('debugs all replicas, or one alone while the others are scaled away', async function () {
      this.timeout(120_000);
      await inner(0);
      await vscode.commands.executeCommand('podium.scale', deploymentRef('greeter'), 2);
      await eventually(async () =>
        assert.equal((await fixture.pods('greeter')).filter(({ ready }) => ready).length, 2),
      );
      await attach('greeter', { replicas: 'all' });
      await inner(2);
      await attached(2);
      await vscode.debug.stopDebugging();
      for (const session of sessions) await vscode.debug.stopDebugging(session);
      await inner(0);
      await attach('greeter', { replicas: 'alone' });
      await inner(1);
      await attached(1);
      assert.equal((await fixture.pods('greeter')).length, 1);
      await vscode.debug.stopDebugging();
      await isAsWritten('greeter', 2);
      await vscode.commands.executeCommand('podium.scale', deploymentRef('greeter'), 1);
      await isAsWritten('greeter', 1);
    });

  if (process.env.PODIUM_TEST_LONG)
    it('attaches two debuggers to one pod, and tells where a program takes one alone', async function () {
      this.timeout(60_000);
      await attach('greeter', {});
      await inner(1);
      await attach('greeter', { name: 'second' });
      await inner(2);
      const held = fixture.askUntilStopped(await fixture.forward('greeter'), 'two');
      await fixture.go(await fixture.isStopped());
      assert.equal((await held).answer, 'hello two');
      for (const session of sessions) await vscode.debug.stopDebugging(session);
      await inner(0);
      await attach('greeter-python', {});
      await inner(1);
      assert.equal(await attach('greeter-python', { name: 'second' }), false);
      await inner(1);
      await vscode.debug.stopDebugging();
      await inner(0);
    });

  it('marks what is wrong with a launch configuration on its line', async () => {
    const configuration = { type: 'podium', request: 'launch', name: 'wrong', manifests: 'x', onStop: 'explode' };
    const folder = fixture.write('.vscode', {
      'launch.json': JSON.stringify({ configurations: [configuration] }, undefined, 2),
    });
    assert.equal(await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], configuration), false);
    const marks = vscode.languages.getDiagnostics(vscode.Uri.file(join(folder, 'launch.json')));
    const ours = marks.filter(({ source }) => source === 'podium');
    assert.deepEqual(
      ours.map(({ range, message }) => `${range.start.line + 1} ${message}`),
      [
        '7 manifests: Invalid input: expected array, received string',
        '8 onStop: Invalid option: expected one of "leave"|"delete"',
      ],
    );
  });
});
