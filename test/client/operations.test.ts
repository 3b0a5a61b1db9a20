import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UntypedObject } from '../../runtime/api/kinds';
import { parseKubeconfig, transportFor } from '../../runtime/client/kubeconfig';
import {
  cordon,
  dependentsOf,
  drain,
  evict,
  getObject,
  imagesOf,
  type ObjectRef,
  restart,
  revisionsOf,
  rollBack,
  scale,
  setImage,
  setLabels,
  withoutNoise,
} from '../../runtime/client/operations';
import { Client } from '../../runtime/client/resource-client';
import type { Transport } from '../../runtime/client/transport';
import { eventually, TestCluster } from '../support/test-cluster';

const workloads = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { kubernetes.io/change-cause: first } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: main, image: 'web:1' }, { name: side, image: 'side:1' }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: main, image: 'db:1' }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec:
  schedule: '0 3 * * *'
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: 'night:1' }] } } } }
---
apiVersion: v1
kind: Pod
metadata: { name: alone }
spec: { terminationGracePeriodSeconds: 0, nodeName: node-2, containers: [{ name: main, image: 'alone:1' }] }
`;

const deployment: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'default' };
const statefulSet: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', namespace: 'default' };
const cronJob: ObjectRef = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', namespace: 'default' };
const pod: ObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'alone', namespace: 'default' };

describe('operations on the objects of a cluster', () => {
  let cluster: TestCluster;
  let transport: Transport;
  let client: Client;

  beforeAll(async () => {
    cluster = await TestCluster.up('operations', '--runtime', 'simulated', '--nodes', '2');
    transport = transportFor(parseKubeconfig(readFileSync(cluster.kubeconfig, 'utf8'), 'kubeconfig'));
    client = new Client(transport);
    await cluster.apply(workloads);
    await rolledOut();
  });
  afterAll(async () => {
    transport?.close();
    await cluster?.down();
  });

  const rolledOut = (): Promise<string> => cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
  const jsonPath = (object: string, path: string): Promise<string> =>
    cluster.kubectl('get', object, '-o', `jsonpath={${path}}`);

  it('scale tells what was before', async () => {
    expect(await scale(client, deployment, 3)).toBe(2);
    expect(await jsonPath('deployment/web', '.spec.replicas')).toBe('3');
    await expect(scale(client, { ...deployment, name: 'none' }, 1)).rejects.toThrow(
      'deployments.apps "none" not found',
    );
    await expect(scale(client, { ...pod }, 1)).rejects.toThrow();
  });

  it('set the image of one container, also of pods and cron jobs', async () => {
    expect(await imagesOf(client, deployment)).toEqual([
      { container: 'main', image: 'web:1' },
      { container: 'side', image: 'side:1' },
    ]);
    await setImage(client, deployment, 'main', 'web:2');
    await setImage(client, cronJob, 'main', 'night:2');
    await setImage(client, pod, 'main', 'alone:2');
    expect(await jsonPath('deployment/web', '.spec.template.spec.containers[*].image')).toBe('web:2 side:1');
    expect(await jsonPath('cronjob/nightly', '.spec.jobTemplate.spec.template.spec.containers[0].image')).toBe(
      'night:2',
    );
    expect(await jsonPath('pod/alone', '.spec.containers[0].image')).toBe('alone:2');
    await expect(setImage(client, deployment, 'none', 'x')).rejects.toThrow('Deployment "web" has no container "none"');
    await rolledOut();
  });

  it('list revisions and go back to one', async () => {
    const revisions = await revisionsOf(client, deployment);
    expect(revisions.map(({ number, current }) => [number, current])).toEqual([
      [2, true],
      [1, false],
    ]);
    expect(revisions[1]?.template.metadata?.labels).toEqual({ app: 'web' });
    expect(revisions[1]?.changeCause).toBe('first');
    await rollBack(client, deployment, 1);
    await rolledOut();
    expect(await jsonPath('deployment/web', '.spec.template.spec.containers[0].image')).toBe('web:1');
    expect((await revisionsOf(client, deployment)).map(({ number, current }) => [number, current])).toEqual([
      [3, true],
      [2, false],
    ]);
    await expect(rollBack(client, deployment, 9)).rejects.toThrow('Deployment "web" keeps no revision 9');
    await expect(revisionsOf(client, cronJob)).rejects.toThrow('CronJob objects have no revisions');
  });

  it('go back to the revision of a stateful set', async () => {
    await setImage(client, statefulSet, 'main', 'db:2');
    await eventually(async () => expect(await revisionsOf(client, statefulSet)).toHaveLength(2));
    await rollBack(client, statefulSet, 1);
    expect(await jsonPath('statefulset/db', '.spec.template.spec.containers[0].image')).toBe('db:1');
  });

  it('restart replaces the pods', async () => {
    const names = (): Promise<string> => cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name');
    const before = (await names()).split('\n');
    await restart(client, deployment, Date.parse('2026-01-02T03:04:05Z'));
    await rolledOut();
    await eventually(async () =>
      expect((await names()).split('\n').filter((name) => name && before.includes(name))).toEqual([]),
    );
    await expect(restart(client, pod, 0)).rejects.toThrow('Pod objects have no rollout');
  });

  it('set and remove labels', async () => {
    await setLabels(client, pod, { tier: 'x', other: 'y' });
    await setLabels(client, pod, { other: null });
    expect(JSON.parse(await jsonPath('pod/alone', '.metadata.labels'))).toEqual({ tier: 'x' });
  });

  it('tell what goes with an object', async () => {
    const kinds = (refs: readonly ObjectRef[]): string[] => [...new Set(refs.map(({ kind }) => kind))].sort();
    expect(kinds(await dependentsOf(client, deployment))).toEqual(['Pod', 'ReplicaSet']);
    expect(await dependentsOf(client, pod)).toEqual([]);
    const inNamespace = await dependentsOf(client, {
      apiVersion: 'v1',
      kind: 'Namespace',
      name: 'default',
      namespace: '',
    });
    expect(kinds(inNamespace)).toEqual(
      expect.arrayContaining(['CronJob', 'Deployment', 'Pod', 'Service', 'StatefulSet']),
    );
    expect(inNamespace.some(({ name }) => name === 'kube-root-ca.crt')).toBe(false);
  });

  it('drain refuses before anything is evicted, unless told', async () => {
    await expect(drain(client, 'node-2')).rejects.toThrow('nothing would make pod default/alone again');
    expect(await jsonPath('node/node-2', '.spec.unschedulable')).toBe('true');
    expect(await jsonPath('pod/alone', '.metadata.name')).toBe('alone');
    const steps: string[] = [];
    await drain(client, 'node-2', { force: true, onStep: (step) => steps.push(step) });
    expect(steps).toContain('evicting default/alone');
    expect(await cluster.kubectl('get', 'pods', '-A', '--field-selector=spec.nodeName=node-2', '-o', 'name')).toBe('');
    await cordon(client, 'node-2', false);
    expect(await jsonPath('node/node-2', '.spec.unschedulable')).toBe('');
  });

  it('evict asks the disruption budgets', async () => {
    await rolledOut();
    await cluster.apply(
      '{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 100%, selector: {matchLabels: {app: web}}}}',
    );
    await eventually(async () => expect(await jsonPath('pdb/web', '.status.expectedPods')).toBe('3'));
    const name = await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}');
    await expect(evict(client, { namespace: 'default', name })).rejects.toThrow(
      "Cannot evict pod as it would violate the pod's disruption budget.",
    );
  });

  it('show an object as a person would have written it', async () => {
    const clean = withoutNoise(await getObject<UntypedObject>(client, deployment));
    expect(Object.keys(clean).sort()).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(clean.metadata).toEqual({
      name: 'web',
      namespace: 'default',
      annotations: { 'kubernetes.io/change-cause': 'first' },
    });
  });
});
