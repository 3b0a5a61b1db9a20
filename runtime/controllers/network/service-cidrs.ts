import { cidrContains, parseCidr, parseIp } from '../../api/cidr';
import type { Cidr } from '../../api/cidr';
import type { IPAddress, Live, ServiceCIDR } from '../../api/kinds';
import type { Informer } from '../../client/client';
import { ControllerBase, keyOf, timestamp } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';

const finalizer = 'networking.k8s.io/service-cidr-finalizer';
const fieldManager = 'service-cidr-controller';
const managedBy = 'ipaddress.kubernetes.io/managed-by';

const networksOf = ({ spec }: ServiceCIDR): Cidr[] =>
  (spec?.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);
const covers = (outer: Cidr, inner: Cidr): boolean =>
  outer.prefix <= inner.prefix && cidrContains(outer, inner.network);

/** Whether a network may go: each Service address in it is in another network that stays. */
export function canGo(going: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const others = all
    .filter(({ metadata }) => metadata.name !== going.metadata.name && !metadata.deletionTimestamp)
    .flatMap(networksOf);
  const networks = networksOf(going).filter((network) => !others.some((other) => covers(other, network)));
  return !addresses.some(({ metadata }) => {
    if (metadata.labels?.[managedBy] !== 'ipallocator') return false;
    const ip = parseIp(metadata.name ?? '');
    if (!ip) return false;
    return networks.some((network) => cidrContains(network, ip)) && !others.some((other) => cidrContains(other, ip));
  });
}

/** Makes networks of Services Ready, and holds them while Services use them (pkg/controller/servicecidrs). */
class ServiceCidrController extends ControllerBase {
  private readonly networks: Informer<ServiceCIDR>;
  private readonly queue: Loop;

  constructor(context: Context) {
    super(context);
    this.queue = this.loop({ name: fieldManager, reconcile: (name) => this.reconcile(name) });
    this.networks = this.watchAll<ServiceCIDR>(resources.serviceCidrs, () => this.lookAtAll());
    this.watch<IPAddress>(resources.ipAddresses, { deleted: () => this.lookAtAll() });
  }

  /** What holds one network may be another that comes or goes. */
  private lookAtAll(): void {
    for (const network of this.networks.list()) this.queue.add(keyOf(network));
  }

  private async reconcile(name: string): Promise<void> {
    const network = this.networks.get(name);
    if (!network) return;
    if (network.metadata.deletionTimestamp) return this.terminate(network);
    const client = this.context.client.resource<ServiceCIDR>(resources.serviceCidrs);
    const finalizers = network.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) {
      await client.update(
        { ...network, metadata: { ...network.metadata, finalizers: [...finalizers, finalizer] } }, { fieldManager },
      );
      return;
    }
    await this.tell(network, 'True', '', 'Kubernetes Service CIDR is ready');
  }

  private async terminate(network: Live<ServiceCIDR>): Promise<void> {
    const finalizers = network.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) return;
    const { client } = this.context;
    // Asked of the API server: a cache may not have seen the newest address yet.
    const addresses = await client.resource<IPAddress>(resources.ipAddresses).list();
    if (!canGo(network, this.networks.list(), addresses.items)) {
      const why =
        'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
      return this.tell(network, 'False', 'Terminating', why);
    }
    const left = finalizers.filter((entry) => entry !== finalizer);
    await client.resource<ServiceCIDR>(resources.serviceCidrs).update(
      { ...network, metadata: { ...network.metadata, finalizers: left } }, { fieldManager },
    );
  }

  private async tell(network: Live<ServiceCIDR>, status: string, reason: string, message: string): Promise<void> {
    const conditions = network.status?.conditions ?? [];
    const before = conditions.find(({ type }) => type === 'Ready');
    if (before?.status === status && before.reason === reason) return;
    const ready = { type: 'Ready', status, reason, message, lastTransitionTime: timestamp(this.context.clock) };
    const others = conditions.filter(({ type }) => type !== 'Ready');
    await this.context.client.resource<ServiceCIDR>(resources.serviceCidrs).updateStatus(
      { ...network, status: { ...network.status, conditions: [...others, ready] } }, { fieldManager },
    );
  }
}

export const startServiceCidrs: StartController = (context) => new ServiceCidrController(context).start();
