import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, RunningCommand, TestCluster } from '../support/test-cluster';

/** From a saved source to the answer of the Service. The tests follow each other: one cluster, one `podium dev`. */
describe('podium dev on a Docker node', () => {
  let cluster: TestCluster;
  let folder: string;
  let dev: RunningCommand;
  let forward: RunningCommand;
  let url: string;

  const start = (...args: string[]): RunningCommand =>
    new RunningCommand(spawn(process.execPath, [resolve('dist/podium/lib/podium.js'), ...args, '--name', cluster.name], { env: cluster.env }));
  const answer = async (): Promise<string> => (await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(5000) })).text();
  const answers = (pattern: RegExp): Promise<void> => eventually(async () => expect(await answer()).toMatch(pattern), 60_000);
  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podium-dev-'));
    cpSync('test/support/dev-app', folder, { recursive: true });
    cluster = await TestCluster.up('dev', '--nodes', '1');
    dev = start('dev', folder, '--apply');
    await dev.until(/^watching /m, 120_000);
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=90s');
    forward = start('port-forward', 'svc/web', ':80');
    const [, address] = await forward.until(/Forwarding from (\S+) ->/);
    url = `http://${address}/`;
  });
  afterAll(async () => {
    await dev?.stop();
    await forward?.stop();
    await cluster?.down();
    rmSync(folder, { recursive: true, force: true });
  });

  it('builds the image, applies the manifests, and the app answers', () => answers(/^one image=1 extra=none$/));

  it('copies a changed and a new file into the container that runs', async () => {
    const pod = await podName();
    write('src/greeting.js', "exports.greeting = 'two';\n");
    write('src/extra.txt', 'here');
    await answers(/^two image=1 extra=here$/);
    await dev.until(/^sync +src\/greeting\.js → web-\S+:\/app\/src\/greeting\.js +\d+ ms$/m);
    expect(await podName()).toBe(pod);
  });

  it('is seen by what watches the files there, change after change', async () => {
    for (const word of ['again', 'and', 'two']) {
      write('src/greeting.js', `exports.greeting = '${word}';\n`);
      await answers(new RegExp(`^${word} image=1 extra=here$`));
    }
  });

  it('gives a pod that takes the place of another all changes', async () => {
    const pod = await podName();
    await cluster.kubectl('delete', 'pod', pod, '--now');
    await answers(/^two image=1 extra=here$/);
    expect(await podName()).not.toBe(pod);
  });

  it('removes a deleted file', async () => {
    rmSync(join(folder, 'src/extra.txt'));
    await answers(/ extra=none$/);
  });

  it('tells what fails, and goes on', async () => {
    write('Dockerfile', `${readFileSync(join(folder, 'Dockerfile'), 'utf8')}RUN exit 7\n`);
    await dev.until(/^error: .*exit 7/m, 60_000);
    cpSync('test/support/dev-app/Dockerfile', join(folder, 'Dockerfile'));
    write('src/greeting.js', "exports.greeting = 'three';\n");
    await answers(/^three image=1 /);
  });

  it('builds the image anew for what it was made of, and restarts the workload', async () => {
    write('version.txt', '2\n');
    await answers(/^three image=2 extra=none$/);
    await dev.until(/^rebuild +version\.txt → podium-test\/dev-app:1 is built, deploy\/web is restarted/m);
  });

  it('applies a manifest that is saved', async () => {
    write('app.yaml', readFileSync(join(folder, 'app.yaml'), 'utf8').replace('replicas: 1', 'replicas: 2'));
    await dev.until(/^deployment.apps\/web configured$/m);
    await cluster.kubectl('wait', '--for=jsonpath={.spec.replicas}=2', 'deployment/web', '--timeout=30s');
  });

  it('ends clean at Ctrl+C', async () => {
    dev.process.kill('SIGINT');
    expect(await dev.ended()).toBe(0);
  });

  it('runs a command after copying, and restarts the program in place, by the rules of podium.yaml', async () => {
    const loop = 'command: [sh, -c, "while true; do node src/server.js; done"]';
    write('app.yaml', readFileSync('test/support/dev-app/app.yaml', 'utf8').replace('ports: [{c', `${loop}\n          ports: [{c`));
    const replaced = await podName();
    write('podium.yaml', 'dev:\n  target: deploy/web\n  manifests: [app.yaml]\n  rules:\n  - {path: src/greeting.js, do: restart, to: /app/src/greeting.js}\n' +
      '  - {path: "notes/*", do: run, to: /app/notes, command: "cp /app/notes/a.txt /app/src/extra.txt"}\n');
    dev = start('dev', folder);
    await dev.until(/^watching /m);
    await eventually(async () => expect(await podName()).not.toBe(replaced));
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
    const pod = await podName();
    mkdirSync(join(folder, 'notes'));
    write('notes/a.txt', 'noted');
    await dev.until(/^run +notes\/a\.txt → /m);
    await answers(/extra=noted$/);
    write('src/greeting.js', "exports.greeting = 'four';\n");
    await dev.until(/^restart +src\/greeting\.js → /m);
    await answers(/^four /);
    expect(await cluster.kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}')).toBe('0');
    await dev.stop();
  }, 120_000);

  it('says what is wrong with its settings in one line', async () => {
    write('podium.yaml', 'dev: {target: deploy/web, rules: [{path: src, do: sync}]}\n');
    const { code, stderr } = await cluster.tryPodium('dev', folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*podium\.yaml: dev\.rules\.0\.to: .*\n$/);
  });

  const podName = async (): Promise<string> => (await cluster.kubectl(
    'get', 'pods', '-l', 'app=web', '--field-selector=status.phase=Running', '-o', 'jsonpath={.items[0].metadata.name}',
  ));
});
