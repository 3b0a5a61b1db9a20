import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { debugLease } from '../../runtime/api/debug-lease';
import type { DebugChange } from '../../runtime/client/debug/template-change';
import { originalAnnotation, restoreAbandoned } from '../../runtime/client/debug/template-hold';
import { loadKubeconfig, transportFor } from '../../runtime/client/kubeconfig';
import { Client } from '../../runtime/client/resource-client';
import { eventually, RunningCommand, TestCluster } from '../support/test-cluster';

const probe = '{ httpGet: { path: /healthz, port: 80 } }';
const workloads = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: main, image: example/web:1, args: [serve], livenessProbe: ${probe}, readinessProbe: ${probe} }] }
---
apiVersion: v1
kind: Pod
metadata: { name: alone, labels: { app: alone } }
spec: { terminationGracePeriodSeconds: 0, containers: [{ name: main, image: example/web:1, livenessProbe: ${probe} }] }
`;

/** What a debugger changes of workloads, and that all of it is taken back whoever dies. Simulated pods: nothing is attached. */
describe('a workload that is changed for a debugger', () => {
  let cluster: TestCluster;
  let client: Client;
  const helpers: RunningCommand[] = [];

  beforeAll(async () => {
    cluster = await TestCluster.up('hold', '--nodes', '1', '--runtime', 'simulated');
    client = new Client(transportFor(loadKubeconfig([cluster.kubeconfig])));
    await cluster.apply(workloads);
    await cluster.kubectl('wait', 'pod', 'alone', '--for=condition=Ready', '--timeout=30s');
  });
  afterAll(async () => {
    for (const { process } of helpers) process.kill('SIGKILL');
    client?.transport.close();
    await cluster?.down();
  });
  beforeEach(() => cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=30s'));

  const webPod = async (): Promise<string> => {
    const { items } = await client.pods.list({ namespace: 'default', labelSelector: 'app=web' });
    return items.find(({ metadata }) => !metadata.deletionTimestamp)?.metadata.name ?? '';
  };
  /** As the editor starts it. Resolves with its answer. */
  const hold = async (pod: string, change: DebugChange): Promise<{ helper: RunningCommand; answer: string }> => {
    const process = spawn(globalThis.process.execPath, [resolve('dist/podium/lib/podium.js'), 'debug-hold'], {
      detached: true,
    });
    const helper = new RunningCommand(process);
    helpers.push(helper);
    const kubeconfig = readFileSync(cluster.kubeconfig, 'utf8');
    process.stdin.write(`${JSON.stringify({ kubeconfig, pod: { namespace: 'default', name: pod }, change })}\n`);
    const [answer] = await helper.until(/^.+$/m);
    return { helper, answer };
  };
  const state = async (): Promise<object> => {
    const { metadata, spec } = await client.deployments.get('web', 'default');
    const { command, args, livenessProbe, readinessProbe } = spec?.template?.spec?.containers[0] ?? {};
    const marks = [...Object.keys(metadata.annotations ?? {}), ...Object.keys(metadata.labels ?? {})].filter((key) =>
      key.startsWith('podium.dev/'),
    );
    return {
      replicas: spec?.replicas,
      command,
      args,
      probes: [livenessProbe, readinessProbe].filter(Boolean).length,
      marks: marks.sort(),
    };
  };
  const asWritten = { replicas: 3, command: undefined, args: ['serve'], probes: 2, marks: [] };

  it.each<[string, (helper: RunningCommand) => void]>([
    ['when the debugger says so', (helper) => helper.process.stdin?.end()],
    ['when the editor dies, whose pipe ends', (helper) => helper.process.stdin?.destroy()],
    ['when it is told to end', (helper) => helper.process.kill('SIGTERM')],
  ])('is restored %s', async (_, end) => {
    const { helper, answer } = await hold(await webPod(), {
      container: 'main',
      probesOff: true,
      alone: true,
      command: ['node', 'x.js'],
    });
    expect(JSON.parse(answer)).toEqual({
      held: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' },
    });
    expect(await state()).toEqual({
      replicas: 1,
      command: ['node', 'x.js'],
      args: undefined,
      probes: 0,
      marks: [originalAnnotation, 'podium.dev/debugged', 'podium.dev/debugged-until'],
    });
    end(helper);
    expect(await helper.ended()).toBe(0);
    expect(await state()).toEqual(asWritten);
  });

  it('keeps what others change meanwhile', async () => {
    const { helper } = await hold(await webPod(), { container: 'main', probesOff: true });
    await cluster.kubectl('set', 'image', 'deployment/web', 'main=example/web:2');
    await cluster.kubectl('scale', 'deployment/web', '--replicas=2');
    helper.process.stdin?.end();
    await helper.ended();
    expect(await state()).toEqual({ ...asWritten, replicas: 2 });
    expect((await client.deployments.get('web', 'default')).spec?.template?.spec?.containers[0]?.image).toBe(
      'example/web:2',
    );
    await cluster.kubectl('scale', 'deployment/web', '--replicas=3');
  });

  it('is taken as it is by a second debugger, and changed no further', async () => {
    const { helper } = await hold(await webPod(), { container: 'main', probesOff: true });
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    expect((await hold(await webPod(), { container: 'main', probesOff: true })).answer).toBe('{"held":null}');
    expect((await hold(await webPod(), { container: 'main', command: ['x'] })).answer).toContain(
      'is changed for another debugger already',
    );
    helper.process.stdin?.end();
    await helper.ended();
    expect(await state()).toEqual(asWritten);
  });

  it('is restored at the next start when the helper was killed too, and not while somebody debugs', async () => {
    const { helper } = await hold(await webPod(), { container: 'main', probesOff: true });
    helper.process.kill('SIGKILL');
    await helper.ended();
    expect(await restoreAbandoned(client, Date.now())).toEqual([]);
    await client.deployments.patch('web', 'default', 'merge', {
      metadata: { annotations: debugLease(Date.now() - 1000) },
    });
    expect(await restoreAbandoned(client, Date.now())).toMatchObject([{ kind: 'Deployment', name: 'web' }]);
    expect(await state()).toEqual(asWritten);
  });

  it('is a copy, where a pod belongs to nobody', async () => {
    const { helper, answer } = await hold('alone', { container: 'main', probesOff: true });
    const { held } = JSON.parse(answer) as { held: { kind: string; name: string } };
    expect(held).toMatchObject({ kind: 'Pod', name: expect.stringMatching(/^alone-debug-/) as string });
    const copy = await client.pods.get(held.name, 'default');
    expect([copy.spec?.containers[0]?.livenessProbe, copy.metadata.labels?.app]).toEqual([undefined, undefined]);
    helper.process.stdin?.destroy();
    expect(await helper.ended()).toBe(0);
    await eventually(() => expect(client.pods.get(held.name, 'default')).rejects.toMatchObject({ reason: 'NotFound' }));
    expect((await client.pods.get('alone', 'default')).spec?.containers[0]?.livenessProbe).toBeDefined();
  });

  it('is refused in words', async () => {
    const { helper, answer } = await hold('gone', { container: 'main', probesOff: true });
    expect(JSON.parse(answer)).toEqual({ error: 'pods "gone" not found' });
    expect(await helper.ended()).toBe(0);
  });
});
