import type { Endpoint, EndpointSlice, Live, Service, ServicePort } from '../../api/kinds';

export interface Backend {
  ip: string;
  port: number;
  /** On this node. */
  local: boolean;
}

/** One port of a Service with the endpoints that may take its traffic now; what the rules are made from. */
export interface ServicePortState {
  /** `namespace/name:port`. */
  name: string;
  protocol: 'tcp' | 'udp' | 'sctp';
  clusterIPs: string[];
  /** External addresses that lead to this port as well. */
  externalIPs: string[];
  port: number;
  nodePort?: number;
  /** For cluster addresses (internalTrafficPolicy applied). */
  internal: Backend[];
  /** For node ports and external addresses (externalTrafficPolicy applied). */
  external: Backend[];
  /** The policy is Local: an empty list drops rather than rejects, and clients' addresses are kept. */
  externalLocal: boolean;
  internalLocal: boolean;
  /** Clients stick to a backend for this long. */
  affinitySeconds?: number;
}

/** The ports of all Services that the proxy handles, in a stable order. `slices` are looked up by Service. */
export function servicePorts(
  services: readonly Live<Service>[],
  slices: ReadonlyMap<string, readonly Live<EndpointSlice>[]>,
  nodeName: string,
): ServicePortState[] {
  return services
    .filter(isProxied)
    .flatMap((service) => (service.spec?.ports ?? []).map((port) => portState(service, port, slices, nodeName)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isProxied({ spec, metadata }: Live<Service>): boolean {
  const foreign = metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined;
  return !foreign && spec?.type !== 'ExternalName' && Boolean(spec?.clusterIP) && spec?.clusterIP !== 'None';
}

function portState(
  service: Live<Service>,
  port: ServicePort,
  slices: ReadonlyMap<string, readonly Live<EndpointSlice>[]>,
  nodeName: string,
): ServicePortState {
  const { spec, metadata, status } = service;
  const key = `${metadata.namespace}/${metadata.name}`;
  const all = backends(slices.get(key) ?? [], port, nodeName);
  const internalLocal = spec?.internalTrafficPolicy === 'Local';
  const externalLocal = spec?.externalTrafficPolicy === 'Local';
  const vips = (status?.loadBalancer?.ingress ?? []).filter(({ ipMode }) => ipMode !== 'Proxy').flatMap(({ ip }) => ip ?? []);
  return {
    name: `${key}:${port.name ?? ''}`,
    protocol: (port.protocol ?? 'TCP').toLowerCase() as ServicePortState['protocol'],
    clusterIPs: (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).filter(isIPv4),
    externalIPs: [...(spec?.externalIPs ?? []), ...vips].filter(isIPv4),
    port: port.port,
    ...(port.nodePort && { nodePort: port.nodePort }),
    internal: usable(internalLocal ? all.filter(({ local }) => local) : all),
    external: usable(externalLocal ? all.filter(({ local }) => local) : all),
    externalLocal,
    internalLocal,
    ...(spec?.sessionAffinity === 'ClientIP' && { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800 }),
  };
}

type Candidate = Backend & { ready: boolean; serving: boolean };

function backends(slices: readonly Live<EndpointSlice>[], port: ServicePort, nodeName: string): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    const target = slice.ports?.find(({ name, protocol }) => (name ?? '') === (port.name ?? '') && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (slice.addressType !== 'IPv4' || !target?.port) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const candidate = toCandidate(endpoint, target.port, nodeName);
      if (candidate) found.set(`${candidate.ip}:${candidate.port}`, candidate);
    }
  }
  return [...found.values()].sort((a, b) => (`${a.ip}:${a.port}` < `${b.ip}:${b.port}` ? -1 : 1));
}

function toCandidate({ addresses, conditions, nodeName }: Endpoint, port: number, self: string): Candidate | undefined {
  const ip = addresses[0];
  if (!ip) return undefined;
  const ready = conditions?.ready ?? true;
  return { ip, port, local: nodeName === self, ready, serving: conditions?.serving ?? ready };
}

/** Ready endpoints; when there are none, those that still serve while they terminate (KEP-1669). */
function usable(candidates: readonly Candidate[]): Backend[] {
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter((candidate) => candidate.serving);
  return chosen.map(({ ip, port, local }) => ({ ip, port, local }));
}

function isIPv4(address: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(address);
}
