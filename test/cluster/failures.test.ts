import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busybox, ensureBusybox } from '../support/images';
import { eventually, TestCluster } from '../support/test-cluster';

const controller = `
apiVersion: v1
kind: ReplicationController
metadata: { name: web }
spec:
  replicas: 3
  selector: { app: web }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: web, image: ${busybox}, command: [sleep, '3600'] }]
`;

interface PodList {
  items: { metadata: { name: string; uid: string; deletionTimestamp?: string }; spec: { nodeName: string }; status: { phase: string; containerStatuses?: { restartCount: number; ready: boolean }[] } }[];
}

describe('failures on Docker nodes', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    ensureBusybox();
    cluster = await TestCluster.up('failures', '--node-monitor-grace-period', '4', '--node-eviction-seconds', '2');
    await cluster.apply(controller);
    await cluster.kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'rc/web', '--timeout=60s');
  });
  afterAll(() => cluster?.down());

  it('a deleted pod is replaced', async () => {
    const [before] = (await pods()).items;
    await cluster.kubectl('delete', 'pod', before?.metadata.name ?? '');
    await cluster.kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'rc/web', '--timeout=60s');
    expect((await pods()).items.map(({ metadata }) => metadata.uid)).not.toContain(before?.metadata.uid);
  });

  it('a killed container is restarted, and one that fails again and again backs off', async () => {
    const [pod] = (await pods()).items;
    const id = await cluster.kubectl('get', 'pod', pod?.metadata.name ?? '', '-o', 'jsonpath={.status.containerStatuses[0].containerID}');
    execFileSync('docker', ['kill', id.replace('docker://', '')]);
    await eventually(async () => {
      const status = (await pods()).items.find(({ metadata }) => metadata.name === pod?.metadata.name)?.status.containerStatuses?.[0];
      expect(status).toMatchObject({ restartCount: 1, ready: true });
    });
    await cluster.kubectl('run', 'crash', `--image=${busybox}`, '--', 'sh', '-c', 'exit 3');
    await eventually(async () => expect(await cluster.kubectl('get', 'pod', 'crash', '--no-headers')).toContain('CrashLoopBackOff'));
    await cluster.kubectl('delete', 'pod', 'crash', '--grace-period=0', '--force');
  });

  it('a stopped node has its pods rescheduled, and comes back clean', async () => {
    const node = (await pods()).items[0]?.spec.nodeName ?? '';
    await cluster.podium('node', 'stop', node);
    await eventually(async () => expect(await cluster.kubectl('get', 'node', node, '--no-headers')).toContain('NotReady'));
    await eventually(async () => {
      const running = (await pods()).items.filter(({ metadata, status }) => !metadata.deletionTimestamp && status.phase === 'Running');
      expect(running).toHaveLength(3);
      expect(running.every(({ spec }) => spec.nodeName !== node)).toBe(true);
    }, 60_000);
    await cluster.podium('node', 'start', node);
    await eventually(async () => expect(await cluster.kubectl('get', 'node', node, '--no-headers')).toMatch(/ Ready /), 60_000);
    await eventually(async () => expect((await pods()).items).toHaveLength(3), 60_000);
    await eventually(() => expect(podContainers(node)).toEqual([]));
  });

  it('a control plane killed under load comes back with every acknowledged object, its pods still running', async () => {
    const before = await pods();
    const { pid, server } = await cluster.report();
    const acknowledged: string[] = [];
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; i < 200; i++) {
        const name = `load-${writer}-${i}`;
        const { code } = await cluster.tryKubectl('create', 'configmap', name, '--from-literal=a=b');
        if (code !== 0) return;
        acknowledged.push(name);
      }
    });
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(8));
    process.kill(pid, 'SIGKILL');
    await Promise.all(writers);
    await cluster.podium('up', '--wait');
    expect((await cluster.report()).server).toBe(server);
    const names = (await cluster.kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ');
    expect(names).toEqual(expect.arrayContaining(acknowledged));
    const after = await pods();
    expect(after.items.map(({ metadata }) => metadata.uid).sort()).toEqual(before.items.map(({ metadata }) => metadata.uid).sort());
    expect(after.items.map(({ status }) => status.containerStatuses?.[0]?.restartCount)).toEqual(before.items.map(({ status }) => status.containerStatuses?.[0]?.restartCount));
  });

  it('a cluster that was kept comes back with its objects', async () => {
    await cluster.podium('down', '--keep');
    expect(engineObjects('ps', '-a')).toEqual([]);
    await cluster.podium('up', '--wait');
    await cluster.kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'rc/web', '--timeout=60s');
  });

  it('going down leaves nothing behind', async () => {
    await cluster.podium('down');
    expect(engineObjects('ps', '-a')).toEqual([]);
    expect(engineObjects('network', 'ls')).toEqual([]);
    expect(engineObjects('volume', 'ls')).toEqual([]);
    await cluster.podium('up', '--wait');
  });

  async function pods(): Promise<PodList> {
    return cluster.getJson<PodList>('pods', '-l', 'app=web');
  }

  function podContainers(node: string): string[] {
    return engineObjects('ps', '-a', '--filter', `label=podium.node=${node}`);
  }

  function engineObjects(...command: string[]): string[] {
    return execFileSync('docker', [...command, '-q', '--filter', `label=podium=${cluster.name}`], { encoding: 'utf8' }).split('\n').filter(Boolean);
  }
});
