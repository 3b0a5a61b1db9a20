import type { Endpoint, EndpointAddress, Endpoints, EndpointSlice, EndpointSubset, Live, Service } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer } from '../../client/client';
import { ControllerBase, keyOf, splitKey } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { controllerRef } from '../kit/pods';
import { resources } from '../kit/resources';
import { inheritedLabels, isIPv6, serviceSelector } from './endpoint-pods';
import { MANAGED_BY, SERVICE_NAME } from './endpoint-slices';
import { planSlices, TRIGGER_TIME } from './slice-plan';
import type { AddressType, EndpointGroup } from './slice-plan';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';

const endpointOf = ({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint =>
  ({ addresses: [ip], conditions: { ready }, ...(hostname && { hostname }), ...(nodeName && { nodeName }), ...(targetRef && { targetRef }) });

/** Endpoints that somebody else keeps, as groups for slices. */
export function mirroredGroups(subsets: readonly EndpointSubset[]): EndpointGroup[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const all = [...addresses.map((address) => endpointOf(address, true)), ...notReadyAddresses.map((address) => endpointOf(address, false))];
    return (['IPv4', 'IPv6'] as const).flatMap((addressType: AddressType) => {
      const endpoints = all.filter((endpoint) => isIPv6(endpoint.addresses[0] ?? '') === (addressType === 'IPv6'));
      return endpoints.length > 0 ? [{ addressType, ports: ports.map((port) => ({ name: '', ...port })), endpoints }] : [];
    });
  });
}

/** Shows hand-made endpoints (of services without a selector) to those who read slices only. */
class SliceMirroringController extends ControllerBase {
  private readonly services: Informer<Service>;
  private readonly endpoints: Informer<Endpoints>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly queue: Loop;

  constructor(context: Context) {
    super(context);
    this.queue = this.loop({ name: 'endpointslice-mirroring-controller', reconcile: (key) => this.reconcile(key) });
    this.services = this.watchAll<Service>(resources.services, (service) => this.queue.add(keyOf(service)));
    this.slices = this.watchAll<EndpointSlice>(resources.endpointSlices, ({ metadata }) => {
      if (metadata.labels?.[MANAGED_BY] === MANAGER) this.queue.add(`${metadata.namespace}/${metadata.labels[SERVICE_NAME]}`);
    });
    this.endpoints = this.watchAll<Endpoints>(resources.endpoints, (endpoints) => this.queue.add(keyOf(endpoints)));
  }

  private shouldMirror(service: Live<Service> | undefined, endpoints: Live<Endpoints> | undefined): boolean {
    if (!service || !endpoints || serviceSelector(service) || service.spec?.type === 'ExternalName') return false;
    const { labels = {}, annotations = {} } = endpoints.metadata;
    return labels[SKIP] !== 'true' && annotations[LEADER] === undefined;
  }

  private async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.services.get(name, namespace);
    const endpoints = this.endpoints.get(name, namespace);
    const existing = this.slices.list(namespace).filter(({ metadata }) =>
      metadata.labels?.[MANAGED_BY] === MANAGER && metadata.labels[SERVICE_NAME] === name && !metadata.deletionTimestamp);
    const client = this.context.client.resource<EndpointSlice>(resources.endpointSlices);
    const remove = (slice: Live<EndpointSlice>) => client.delete(slice.metadata.name, namespace).catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
    const groups = endpoints && this.shouldMirror(service, endpoints) ? mirroredGroups(endpoints.subsets ?? []) : [];
    if (!endpoints || groups.length === 0) {
      await Promise.all(existing.map(remove));
      return;
    }
    const { [TRIGGER_TIME]: trigger, 'kubectl.kubernetes.io/last-applied-configuration': _, ...annotations } = endpoints.metadata.annotations ?? {};
    const meta = {
      labels: { ...inheritedLabels(endpoints), [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
      annotations: { ...annotations, ...(trigger && { [TRIGGER_TIME]: trigger }) },
    };
    const plan = planSlices(groups, existing, meta);
    const ownerReferences = [controllerRef(endpoints, { apiVersion: 'v1', kind: 'Endpoints' })];
    await Promise.all([
      ...plan.create.map((content) => client.create({
        apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...content,
        metadata: { generateName: `${name}-`, namespace: namespace ?? '', ownerReferences, ...meta },
      })),
      ...plan.update.map((slice) => client.update(slice)),
      ...plan.remove.map(remove),
    ]);
    // The next run is to see what this one made; a watch is never that far behind.
    if (plan.create.length > 0) await new Promise<void>((resolve) => this.context.clock.after(100, resolve));
  }
}

export const startSliceMirroring: StartController = (context) => new SliceMirroringController(context).start();
