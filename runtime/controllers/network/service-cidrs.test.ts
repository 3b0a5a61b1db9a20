import { describe, expect, it } from 'vitest';
import type { IPAddress, ServiceCIDR } from '../../api/kinds';
import { FakeClock } from '../../clock';
import { silentLogger } from '../../log';
import { startControllers } from '../index';
import { resources } from '../kit/resources';
import { FakeCluster } from '../testing/fake-cluster';
import { canGo } from './service-cidrs';

const network = (name: string, cidr: string): ServiceCIDR => ({ metadata: { name }, spec: { cidrs: [cidr] } });
const address = (name: string, by = 'ipallocator'): IPAddress => ({
  metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': by } },
  spec: { parentRef: { resource: 'services', namespace: 'shop', name: 'web' } },
});
const more = network('more', '10.1.0.0/24');

describe('networks of Services', () => {
  it.each([
    ['goes when none of its addresses is used', [more], [address('10.2.0.1')], true],
    ['stays while a Service has an address of it', [more], [address('10.1.0.1')], false],
    ['goes when a wider one has it all', [more, network('wide', '10.1.0.0/16')], [address('10.1.0.1')], true],
    ['goes when a narrower one has what is used', [more, network('low', '10.1.0.0/28')], [address('10.1.0.1')], true],
    ['stays when a narrower one has not', [more, network('low', '10.1.0.0/28')], [address('10.1.0.99')], false],
    ['goes when the addresses are of another manager', [more], [address('10.1.0.1', 'me')], true],
  ])('one %s', (_name, all, addresses, expected) => {
    expect(canGo(more, all, addresses)).toBe(expected);
  });

  it('become Ready, and go when the last address has gone', async () => {
    const clock = new FakeClock();
    const cluster = new FakeCluster(clock);
    const networks = cluster.resource<ServiceCIDR>(resources.serviceCidrs);
    const addresses = cluster.resource<IPAddress>(resources.ipAddresses);
    const controllers = startControllers({
      client: cluster, informers: cluster, events: () => cluster.events(), clock, logger: silentLogger,
      options: { clusterCidr: '10.244.0.0/16' }, enabled: ['service-cidr-controller'],
    });
    const settle = async () => { for (let i = 0; i < 10; i++) await clock.advance(100); };
    await networks.create(more);
    await addresses.create(address('10.1.0.1'));
    await settle();
    const ready = async () => (await networks.get('more')).status?.conditions?.map(({ status, reason }) => [status, reason]);
    expect(await ready()).toEqual([['True', '']]);
    expect((await networks.get('more')).metadata.finalizers).toEqual(['networking.k8s.io/service-cidr-finalizer']);
    await networks.delete('more');
    await settle();
    expect(await ready()).toEqual([['False', 'Terminating']]);
    await addresses.delete('10.1.0.1');
    await settle();
    expect((await networks.list()).items).toEqual([]);
    await controllers.stop();
  });
});
