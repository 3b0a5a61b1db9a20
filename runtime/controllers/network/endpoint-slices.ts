import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice, Live, Node, Pod, Service } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, eventsOf, keyOf, messageOf, splitKey } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { controllerRef, isReady } from '../kit/pods';
import { isNamespaceTerminating } from '../kit/pod-control';
import { resources } from '../kit/resources';
import {
  endpointChanges, endpointHostname, hasEndpoint, inheritedLabels, isHeadless, isIPv6, podAddresses, serviceSelector, servicesOf, targetPort, triggerTime,
} from './endpoint-pods';
import { planSlices, TRIGGER_TIME } from './slice-plan';
import type { AddressType, EndpointGroup, SliceMeta } from './slice-plan';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';

type ZoneOf = (nodeName: string) => string | undefined;

export function endpointOf(pod: Live<Pod>, service: Service, addressType: AddressType, zoneOf: ZoneOf): Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = Boolean(deletionTimestamp);
  const nodeName = pod.spec?.nodeName;
  const zone = nodeName && zoneOf(nodeName);
  const hostname = endpointHostname(pod, service);
  return {
    addresses: podAddresses(pod).filter((address) => isIPv6(address) === (addressType === 'IPv6')),
    conditions: { ready: (service.spec?.publishNotReadyAddresses ?? false) || (serving && !terminating), serving, terminating },
    ...(hostname && { hostname }),
    targetRef: { kind: 'Pod', name, uid, ...(namespace && { namespace }) },
    ...(nodeName && { nodeName }),
    ...(zone && { zone }),
  };
}

export function endpointPorts(service: Service, pod: Pod): DiscoveryV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetPort(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [{ name, port, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

/** Pods whose named ports resolve differently land in different groups. */
export function groupEndpoints(service: Service, pods: readonly Live<Pod>[], zoneOf: ZoneOf): EndpointGroup[] {
  const families = (service.spec?.ipFamilies?.length ? service.spec.ipFamilies : ['IPv4']) as AddressType[];
  const groups = new Map<string, EndpointGroup & { endpoints: Endpoint[] }>();
  for (const addressType of families) {
    for (const pod of pods.filter(hasEndpoint)) {
      const endpoint = endpointOf(pod, service, addressType, zoneOf);
      if (endpoint.addresses.length === 0) continue;
      const ports = endpointPorts(service, pod);
      const key = addressType + JSON.stringify(ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(endpoint);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

export function sliceMeta(service: Live<Service>, trigger: string | undefined): SliceMeta {
  return {
    labels: {
      ...inheritedLabels(service), [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: MANAGER,
      ...(isHeadless(service) && { 'service.kubernetes.io/headless': '' }),
    },
    annotations: trigger ? { [TRIGGER_TIME]: trigger } : {},
  };
}

class EndpointSliceController extends ControllerBase {
  private readonly services: Informer<Service>;
  private readonly pods: Informer<Pod>;
  private readonly nodes: Informer<Node>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<EndpointSlice>;
  private readonly events: EventSink;
  /** Slices created here that the watch hasn't brought yet: planning without them would create them again. */
  private readonly unseen = new Map<string, Set<string>>();

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<EndpointSlice>(resources.endpointSlices);
    this.events = eventsOf(context.events('endpoint-slice-controller'), { apiVersion: 'v1', kind: 'Service' });
    this.queue = this.loop({ name: 'endpointslice-controller', reconcile: (key) => this.reconcile(key) });
    this.nodes = this.read<Node>(resources.nodes);
    this.services = this.watchAll<Service>(resources.services, (service) => this.queue.add(keyOf(service)));
    const slices = this.read<EndpointSlice>(resources.endpointSlices);
    slices.addIndex('service', ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`]);
    this.slices = this.watchAll<EndpointSlice>(resources.endpointSlices, (slice) => this.sliceChanged(slice));
    this.pods = this.watch<Pod>(resources.pods, endpointChanges((pod) => this.podChanged(pod)));
  }

  private podChanged(pod: Live<Pod>): void {
    for (const service of servicesOf(pod, this.services)) this.queue.add(keyOf(service));
  }

  private sliceChanged({ metadata }: Live<EndpointSlice>): void {
    if (metadata.labels?.[MANAGED_BY] !== MANAGER) return;
    const key = `${metadata.namespace}/${metadata.labels[SERVICE_NAME] ?? ''}`;
    this.unseen.get(key)?.delete(metadata.uid);
    this.queue.add(key);
  }

  private async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    if (this.unseen.get(key)?.size) return;
    this.unseen.delete(key);
    const service = this.services.get(name, namespace);
    const selector = service && serviceSelector(service);
    // Slices of a service that is gone are the garbage collector's.
    if (!selector || service.metadata.deletionTimestamp) return;
    const pods = this.pods.list(namespace).filter((pod) => selector.matches(pod.metadata.labels ?? {}));
    const zoneOf: ZoneOf = (node) => this.nodes.get(node)?.metadata.labels?.['topology.kubernetes.io/zone'];
    const existing = this.slices.byIndex('service', key).filter(
      ({ metadata }) => metadata.labels?.[MANAGED_BY] === MANAGER && !metadata.deletionTimestamp);
    const known = existing.map(({ metadata }) => metadata.annotations?.[TRIGGER_TIME]).find((time) => time !== undefined);
    await this.apply(service, existing, groupEndpoints(service, pods, zoneOf), sliceMeta(service, triggerTime(service, pods, known)));
  }

  private async apply(service: Live<Service>, existing: Live<EndpointSlice>[], groups: EndpointGroup[], meta: SliceMeta): Promise<void> {
    const plan = planSlices(groups, existing, meta);
    try {
      await Promise.all([
        ...plan.create.map((content) => this.create(service, content, meta)),
        ...plan.update.map((slice) => this.client.update(slice)),
        ...plan.remove.map((slice) => this.remove(slice)),
      ]);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isStatusError(error, 'Conflict')) {
        this.events.event(service, 'Warning', 'FailedToUpdateEndpointSlices',
          `Error updating Endpoint Slices for Service ${service.metadata.namespace}/${service.metadata.name}: ${messageOf(error)}`);
      }
      throw error;
    }
  }

  private async create(service: Live<Service>, content: Pick<EndpointSlice, 'addressType' | 'ports' | 'endpoints'>, meta: SliceMeta): Promise<void> {
    const created = await this.client.create({
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice',
      metadata: {
        generateName: `${service.metadata.name}-`, namespace: service.metadata.namespace ?? '', ...meta,
        ownerReferences: [controllerRef(service, { apiVersion: 'v1', kind: 'Service' })],
      },
      ...content,
    });
    if (this.slices.get(created.metadata.name, created.metadata.namespace)) return;
    const key = keyOf(service);
    const unseen = this.unseen.get(key) ?? new Set<string>();
    this.unseen.set(key, unseen.add(created.metadata.uid));
    // A slice that was deleted before the watch could show it would otherwise be waited for without end.
    this.context.clock.after(30_000, () => {
      if (unseen.delete(created.metadata.uid)) this.queue.add(key);
    });
  }

  private async remove({ metadata: { name, namespace } }: Live<EndpointSlice>): Promise<void> {
    await this.client.delete(name, namespace).catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
  }
}

export const startEndpointSlices: StartController = (context) => new EndpointSliceController(context).start();
