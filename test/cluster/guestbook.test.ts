import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, TestCluster, eventually } from '../support/test-cluster';
import { busybox, ensureBusybox } from '../support/images';

/** What a real kubectl does with the sample on three Docker nodes. The tests follow each other: one cluster, one story. */
describe('the guestbook on Docker nodes, by kubectl', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    ensureBusybox();
    cluster = await TestCluster.up('guestbook');
    for (const part of ['frontend', 'backend']) {
      await run(process.execPath, ['dist/podium/lib/podium.js', 'build', `samples/guestbook/images/${part}`, '-t', `podium/guestbook-${part}:1`]);
    }
  });
  afterAll(() => cluster?.down());

  it('applies the sample, and applying it again changes nothing', async () => {
    expect(await cluster.kubectl('apply', '-f', 'samples/guestbook/')).toBe(
      'replicationcontroller/backend created\nservice/backend created\nreplicationcontroller/frontend created\nservice/frontend created\n',
    );
    expect(await cluster.kubectl('apply', '-f', 'samples/guestbook/')).toBe(
      'replicationcontroller/backend unchanged\nservice/backend unchanged\nreplicationcontroller/frontend unchanged\nservice/frontend unchanged\n',
    );
  });

  it('waits until all pods are ready, on all three nodes', async () => {
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=guestbook', '--timeout=60s');
    const wide = await cluster.kubectl('get', 'pods', '-o', 'wide', '--no-headers');
    const rows = wide.trim().split('\n').map((line) => line.split(/\s+/));
    expect(rows).toHaveLength(6);
    expect(rows.every(([, ready, status]) => ready === '1/1' && status === 'Running')).toBe(true);
    expect(new Set(rows.map((row) => row[6])).size).toBe(3);
  });

  it('answers through the load balancer, from every backend', async () => {
    const { loadBalancers } = await cluster.report();
    const address = loadBalancers.find(({ service }) => service === 'default/frontend')?.address;
    const answers = new Set<string>();
    await eventually(async () => {
      const response = await fetch(`http://${address}/messages`, { headers: { connection: 'close' } });
      answers.add(((await response.json()) as { backend: string }).backend);
      expect(answers.size).toBe(3);
    });
  });

  it('prints objects as yaml and json, and describes them', async () => {
    expect(await cluster.kubectl('get', 'rc', 'backend', '-o', 'yaml')).toContain('kind: ReplicationController');
    expect(await cluster.kubectl('get', 'rc', 'backend', '-o', 'jsonpath={.status.readyReplicas}')).toBe('3');
    const pod = await firstPod('tier=frontend');
    const description = await cluster.kubectl('describe', 'pod', pod);
    expect(description).toMatch(/Status:\s+Running/);
    expect(description).toMatch(/Normal\s+Scheduled\s.*Successfully assigned default\//);
    expect(description).toMatch(/Normal\s+Started/);
  });

  it('follows logs', async () => {
    const logs = cluster.start('logs', '-f', await firstPod('tier=backend'));
    await logs.until(/listening on 6379/);
    await logs.stop();
  });

  it('runs commands in a container, with input and exit code', async () => {
    const pod = await firstPod('tier=frontend');
    expect(await cluster.kubectl('exec', pod, '--', 'hostname')).toBe(`${pod}\n`);
    expect((await cluster.tryKubectl('exec', pod, '--', 'sh', '-c', 'exit 7')).code).toBe(7);
    const echo = cluster.start('exec', '-i', pod, '--', 'cat');
    echo.process.stdin?.end('hello\n');
    await echo.until(/^hello$/m);
  });

  it('forwards a port to a pod', async () => {
    const forward = cluster.start('port-forward', await firstPod('tier=frontend'), ':8080');
    const [, port] = await forward.until(/127\.0\.0\.1:(\d+) -> 8080/);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(await response.text()).toContain('<title>Guestbook</title>');
    await forward.stop();
  });

  it('scales the controller', async () => {
    expect(await cluster.kubectl('scale', 'rc/backend', '--replicas=1')).toBe('replicationcontroller/backend scaled\n');
    await eventually(async () => expect(await podCount('tier=backend')).toBe(1));
    await cluster.kubectl('scale', 'rc/backend', '--replicas=3');
    await cluster.kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'rc/backend', '--timeout=60s');
  });

  it('rolls a deployment forward and back', async () => {
    const command = ['httpd', '-f', '-p', '8080'];
    await cluster.kubectl('create', 'deployment', 'web', `--image=${busybox}`, '--replicas=3', '--', ...command);
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
    await cluster.kubectl('set', 'env', 'deployment/web', 'COLOUR=green');
    expect(await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')).toContain('deployment "web" successfully rolled out');
    expect(await cluster.kubectl('rollout', 'history', 'deployment/web')).toMatch(/^1 .*\n2 /m);
    expect(await cluster.kubectl('rollout', 'undo', 'deployment/web')).toBe('deployment.apps/web rolled back\n');
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
    expect(await cluster.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env}')).toBe('');
  });

  it('labels, explains, lists resources and answers questions of access', async () => {
    expect(await cluster.kubectl('label', 'rc/backend', 'team=blue')).toBe('replicationcontroller/backend labeled\n');
    expect(await cluster.kubectl('get', 'rc', '-l', 'team=blue', '-o', 'name')).toBe('replicationcontroller/backend\n');
    expect(await cluster.kubectl('explain', 'pod.spec.containers.ports.containerPort')).toContain('FIELD: containerPort <integer>');
    expect(await cluster.kubectl('api-resources')).toMatch(/^deployments\s+deploy\s+apps\/v1\s+true\s+Deployment$/m);
    expect(await cluster.kubectl('auth', 'can-i', 'create', 'pods')).toBe('yes\n');
    expect((await cluster.tryKubectl('auth', 'can-i', 'create', 'pods', '--as=system:serviceaccount:default:default')).stdout).toBe('no\n');
  });

  it('cordons and drains a node, and its pods move', async () => {
    const [node = ''] = (await cluster.kubectl('get', 'pods', '-l', 'tier=backend', '-o', 'jsonpath={.items[0].spec.nodeName}')).split(' ');
    expect(await cluster.kubectl('cordon', node)).toBe(`node/${node} cordoned\n`);
    await cluster.kubectl('drain', node, '--grace-period=1', '--ignore-daemonsets', '--force', '--delete-emptydir-data', '--timeout=90s');
    await cluster.kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'rc/backend', '--timeout=60s');
    expect(await cluster.kubectl('get', 'pods', '-o', `jsonpath={.items[?(@.spec.nodeName=="${node}")].metadata.name}`)).toBe('');
    expect(await cluster.kubectl('uncordon', node)).toBe(`node/${node} uncordoned\n`);
  });

  it('deletes the sample with all its pods', async () => {
    await cluster.kubectl('delete', '-f', 'samples/guestbook/', '--timeout=60s');
    await eventually(async () => expect(await podCount('app=guestbook')).toBe(0), 60_000);
  });

  async function firstPod(selector: string): Promise<string> {
    return cluster.kubectl('get', 'pods', '-l', selector, '-o', 'jsonpath={.items[0].metadata.name}');
  }

  async function podCount(selector: string): Promise<number> {
    return (await cluster.getJson<{ items: unknown[] }>('pods', '-l', selector)).items.length;
  }
});
