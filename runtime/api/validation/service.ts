import { isIpv4, isIpv6, parseIp } from '../cidr';
import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type { LoadBalancerStatus, Service, ServicePort, ServiceSpec } from '../kinds';
import { dns1123SubdomainProblems, portNumberProblems } from '../names';
import type { Findings } from './common';
import {
  cidrRange, dnsLabel, dnsSubdomain, invalidEach, ipAddress, labels, METADATA, nonSpecialIp, optionalOneOf,
  portNumberOrName,
  qualifiedName, requiredOneOf, SPEC, STATUS,
} from './common';
import { protocol } from './containers';
import { cidrWarnings, ipWarnings } from './ip-warnings';
import type { KindRules } from './rules';

const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const MAX_AFFINITY_SECONDS = 86400;

const isHeadless = ({ clusterIPs }: ServiceSpec) => clusterIPs?.length === 1 && clusterIPs[0] === 'None';
const isExternal = ({ type }: ServiceSpec) => type === 'ExternalName';

/** Reachable from outside the cluster, by whatever way. */
const isExternallyAccessible = ({ type, externalIPs }: ServiceSpec) =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && Boolean(externalIPs?.length));
const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec) =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

function port(out: Findings, path: Path, value: ServicePort, requireName: boolean, names: Set<string>): void {
  if (!value.name) {
    if (requireName) out.push(finding.required(path.child('name')));
  } else {
    dnsLabel(out, path.child('name'), value.name);
    if (names.has(value.name)) out.push(finding.duplicate(path.child('name'), value.name));
    names.add(value.name);
  }
  invalidEach(out, path.child('port'), value.port ?? 0, portNumberProblems(value.port ?? 0));
  protocol(out, path.child('protocol'), value.protocol);
  portNumberOrName(out, path.child('targetPort'), value.targetPort ?? value.port);
  if (value.appProtocol !== undefined) qualifiedName(out, path.child('appProtocol'), value.appProtocol);
}

function externalName(out: Findings, spec: ServiceSpec): void {
  const forbid =
    (field: string) => out.push(finding.forbidden(SPEC.child(field), 'may not be set for ExternalName services'));
  if (spec.clusterIPs?.length) forbid('clusterIPs');
  if (spec.ipFamilies?.length) forbid('ipFamilies');
  if (spec.ipFamilyPolicy !== undefined) forbid('ipFamilyPolicy');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name) dnsSubdomain(out, SPEC.child('externalName'), name);
  else out.push(finding.required(SPEC.child('externalName')));
}

function typeRules(out: Findings, spec: ServiceSpec): void {
  if (isExternal(spec)) externalName(out, spec);
  else if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    const detail = `may not be set to 'None' for ${spec.type} services`;
    out.push(finding.invalid(SPEC.child('clusterIPs').index(0), 'None', detail));
  }
}

function sessionAffinity(out: Findings, { sessionAffinity: kind, sessionAffinityConfig: config }: ServiceSpec): void {
  requiredOneOf(out, SPEC.child('sessionAffinity'), kind, ['ClientIP', 'None']);
  const at = SPEC.child('sessionAffinityConfig');
  if (kind === 'None' && config) out.push(finding.forbidden(at, 'must not be set when session affinity is None'));
  if (kind !== 'ClientIP') return;
  const detail = 'when session affinity type is ClientIP';
  const seconds = config?.clientIP?.timeoutSeconds;
  if (!config) out.push(finding.required(at, detail));
  else if (!config.clientIP) out.push(finding.required(at.child('clientIP'), detail));
  else if (seconds === undefined) out.push(finding.required(at.child('clientIP', 'timeoutSeconds'), detail));
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    const range = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
    out.push(finding.invalid(at.child('clientIP', 'timeoutSeconds'), seconds, range));
  }
}

const CLUSTER_IPS = SPEC.child('clusterIPs');

function clusterIpSync(out: Findings, { clusterIP, clusterIPs = [] }: ServiceSpec): void {
  if (!clusterIP) {
    if (clusterIPs.length)
      out.push(finding.invalid(CLUSTER_IPS, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  } else if (clusterIPs[0] !== clusterIP)
    out.push(finding.invalid(CLUSTER_IPS, clusterIPs, 'first value must match `clusterIP`'));
}

function families(out: Findings, { ipFamilies, ipFamilyPolicy }: ServiceSpec): void {
  ipFamilies?.forEach((family, i) => {
    const at = SPEC.child('ipFamilies').index(i);
    optionalOneOf(out, at, family, ['IPv4', 'IPv6']);
    if (ipFamilies.indexOf(family) < i) out.push(finding.duplicate(at, family));
  });
  optionalOneOf(
    out,
    SPEC.child('ipFamilyPolicy'),
    ipFamilyPolicy,
    ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
  );
}

/** Cluster addresses and their families; also what the allocator asks after it has filled them in. */
export function clusterIpFindings(out: Findings, spec: ServiceSpec): void {
  if (isExternal(spec)) return;
  clusterIpSync(out, spec);
  families(out, spec);
  const ips = spec.clusterIPs ?? [];
  let wellFormed = true;
  ips.forEach((ip, i) => {
    if (i === 0 && ip === 'None') {
      if (ips.length === 1) return;
      wellFormed = false;
      out.push(finding.invalid(CLUSTER_IPS, ips, "'None' must be the first and only value"));
    } else if (!ipAddress(out, CLUSTER_IPS.index(i), ip)) wellFormed = false;
  });
  if (ips.length > 2) out.push(finding.invalid(CLUSTER_IPS, ips, 'may only hold up to 2 values'));
  if (!wellFormed) return;
  if (ips.length > 1 && !(ips.some(isIpv4) && ips.some(isIpv6))) {
    out.push(finding.invalid(CLUSTER_IPS, ips, 'may specify no more than one IP for each IP family'));
  }
  if (isHeadless(spec)) return;
  ips.forEach((ip, i) => {
    const family = spec.ipFamilies?.[i];
    if (!family || isIpv6(ip) === (family === 'IPv6')) return;
    out.push(finding.invalid(
      CLUSTER_IPS.index(i),
      ip,
      `expected an ${family} value as indicated by \`ipFamilies[${i}]\``,
    ));
  });
}

function portCombinations(out: Findings, spec: ServiceSpec): void {
  const path = SPEC.child('ports');
  const list = spec.ports ?? [];
  if (spec.type === 'ClusterIP') {
    list.forEach(({ nodePort }, i) => {
      if (nodePort)
        out.push(finding.forbidden(path.index(i).child('nodePort'), "may not be used when `type` is 'ClusterIP'"));
    });
  }
  const [nodePorts, ports] = [new Set<string>(), new Set<string>()];
  list.forEach(({ protocol: transport, nodePort }, i) => {
    if (!nodePort) return;
    if (nodePorts.has(`${transport}/${nodePort}`))
      out.push(finding.duplicate(path.index(i).child('nodePort'), nodePort));
    nodePorts.add(`${transport}/${nodePort}`);
  });
  list.forEach(({ protocol: transport, port: number }, i) => {
    if (ports.has(`${transport}/${number}`)) {
      const printed =
        { Name: '', Protocol: transport ?? '', AppProtocol: null, Port: number, TargetPort: 0, NodePort: 0 };
      out.push(finding.duplicate(path.index(i), printed));
    }
    ports.add(`${transport}/${number}`);
  });
}

function sourceRanges(out: Findings, service: Service, spec: ServiceSpec): void {
  const annotation = service.metadata.annotations?.[SOURCE_RANGES];
  const refuse = (path: Path) => {
    if (spec.type !== 'LoadBalancer') out.push(finding.forbidden(path, ONLY_LOAD_BALANCER));
  };
  if (spec.loadBalancerSourceRanges?.length) {
    // Upstream writes this path with a capital.
    const path = SPEC.child('LoadBalancerSourceRanges');
    refuse(path);
    spec.loadBalancerSourceRanges.forEach((range, i) => cidrRange(out, path.index(i), range.trim()));
  } else if (annotation !== undefined) {
    const path = METADATA.child('annotations').key(SOURCE_RANGES);
    refuse(path);
    if (annotation.trim()) for (const range of annotation.split(',')) cidrRange(out, path, range.trim());
  }
}

function loadBalancer(out: Findings, spec: ServiceSpec): void {
  const balanced = spec.type === 'LoadBalancer';
  const allocate = spec.allocateLoadBalancerNodePorts;
  if (!balanced && allocate !== undefined) {
    out.push(finding.forbidden(SPEC.child('allocateLoadBalancerNodePorts'), ONLY_LOAD_BALANCER));
  }
  if (balanced && allocate === undefined) out.push(finding.required(FieldPath.of('allocateLoadBalancerNodePorts')));
  if (spec.loadBalancerClass === undefined) return;
  const at = SPEC.child('loadBalancerClass');
  if (balanced) qualifiedName(out, at, spec.loadBalancerClass);
  else out.push(finding.forbidden(at, ONLY_LOAD_BALANCER));
}

function trafficPolicies(out: Findings, spec: ServiceSpec): void {
  const external = SPEC.child('externalTrafficPolicy');
  if (isExternallyAccessible(spec)) requiredOneOf(out, external, spec.externalTrafficPolicy, ['Cluster', 'Local']);
  else if (spec.externalTrafficPolicy) {
    out.push(finding.invalid(
      external,
      spec.externalTrafficPolicy,
      'may only be set for externally-accessible services',
    ));
  }
  const check = SPEC.child('healthCheckNodePort');
  const checkPort = spec.healthCheckNodePort ?? 0;
  if (!needsHealthCheck(spec)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    if (checkPort) out.push(finding.invalid(check, checkPort, detail));
  } else if (checkPort) invalidEach(out, check, checkPort, portNumberProblems(checkPort));
  // The registry gives the port together with the cluster address: a manifest has neither.
  else if (spec.clusterIP) out.push(finding.required(check));
  const internal = SPEC.child('internalTrafficPolicy');
  if (spec.internalTrafficPolicy !== undefined)
    optionalOneOf(out, internal, spec.internalTrafficPolicy, ['Cluster', 'Local']);
  else if (!isExternal(spec)) out.push(finding.required(internal));
  const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
  optionalOneOf(out, SPEC.child('trafficDistribution'), spec.trafficDistribution, distributions);
}

function topology(out: Findings, { metadata: { annotations = {} } }: Service): void {
  const [mode, hints] = [annotations[TOPOLOGY_MODE], annotations[TOPOLOGY_HINTS]];
  if (mode === undefined || hints === undefined || mode === hints) return;
  const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
  out.push(finding.invalid(METADATA.child('annotations').key(TOPOLOGY_MODE), mode, detail));
}

/**
 * The API server fills `clusterIPs` from `clusterIP` before it validates; a manifest may have the one without the
 * other.
 */
function withClusterIps(spec: ServiceSpec = {}): ServiceSpec {
  return spec.clusterIP && !spec.clusterIPs?.length ? { ...spec, clusterIPs: [spec.clusterIP] } : spec;
}

function create(service: Service): Findings {
  const out: Findings = [];
  const spec = withClusterIps(service.spec);
  topology(out, service);
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && !isExternal(spec)) out.push(finding.required(SPEC.child('ports')));
  typeRules(out, spec);
  const names = new Set<string>();
  ports.forEach((value, i) => port(out, SPEC.child('ports').index(i), value, ports.length > 1, names));
  labels(out, SPEC.child('selector'), spec.selector);
  sessionAffinity(out, spec);
  clusterIpFindings(out, spec);
  spec.externalIPs?.forEach((ip, i) => {
    const at = SPEC.child('externalIPs').index(i);
    if (ipAddress(out, at, ip)) nonSpecialIp(out, at, ip);
  });
  requiredOneOf(out, SPEC.child('type'), spec.type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']);
  portCombinations(out, spec);
  sourceRanges(out, service, spec);
  loadBalancer(out, spec);
  trafficPolicies(out, spec);
  return out;
}

function clusterIpUpdate(out: Findings, spec: ServiceSpec, old: ServiceSpec): void {
  if (isExternal(spec) || isExternal(old) || (isHeadless(spec) && isHeadless(old))) return;
  const [now, before] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
  const changed = (i: number) => out.push(finding.invalid(CLUSTER_IPS.index(i), now, 'may not change once set'));
  if (now.length === before.length) {
    before.forEach((ip, i) => {
      if (ip !== now[i]) changed(i);
    });
    return;
  }
  const released = before.length > now.length;
  if (released && now.length === 0)
    out.push(finding.invalid(CLUSTER_IPS.index(0), now, 'primary clusterIP can not be unset'));
  if (before.length && now.length && now[0] !== before[0]) changed(0);
  if (released && now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    out.push(finding.invalid(SPEC.child('ipFamilyPolicy'), spec.ipFamilyPolicy, detail));
  }
}

function familyUpdate(out: Findings, spec: ServiceSpec, old: ServiceSpec): void {
  if (isExternal(spec) || isExternal(old) || isHeadless(spec) || isHeadless(old)) return;
  const [now, before] = [spec.ipFamilies ?? [], old.ipFamilies ?? []];
  const at = SPEC.child('ipFamilies').index(0);
  if (now.length === before.length) {
    before.forEach((family, i) => {
      if (family !== now[i]) out.push(finding.invalid(at, now, 'may not change once set'));
    });
    return;
  }
  const released = before.length > now.length;
  if (released && !spec.clusterIPs?.length) out.push(finding.invalid(at, now, 'primary ipFamily can not be unset'));
  if (before.length && now.length && now[0] !== before[0]) {
    out.push(finding.invalid(at, spec.clusterIPs ?? null, 'may not change once set'));
  }
  if (released && now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    out.push(finding.invalid(SPEC.child('ipFamilyPolicy'), spec.ipFamilyPolicy, detail));
  }
}

function update(service: Service, before: Service): Findings {
  const out: Findings = [];
  const [spec, old] = [withClusterIps(service.spec), withClusterIps(before.spec)];
  clusterIpUpdate(out, spec, old);
  familyUpdate(out, spec, old);
  if (spec.type === 'LoadBalancer' && old.type === 'LoadBalancer' && spec.loadBalancerClass !== old.loadBalancerClass) {
    out.push(finding.invalid(SPEC.child('loadBalancerClass'), spec.loadBalancerClass, 'may not change once set'));
  }
  if (needsHealthCheck(old) && needsHealthCheck(spec) && (spec.healthCheckNodePort ?? 0) !== (old.healthCheckNodePort ?? 0)) {
    out.push(finding.forbidden(SPEC.child('healthCheckNodePort'), 'field is immutable'));
  }
  return [...out, ...create(service)];
}

/** The addresses at which a Service or an Ingress is reached from outside. */
export function ingressPoints(
  out: Findings,
  path: Path,
  status: LoadBalancerStatus | undefined,
  withMode: boolean,
): void {
  status?.ingress?.forEach(({ ip, ipMode, hostname }, i) => {
    const at = path.child('ingress').index(i);
    if (ip) ipAddress(out, at.child('ip'), ip);
    if (withMode) {
      if (ipMode === undefined) {
        if (ip) out.push(finding.required(at.child('ipMode'), 'must be specified when `ip` is set'));
      } else if (!ip) out.push(finding.forbidden(at.child('ipMode'), 'may not be specified when `ip` is not set'));
      else optionalOneOf(out, at.child('ipMode'), ipMode, ['Proxy', 'VIP']);
    }
    if (!hostname) return;
    invalidEach(out, at.child('hostname'), hostname, dns1123SubdomainProblems(hostname));
    if (parseIp(hostname))
      out.push(finding.invalid(at.child('hostname'), hostname, 'must be a DNS name, not an IP address'));
  });
}

function updateStatus(service: Service): Findings {
  const out: Findings = [];
  const path = STATUS.child('loadBalancer');
  const status = service.status?.loadBalancer;
  if (service.spec?.type !== 'LoadBalancer' && status?.ingress?.length) {
    out.push(finding.forbidden(path.child('ingress'), "may only be used when `spec.type` is 'LoadBalancer'"));
  } else ingressPoints(out, path, status, true);
  return out;
}

function headlessWarnings({ loadBalancerIP, externalIPs, sessionAffinity: kind }: ServiceSpec): string[] {
  return [
    ...(loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(externalIPs?.length ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(kind === 'ClientIP' ? ['spec.SessionAffinity is ignored for headless services'] : []),
  ];
}

function warnings({ metadata, spec = {} }: Service): string[] {
  const out: string[] = [];
  if (metadata.annotations?.[TOPOLOGY_HINTS] !== undefined) {
    out.push(`annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`);
  }
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None';
  if (spec.clusterIP && !headless)
    spec.clusterIPs?.forEach((ip, i) => out.push(...ipWarnings(CLUSTER_IPS.index(i), ip)));
  if (headless) out.push(...headlessWarnings(spec));
  spec.externalIPs?.forEach((ip, i) => out.push(...ipWarnings(SPEC.child('externalIPs').index(i), ip)));
  if (spec.externalIPs?.length && !headless && !isExternal(spec)) {
    out.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  if (spec.loadBalancerIP) out.push(...ipWarnings(SPEC.child('loadBalancerIP'), spec.loadBalancerIP));
  spec.loadBalancerSourceRanges?.forEach((range, i) => {
    out.push(...cidrWarnings(SPEC.child('loadBalancerSourceRanges').index(i), range));
  });
  if (isExternal(spec) && spec.externalIPs?.length)
    out.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternal(spec) && spec.externalName)
    out.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose') {
    out.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return out;
}

export const service: KindRules<Service> = { create, update, updateStatus, warnings };
