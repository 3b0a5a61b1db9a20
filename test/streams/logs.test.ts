import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools } from '../support/images';
import { eventually, type TestCluster } from '../support/test-cluster';
import { clusterWithWeb } from './fixtures';
import { accessOf, get } from './api-access';

const pods = `
apiVersion: v1
kind: Pod
metadata: { name: restarts }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: ${tools}
      command: [sh, -c, 'echo "run $(cat /state/runs 2>/dev/null || echo 0)"; n=$(cat /state/runs 2>/dev/null || echo 0); echo $((n+1)) > /state/runs; while [ ! -f /state/stop$n ]; do sleep 0.1; done; echo "end $n"; exit 1']
      volumeMounts: [{ name: state, mountPath: /state }]
  volumes: [{ name: state, emptyDir: {} }]
---
apiVersion: v1
kind: Pod
metadata: { name: lines }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: ${tools}
      command: [sh, -c, 'for i in 1 2 3 4 5; do echo "line $i"; done; sleep 3; echo late; echo later; sleep 3600']
---
apiVersion: v1
kind: Pod
metadata: { name: both }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: ${tools}, command: [sh, -c, 'echo out 1; echo err 1 >&2; echo out 2; echo err 2 >&2; sleep 3600'] }]
---
apiVersion: v1
kind: Pod
metadata: { name: waiting }
spec: { containers: [{ name: main, image: 'podium-test/absent:1', imagePullPolicy: Never }] }
---
apiVersion: v1
kind: Pod
metadata: { name: unscheduled }
spec: { nodeSelector: { nowhere: 'true' }, containers: [{ name: main, image: ${tools} }] }
---
apiVersion: v1
kind: Pod
metadata: { name: big }
spec:
  restartPolicy: Never
  containers: [{ name: main, image: ${tools}, command: [sh, -c, 'i=0; while [ $i -lt 50000 ]; do echo "$i the quick brown fox jumps over the lazy dog 0123456789 0123456789"; i=$((i+1)); done'] }]
`;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await clusterWithWeb('logs');
  await cluster.apply(pods);
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/restarts', 'pod/lines', '--timeout=60s');
});
afterAll(() => cluster?.down());

const logs = (...args: string[]) => cluster.kubectl('logs', ...args);

describe('kubectl logs', () => {
  it('shows what a container wrote, from the beginning or the end', async () => {
    await eventually(async () => expect(await logs('lines')).toBe('line 1\nline 2\nline 3\nline 4\nline 5\nlate\nlater\n'));
    expect(await logs('lines', '--tail=2')).toBe('late\nlater\n');
    expect(await logs('lines', '--tail=0')).toBe('');
    expect(await logs('lines', '--limit-bytes=10')).toBe('line 1\nlin');
  });

  it('shows both streams, each in its order', async () => {
    await eventually(async () => expect((await logs('both')).split('\n').sort()).toEqual(['', 'err 1', 'err 2', 'out 1', 'out 2']));
    const lines = (await logs('both')).split('\n');
    expect([lines.indexOf('err 1') < lines.indexOf('err 2'), lines.indexOf('out 1') < lines.indexOf('out 2')]).toEqual([true, true]);
  });

  it('shows what was written since a time', async () => {
    await eventually(async () => expect(await logs('lines')).toContain('late'));
    const stamped = (await logs('lines', '--timestamps')).trim().split('\n');
    for (const line of stamped) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) \w/);
    const late = stamped.find((line) => line.endsWith(' late'))?.split(' ')[0] ?? '';
    expect(await logs('lines', `--since-time=${late}`)).toBe('late\nlater\n');
    expect(await logs('lines', '--since=1h')).toContain('line 1');
  });

  it('shows all of a long log', async () => {
    await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/big', '--timeout=60s');
    const lines = (await logs('big')).trim().split('\n');
    expect([lines.length, lines.at(-1)?.split(' ')[0]]).toEqual([50_000, '49999']);
  });

  it('follows a container until it ends, and shows the one before a restart', async () => {
    const followed = cluster.start('logs', '-f', 'restarts');
    await followed.until(/run 0/);
    await cluster.kubectl('exec', 'restarts', '--', 'touch', '/state/stop0');
    await followed.until(/end 0/);
    expect(await followed.ended()).toBe(0);
    await eventually(async () => expect(await logs('restarts')).toBe('run 1\n'));
    expect(await logs('restarts', '--previous')).toBe('run 0\nend 0\n');
  });

  it.each([
    ['of a container that waits', ['waiting'], 'Error from server (BadRequest): container "main" in pod "waiting" is waiting to start: ErrImageNeverPull\n'],
    ['of a container that the pod has not', ['web', '-c', 'other'], 'error: container other is not valid for pod web\n'],
    ['of a pod that is not there', ['absent'], 'error: error from server (NotFound): pods "absent" not found in namespace "default"\n'],
    ['of a container that has not restarted', ['lines', '--previous'], 'Error from server (BadRequest): previous terminated container "main" in pod "lines" not found\n'],
  ])('says why a log %s can\'t be shown', async (_what, args, message) => {
    await eventually(async () => {
      expect(await cluster.tryKubectl('logs', ...args)).toEqual({ code: 1, stdout: '', stderr: message });
    });
  });

  it('has nothing of a pod that no node runs', async () => {
    expect(await cluster.tryKubectl('logs', 'unscheduled')).toEqual({ code: 0, stdout: '', stderr: '' });
    const { port, tls } = accessOf(cluster);
    expect(await get(port, tls, '/api/v1/namespaces/default/pods/unscheduled/log')).toMatchObject({ code: 204, body: '' });
  });

  it('refuses options that contradict each other', async () => {
    const { port, tls } = accessOf(cluster);
    const answer = await get(port, tls, '/api/v1/namespaces/default/pods/lines/log?tailLines=-1&limitBytes=0');
    expect([answer.code, (JSON.parse(answer.body) as { message: string }).message]).toEqual([
      422, 'PodLogOptions "lines" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0]',
    ]);
  });
});

describe('a log over a WebSocket', () => {
  it.each(['binary.k8s.io', 'base64.binary.k8s.io'])('comes as messages of %s', async (protocol) => {
    const { port, tls } = accessOf(cluster);
    const webSocket = new WebSocket(`wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/web/log?container=web`, [protocol], tls);
    const messages: Buffer[] = [];
    webSocket.on('message', (data: Buffer) => messages.push(data));
    await new Promise((resolve, reject) => webSocket.on('close', resolve).on('error', reject));
    expect(messages[0]).toHaveLength(0);
    const text = Buffer.concat(messages).toString();
    expect(protocol.startsWith('base64') ? Buffer.from(text, 'base64').toString() : text).toBe('started\n');
  });
});
