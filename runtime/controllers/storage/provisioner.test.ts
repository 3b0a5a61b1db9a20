import { expect, it } from 'vitest';
import type { PersistentVolumeClaim, StorageClass } from '../../api/kinds';
import { hostPathProvisioner } from '../../api/provisioned-volumes';
import { FakeClock } from '../../clock';
import { silentLogger } from '../../log';
import { startControllers } from '../index';
import { resources } from '../kit/resources';
import { FakeCluster } from '../testing/fake-cluster';
import { PROVISIONER } from './provision';

it('a claim that no volume can serve is tried again, ever more seldom', async () => {
  const clock = new FakeClock();
  const cluster = new FakeCluster(clock);
  await cluster.resource<StorageClass>(resources.storageClasses).create({ metadata: { name: 'fast' }, provisioner: hostPathProvisioner });
  await cluster.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims).create({
    metadata: { name: 'data', namespace: 'shop', annotations: { [PROVISIONER]: hostPathProvisioner } },
    spec: { storageClassName: 'fast', accessModes: ['ReadWriteOnce'], selector: { matchLabels: { a: 'b' } }, resources: { requests: { storage: '1Gi' } } },
  });
  const controllers = startControllers({
    client: cluster, informers: cluster, events: () => cluster.events(), clock, logger: silentLogger, options: { clusterCidr: '10.244.0.0/16' },
    enabled: ['hostpath-provisioner-controller'],
  });
  const failures = () => cluster.recorded.filter(({ reason }) => reason === 'ProvisioningFailed').map(({ message }) => message);
  const counts: number[] = [];
  for (const seconds of [0.5, 1, 2, 3.9, 0.2, 16]) {
    await clock.advance(seconds * 1000);
    counts.push(failures().length);
  }
  expect(counts).toEqual([1, 2, 3, 3, 4, 5]);
  expect(failures()[0]).toBe('failed to provision volume with StorageClass "fast": claim Selector is not supported');
  await controllers.stop();
});
