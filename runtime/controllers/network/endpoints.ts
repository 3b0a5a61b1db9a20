import type { CoreV1EndpointPort, EndpointAddress, Endpoints, EndpointSubset, Live, Pod, Service } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, keyOf, splitKey } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import type { Loop } from '../kit/loop';
import { isNamespaceTerminating } from '../kit/pod-control';
import { isReady } from '../kit/pods';
import { resources } from '../kit/resources';
import {
  endpointChanges, endpointHostname, hasEndpoint, inheritedLabels, isHeadless, isIPv6, podAddresses, serviceSelector, servicesOf, targetPort, triggerTime,
} from './endpoint-pods';
import { TRIGGER_TIME } from './slice-plan';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MAX_ADDRESSES = 1000;

function addressOf(pod: Live<Pod>, service: Service): EndpointAddress | undefined {
  const v6 = service.spec?.ipFamilies?.[0] === 'IPv6';
  const ip = podAddresses(pod).find((address) => isIPv6(address) === v6);
  const hostname = endpointHostname(pod, service);
  const { name, namespace, uid } = pod.metadata;
  return ip === undefined ? undefined : {
    ip, ...(hostname && { hostname }), ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', name, uid, ...(namespace && { namespace }) },
  };
}

function portsOf(service: Service, pod: Pod): CoreV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = targetPort(pod, servicePort);
    const { name, protocol = 'TCP', appProtocol } = servicePort;
    return port === undefined ? [] : [{ ...(name && { name }), port, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

interface PortUse {
  readonly port: CoreV1EndpointPort | undefined;
  readonly addresses: Map<string, { address: EndpointAddress; ready: boolean }>;
}

/** One subset for each set of addresses that share their ports, in a stable order (endpoints/util.go, RepackSubsets). */
export function buildSubsets(service: Service, pods: readonly Live<Pod>[]): EndpointSubset[] {
  const publish = service.spec?.publishNotReadyAddresses ?? false;
  const uses = new Map<string, PortUse>();
  for (const pod of pods) {
    const address = hasEndpoint(pod) && (publish || !pod.metadata.deletionTimestamp) ? addressOf(pod, service) : undefined;
    if (!address) continue;
    const ports: (CoreV1EndpointPort | undefined)[] = portsOf(service, pod);
    if (ports.length === 0 && isHeadless(service)) ports.push(undefined);
    for (const port of ports) {
      const key = JSON.stringify(port ?? null);
      const use = uses.get(key) ?? { port, addresses: new Map() };
      uses.set(key, use);
      use.addresses.set(`${address.ip} ${address.targetRef?.uid}`, { address, ready: publish || isReady(pod) });
    }
  }
  const byAddresses = new Map<string, PortUse[]>();
  for (const use of uses.values()) {
    const key = [...use.addresses].map(([id, { ready }]) => `${id} ${ready}`).sort().join();
    byAddresses.set(key, [...(byAddresses.get(key) ?? []), use]);
  }
  return [...byAddresses.values()].map(subsetOf).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function subsetOf(uses: readonly PortUse[]): EndpointSubset {
  const all = [...(uses[0]?.addresses.values() ?? [])].sort((a, b) => (a.address.ip < b.address.ip ? -1 : 1));
  const addresses = all.filter(({ ready }) => ready).map(({ address }) => address);
  const notReadyAddresses = all.filter(({ ready }) => !ready).map(({ address }) => address);
  const ports = uses.flatMap(({ port }) => port ?? []).sort((a, b) => a.port - b.port);
  return { ...(addresses.length > 0 && { addresses }), ...(notReadyAddresses.length > 0 && { notReadyAddresses }), ...(ports.length > 0 && { ports }) };
}

/** At most a thousand addresses; ready ones go first. */
function truncated(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; over: boolean } {
  const count = (key: 'addresses' | 'notReadyAddresses') => subsets.reduce((sum, subset) => sum + (subset[key]?.length ?? 0), 0);
  if (count('addresses') + count('notReadyAddresses') <= MAX_ADDRESSES) return { subsets, over: false };
  let left = MAX_ADDRESSES;
  const take = (list: EndpointAddress[] | undefined) => {
    const taken = (list ?? []).slice(0, left);
    left -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const cut = subsets.map((subset, i) => ({ ...subset, addresses: ready[i] ?? [], notReadyAddresses: take(subset.notReadyAddresses) }));
  return { subsets: cut.filter(({ addresses, notReadyAddresses }) => addresses.length + notReadyAddresses.length > 0), over: true };
}

class EndpointsController extends ControllerBase {
  private readonly services: Informer<Service>;
  private readonly pods: Informer<Pod>;
  private readonly endpoints: Informer<Endpoints>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<Endpoints>;

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<Endpoints>(resources.endpoints);
    this.queue = this.loop({ name: 'endpoints-controller', reconcile: (key) => this.reconcile(key) });
    this.services = this.watchAll<Service>(resources.services, (service) => this.queue.add(keyOf(service)));
    this.endpoints = this.watch<Endpoints>(resources.endpoints, {
      added: (endpoints) => this.queue.add(keyOf(endpoints)),
      deleted: (endpoints) => this.queue.add(keyOf(endpoints)),
    });
    this.pods = this.watch<Pod>(resources.pods, endpointChanges((pod) => this.podChanged(pod)));
  }

  private podChanged(pod: Live<Pod>): void {
    for (const service of servicesOf(pod, this.services)) this.queue.add(keyOf(service));
  }

  private async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.services.get(name, namespace);
    const existing = this.endpoints.get(name, namespace);
    if (!service) return this.remove(existing);
    const selector = serviceSelector(service);
    if (!selector) return;
    const pods = this.pods.list(namespace).filter((pod) => selector.matches(pod.metadata.labels ?? {}));
    const { subsets, over } = truncated(buildSubsets(service, pods));
    const labels = {
      ...inheritedLabels(service), [MANAGED_BY]: 'endpoint-controller', ...(isHeadless(service) && { 'service.kubernetes.io/headless': '' }),
    };
    if (existing && semanticEqual(existing.subsets, subsets) && semanticEqual(existing.metadata.labels, labels)) return;
    const trigger = triggerTime(service, pods, existing?.metadata.annotations?.[TRIGGER_TIME]);
    const { [OVER_CAPACITY]: _, ...kept } = existing?.metadata.annotations ?? {};
    const annotations = { ...kept, ...(trigger && { [TRIGGER_TIME]: trigger }), ...(over && { [OVER_CAPACITY]: 'truncated' }) };
    await this.write(service, existing, { labels, annotations }, subsets);
  }

  private async write(service: Live<Service>, existing: Live<Endpoints> | undefined, meta: Partial<Endpoints['metadata']>, subsets: EndpointSubset[]): Promise<void> {
    if (existing) {
      await this.client.update({ ...existing, metadata: { ...existing.metadata, ...meta }, subsets });
      return;
    }
    const { name, namespace } = service.metadata;
    try {
      await this.client.create({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace: namespace ?? '', ...meta }, subsets });
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  /** Only what this controller made: others own the endpoints of services without a selector. */
  private async remove(existing: Live<Endpoints> | undefined): Promise<void> {
    if (!existing || existing.metadata.labels?.[MANAGED_BY] !== 'endpoint-controller') return;
    const { name, namespace, uid } = existing.metadata;
    await this.client.delete(name, namespace, { preconditions: { uid } }).catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
  }
}

export const startEndpoints: StartController = (context) => new EndpointsController(context).start();
