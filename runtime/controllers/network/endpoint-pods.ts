import { selectorFromMap } from '../../api/labels';
import type { Selector } from '../../api/labels';
import type { Container, Live, Pod, Service, ServicePort } from '../../api/kinds';
import type { Handlers, Informer } from '../../client/client';
import { isReady, isTerminal } from '../kit/pods';

const selectors = new WeakMap<object, Selector>();

/** Undefined for a service without a selector: its endpoints are somebody else's business. */
export function serviceSelector({ spec }: Service): Selector | undefined {
  if (!spec?.selector || Object.keys(spec.selector).length === 0 || spec.type === 'ExternalName') return undefined;
  let selector = selectors.get(spec);
  if (!selector) selectors.set(spec, (selector = selectorFromMap(spec.selector)));
  return selector;
}

export const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';

export const podAddresses = ({ status }: Pod): string[] =>
  (status?.podIPs ?? []).length > 0 ? (status?.podIPs ?? []).map(({ ip }) => ip) : status?.podIP ? [status.podIP] : [];

export const isIPv6 = (address: string): boolean => address.includes(':');

export const hasEndpoint = (pod: Pod): boolean => !isTerminal(pod) && podAddresses(pod).length > 0;

export function endpointHostname(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

/** The container port that a service port leads to; undefined when this pod has no port of that name. */
export function targetPort(pod: Pod, { targetPort: target, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof target === 'number' && target !== 0) return target;
  if (!target) return port;
  const sidecar = (container: Container) => container.restartPolicy === 'Always';
  for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(sidecar)]) {
    const found = container.ports?.find((candidate) => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

/** What of a pod its endpoints show; a change of anything else needs no look. */
function endpointFacts(pod: Live<Pod>): string {
  const { spec, metadata } = pod;
  return JSON.stringify([
    podAddresses(pod), isReady(pod), isTerminal(pod), Boolean(metadata.deletionTimestamp), spec?.nodeName, spec?.hostname,
    spec?.subdomain, metadata.labels,
  ]);
}

/** Handlers of pods that call `changed` with each one, as it was or is, whose endpoints are to be looked at anew. */
export function endpointChanges(changed: (pod: Live<Pod>) => void): Handlers<Pod> {
  return {
    added: (pod) => {
      if (hasEndpoint(pod)) changed(pod);
    },
    updated: (pod, previous) => {
      // Until a pod has an address it is of no concern, which is most of what happens while many start.
      if (!hasEndpoint(pod) && !hasEndpoint(previous)) return;
      if (endpointFacts(pod) === endpointFacts(previous)) return;
      changed(pod);
      if (pod.metadata.labels !== previous.metadata.labels) changed(previous);
    },
    deleted: changed,
  };
}

/** The services that select a pod. */
export const servicesOf = (pod: Live<Pod>, services: Informer<Service>): Live<Service>[] =>
  services.list(pod.metadata.namespace).filter((service) => serviceSelector(service)?.matches(pod.metadata.labels ?? {}));

const RESERVED_LABELS = ['kubernetes.io/service-name', 'endpointslice.kubernetes.io/managed-by', 'service.kubernetes.io/headless'];

/** The labels of a service without those that the controllers themselves set. */
export const inheritedLabels = ({ metadata }: { metadata: { labels?: Record<string, string> } }): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata.labels ?? {}).filter(([key]) => !RESERVED_LABELS.includes(key)));

/** When the newest change happened that the endpoints are to show. */
export function triggerTime(service: Live<Service>, pods: readonly Live<Pod>[], known: string | undefined): string | undefined {
  let newest = Date.parse(known ?? service.metadata.creationTimestamp) || 0;
  for (const pod of pods) {
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
    newest = Math.max(newest, Date.parse(ready ?? '') || 0);
  }
  return newest === 0 ? undefined : new Date(newest).toISOString().replace(/\.\d+Z$/, 'Z');
}
