import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../runtime/api/kinds';
import { busybox, ensureBusybox } from '../support/images';
import { eventually, TestCluster } from '../support/test-cluster';
import { nameOf, oneShots } from './one-shot-pods';

const namespace = 'conformance';
const data = { 'data-1': 'value-1', 'data-2': 'value-2' };
const objects = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf', namespace }, data },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sec', namespace }, stringData: data },
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'fooservice', namespace }, spec: { ports: [{ port: 8765 }] } },
];

const defaultCommand = `FROM ${busybox}\nENTRYPOINT ["echo", "entry"]\nCMD ["default"]\n`;

let cluster: TestCluster;
let ended: ReadonlyMap<string, Pod>;
beforeAll(async () => {
  ensureBusybox();
  execFileSync('docker', ['build', '-q', '-t', 'podium-test/default-command:1', '-'], { input: defaultCommand, stdio: 'pipe' });
  cluster = await TestCluster.up('one-shot', '--nodes', '1');
  await cluster.kubectl('create', 'namespace', namespace);
  await cluster.kubectl('config', 'set-context', '--current', `--namespace=${namespace}`);
  await cluster.apply(list(objects));
  await cluster.apply(list(oneShots.map((pod) => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { ...pod.metadata, name: nameOf(pod) },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, ...pod.spec },
  }))));
  ended = await allEnded();
});
afterAll(() => cluster?.down());

const list = (items: object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** All pods, once none of them runs any more, or none is going to end. */
async function allEnded(): Promise<ReadonlyMap<string, Pod>> {
  let pods: Pod[] = [];
  await eventually(async () => {
    pods = (await cluster.getJson<{ items: Pod[] }>('pods')).items;
    expect(pods.filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? '')).map(({ metadata }) => metadata?.name)).toEqual([]);
  }, 150_000, 1000).catch(() => {});
  return new Map(pods.map((pod) => [pod.metadata?.name ?? '', pod]));
}

const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

/** The pods as upstream's conformance tests of nodes and of storage have them, all at once on one node. */
describe('a pod has', () => {
  it.each(oneShots.map((pod) => [pod.does, pod] as const))('%s', async (_does, pod) => {
    const name = nameOf(pod);
    const status = ended.get(name)?.status;
    expect(status?.phase, JSON.stringify(status)).toBe(pod.phase ?? 'Succeeded');
    if (!pod.phase) expect(await cluster.kubectl('logs', name, '-c', 'main')).toMatch(pod.log instanceof RegExp ? pod.log : exactly(pod.log));
  });
});
