import * as assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { ask, DebugFixture, deployment, runPodium } from './debug-fixture';
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
  let app: string;
  let python: string;

  before(async function () {
    this.timeout(180_000);
    fixture = new DebugFixture();
    app = fixture.write('greeter', {
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
    fixture.breakAt(join(app, 'server.js'), nodeLine);
    await start(join(app, 'greeter.yaml'));
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
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'greeter', namespace: 'default' };
    assert.equal(await vscode.commands.executeCommand('podium.debug', object), true);
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
