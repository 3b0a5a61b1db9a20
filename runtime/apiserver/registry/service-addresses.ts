import { parseCidr } from '../../api/cidr';
import type { IPAddress, Service, ServiceCIDR } from '../../api/kinds';
import type { Transport } from '../../client/transport';
import type { Logger } from '../../log';
import type { Cacher } from '../storage/cacher';
import { resourcePrefix } from '../storage/keys';
import type { CacheEvent, CacheWatcher } from '../storage/resource-cache';
import { ensure, Settling } from '../storage/settling';
import { addressesOf } from './strategies/services';

const group = 'networking.k8s.io';
const collection = `/apis/${group}/v1/ipaddresses`;
const managedBy = 'ipaddress.kubernetes.io/managed-by';
const allocator = 'ipallocator';
const prefixes = {
  services: resourcePrefix('', 'services', true),
  addresses: resourcePrefix(group, 'ipaddresses', true),
  networks: resourcePrefix(group, 'servicecidrs', true),
};

/** The networks of ServiceCIDRs that are Ready and stay: IPv4, of a size that addresses are given from. */
export function readyNetworks(cacher: Cacher): string[] {
  return cacher.cache(prefixes.networks).entries.flatMap(({ object }) => {
    const { metadata, spec, status } = object as unknown as ServiceCIDR;
    const ready = status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True');
    if (metadata.deletionTimestamp || !ready) return [];
    return (spec?.cidrs ?? []).filter((text) => {
      const cidr = parseCidr(text);
      return cidr?.network.family === 'IPv4' && cidr.prefix >= 8 && cidr.prefix <= 30;
    });
  });
}

/** The IPAddress of each address that a Service has, by name (pkg/registry/core/service/ipallocator). */
export function addressObjects(services: Iterable<Service>): Map<string, IPAddress> {
  const wanted = new Map<string, IPAddress>();
  for (const { metadata, spec } of services) {
    for (const name of addressesOf(spec)) {
      wanted.set(name, {
        apiVersion: `${group}/v1`,
        kind: 'IPAddress',
        metadata: { name, labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', [managedBy]: allocator } },
        spec: { parentRef: { resource: 'services', namespace: metadata.namespace!, name: metadata.name! } },
      });
    }
  }
  return wanted;
}

/** Keeps an IPAddress for each address of a Service; those that somebody else made are left alone. */
export class ServiceAddresses implements CacheWatcher {
  private readonly settling = new Settling(
    () => this.settle(),
    (error) => this.logger.warn({ error: String(error) }, 'the addresses of Services could not be brought up to date'),
  );

  constructor(
    private readonly cacher: Cacher,
    private readonly transport: Transport,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.follow();
    this.settling.request();
  }

  deliver(_events: readonly CacheEvent[]): void {
    this.settling.request();
  }

  lost(): void {
    if (this.settling.closed) return;
    this.unfollow();
    this.start();
  }

  async close(): Promise<void> {
    this.unfollow();
    await this.settling.close();
  }

  private follow(): void {
    for (const cache of this.caches()) cache.watch(this, this.cacher.revision);
  }

  private unfollow(): void {
    for (const cache of this.caches()) cache.unwatch(this);
  }

  private caches() {
    return [this.cacher.cache(prefixes.services), this.cacher.cache(prefixes.addresses)];
  }

  private async settle(): Promise<void> {
    // Changes of one turn of the event loop are one.
    await Promise.resolve();
    const services = this.cacher.cache(prefixes.services).entries.map(({ object }) => object as unknown as Service);
    const wanted = addressObjects(services);
    const present = this.cacher.cache(prefixes.addresses).entries.map(({ object }) => object as unknown as IPAddress);
    const writes: Promise<unknown>[] = [];
    for (const { metadata, spec } of present) {
      const { name = '', labels } = metadata;
      const parent = wanted.get(name)?.spec?.parentRef;
      wanted.delete(name);
      if (labels?.[managedBy] !== allocator) continue;
      const right = parent && spec?.parentRef.namespace === parent.namespace && spec?.parentRef.name === parent.name;
      // The delete is an event, after which the address of the new Service is made.
      if (!right && !metadata.deletionTimestamp) {
        writes.push(ensure(this.transport, { method: 'DELETE', path: `${collection}/${name}` }));
      }
    }
    for (const address of wanted.values()) {
      writes.push(ensure(this.transport, { method: 'POST', path: collection, body: address }));
    }
    await Promise.all(writes);
  }
}
