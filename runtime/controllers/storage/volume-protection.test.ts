import { describe, expect, it } from 'vitest';
import type { PersistentVolumeClaim, Pod } from '../../api/kinds';
import { FakeClock } from '../../clock';
import { silentLogger } from '../../log';
import { startControllers } from '../index';
import { resources } from '../kit/resources';
import { FakeCluster } from '../testing/fake-cluster';
import { claimsInUse, protectedFinalizers } from './volume-protection';

const finalizer = 'kubernetes.io/pvc-protection';

describe('volume protection', () => {
  it.each([
    ['puts its finalizer on what lacks it', {}, true, [finalizer]],
    ['keeps the finalizers of others', { finalizers: ['x'] }, true, ['x', finalizer]],
    ['leaves what has it', { finalizers: [finalizer] }, false, undefined],
    ['holds what is used', { finalizers: [finalizer], deletionTimestamp: 'now' }, true, undefined],
    ['lets go of what is not', { finalizers: ['x', finalizer], deletionTimestamp: 'now' }, false, ['x']],
    ['puts nothing on what goes', { deletionTimestamp: 'now' }, true, undefined],
  ])('%s', (_name, metadata, inUse, expected) => {
    expect(protectedFinalizers({ metadata }, finalizer, inUse)).toEqual(expected);
  });

  it.each([
    ['of a scheduled pod', { nodeName: 'n' }, 'Running', ['data', 'web-scratch']],
    ['of a pod that has ended: not what was its own', { nodeName: 'n' }, 'Succeeded', ['data']],
    ['of a pod that waits for a node: none', {}, 'Pending', []],
  ])('claims in use %s', (_name, spec, phase, expected) => {
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }, { name: 'scratch', ephemeral: {} }];
    expect(claimsInUse({ metadata: { name: 'web' }, spec: { containers: [], volumes, ...spec }, status: { phase } })).toEqual(expected);
  });

  it('a claim goes when its last pod has gone', async () => {
    const clock = new FakeClock();
    const cluster = new FakeCluster(clock);
    const claims = cluster.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    const pods = cluster.resource<Pod>(resources.pods);
    await claims.create({ metadata: { name: 'data', namespace: 'shop', finalizers: [finalizer] } });
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }];
    await pods.create({ metadata: { name: 'web', namespace: 'shop' }, spec: { containers: [], nodeName: 'n', volumes } });
    const controllers = startControllers({
      client: cluster, informers: cluster, events: () => cluster.events(), clock, logger: silentLogger, options: { clusterCidr: '10.244.0.0/16' },
      enabled: ['persistentvolumeclaim-protection-controller'],
    });
    const settle = async () => { for (let i = 0; i < 10; i++) await clock.advance(100); };
    await settle();
    await claims.delete('data', 'shop');
    await settle();
    expect((await claims.list()).items.map(({ metadata }) => metadata.finalizers)).toEqual([[finalizer]]);
    await pods.delete('web', 'shop', { gracePeriodSeconds: 0 });
    await settle();
    expect((await claims.list()).items).toEqual([]);
    await controllers.stop();
  });
});
