import type { Answer, Question } from 'dns-packet';
import type { EndpointSlice, Live, Service } from '../../api/kinds';

/** What the cluster's names are read from. */
export interface ClusterView {
  domain: string;
  service(namespace: string, name: string): Live<Service> | undefined;
  slices(namespace: string, service: string): readonly Live<EndpointSlice>[];
  namespaceExists(namespace: string): boolean;
  /** The Service that has this cluster address. */
  serviceByIP(ip: string): Live<Service> | undefined;
  /** Slices with an endpoint at this address. */
  slicesByIP(ip: string): readonly Live<EndpointSlice>[];
}

export interface Resolution {
  rcode: 'NOERROR' | 'NXDOMAIN';
  answers: Answer[];
}

/** Seconds; short, because endpoints come and go. CoreDNS's default for the kubernetes plugin. */
export const ttl = 5;

/**
 * Answers a question about the cluster's own names, as the Kubernetes DNS specification 1.1.0 lays them down.
 * Undefined when the name isn't the cluster's.
 */
export function resolveClusterName(question: Question, view: ClusterView): Resolution | undefined {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  if (name.endsWith('.in-addr.arpa')) return resolveReverse(name, question, view);
  if (name !== view.domain && !name.endsWith(`.${view.domain}`)) return undefined;
  const labels = name.slice(0, -view.domain.length - 1).split('.').filter(Boolean);
  if (name === `dns-version.${view.domain}`) return records(question, [text(name, '1.1.0')]);
  const zone = labels.pop();
  if (zone === 'svc') return resolveService(name, labels, question, view);
  if (zone === 'pod') return resolvePod(name, labels, question, view);
  return zone === undefined ? records(question, []) : missing;
}

const missing: Resolution = { rcode: 'NXDOMAIN', answers: [] };

/** `[[hostname|_port._proto].]service.namespace`; labels are from the left, without `svc`. */
function resolveService(fqdn: string, labels: string[], question: Question, view: ClusterView): Resolution {
  const namespace = labels.pop();
  if (namespace === undefined) return records(question, []);
  const serviceName = labels.pop();
  if (serviceName === undefined) return view.namespaceExists(namespace) ? records(question, []) : missing;
  const service = view.service(namespace, serviceName);
  if (!service) return missing;
  if (service.spec?.type === 'ExternalName') {
    return labels.length === 0 ? { rcode: 'NOERROR', answers: [{ type: 'CNAME', name: fqdn, ttl, data: service.spec.externalName ?? '' }] } : missing;
  }
  if (labels.length === 0) return records(question, addressesOf(service, view).map((ip) => address(fqdn, ip)));
  if (labels.length === 2 && labels[0]?.startsWith('_')) return resolvePort(fqdn, labels as [string, string], question, service, view);
  const host = labels.length === 1 && isHeadless(service) ? endpointsOf(service, view).filter(({ hostname }) => hostname === labels[0]) : [];
  return host.length > 0 ? records(question, host.map(({ ip }) => address(fqdn, ip))) : missing;
}

function resolvePort(fqdn: string, [port, protocol]: [string, string], question: Question, service: Live<Service>, view: ClusterView): Resolution {
  const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${view.domain}`;
  const matches = (candidate: { name?: string; protocol?: string }): boolean =>
    `_${candidate.name ?? ''}` === port && `_${(candidate.protocol ?? 'TCP').toLowerCase()}` === protocol;
  const targets = isHeadless(service)
    ? endpointsOf(service, view).flatMap(({ ip, hostname, ports }) => ports.filter(matches).map((found) => ({ ip, port: found.port ?? 0, target: `${hostname}.${base}` })))
    : (service.spec?.ports ?? []).filter(matches).map((found) => ({ ip: service.spec?.clusterIP ?? '', port: found.port, target: base }));
  if (targets.length === 0) return missing;
  const weight = Math.max(1, Math.floor(100 / targets.length));
  return records(question, targets.map(({ port: number, target }) => ({ type: 'SRV', name: fqdn, ttl, data: { port: number, target, priority: 0, weight } })));
}

/** `10-244-1-7.namespace`: the address that the name itself spells. */
function resolvePod(fqdn: string, labels: string[], question: Question, view: ClusterView): Resolution {
  const namespace = labels.pop();
  const ip = labels.length === 1 ? labels[0]?.replaceAll('-', '.') : undefined;
  if (!namespace || !ip || !/^\d{1,3}(\.\d{1,3}){3}$/.test(ip) || !view.namespaceExists(namespace)) return missing;
  return records(question, [address(fqdn, ip)]);
}

/** An address of a Service, or those of a headless Service's endpoints. */
function resolveReverse(name: string, question: Question, view: ClusterView): Resolution | undefined {
  const ip = name.replace(/\.in-addr\.arpa$/, '').split('.').reverse().join('.');
  const pointer = (target: string): Answer => ({ type: 'PTR', name, ttl, data: target });
  const domainOf = ({ metadata }: Live<Service>) => `${metadata.name}.${metadata.namespace}.svc.${view.domain}`;
  const service = view.serviceByIP(ip);
  if (service) return records(question, [pointer(domainOf(service))]);
  const targets = view.slicesByIP(ip).flatMap(({ metadata }) => {
    const headless = view.service(metadata.namespace ?? '', metadata.labels?.['kubernetes.io/service-name'] ?? '');
    if (!headless || !isHeadless(headless)) return [];
    return endpointsOf(headless, view).filter((endpoint) => endpoint.ip === ip)
      .map(({ hostname }) => `${hostname}.${domainOf(headless)}`);
  });
  return targets.length > 0 ? records(question, [...new Set(targets)].map(pointer)) : undefined;
}

function addressesOf(service: Live<Service>, view: ClusterView): string[] {
  if (!isHeadless(service)) return (service.spec?.clusterIPs ?? []).filter((ip) => ip.includes('.'));
  return [...new Set(endpointsOf(service, view).map(({ ip }) => ip))];
}

interface NamedEndpoint {
  ip: string;
  /** The pod's hostname, or one made from its address. */
  hostname: string;
  ports: { name?: string; port?: number; protocol?: string }[];
}

function endpointsOf(service: Live<Service>, view: ClusterView): NamedEndpoint[] {
  const slices = view.slices(service.metadata.namespace ?? '', service.metadata.name);
  return slices.filter(({ addressType }) => addressType === 'IPv4').flatMap((slice) =>
    (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true).map(({ addresses, hostname }) => {
      const ip = addresses[0] ?? '';
      return { ip, hostname: hostname ?? ip.replaceAll('.', '-'), ports: slice.ports ?? [] };
    }));
}

function isHeadless({ spec }: Live<Service>): boolean {
  return spec?.clusterIP === 'None';
}

/** The name exists: the records of the type asked for, which may be none. */
function records(question: Question, all: Answer[]): Resolution {
  return { rcode: 'NOERROR', answers: all.filter(({ type }) => type === question.type || (question.type as string) === 'ANY') };
}

function address(name: string, ip: string): Answer {
  return { type: 'A', name, ttl, data: ip };
}

function text(name: string, data: string): Answer {
  return { type: 'TXT', name, ttl, data };
}
