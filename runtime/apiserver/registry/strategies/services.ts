import { isIpv4 } from '../../../api/cidr';
import type { Finding } from '../../../api/finding';
import { finding, Path } from '../../../api/finding';
import type { Service, ServicePort, ServiceSpec } from '../../../api/kinds';
import type { ResourceInfo } from '../../../api/resource';
import type { UntypedObject } from '../../../api/object';
import { errors } from '../../../api/status';
import { clusterIpFindings } from '../../../api/validation/service';
import { GenericStrategy } from '../strategy';
import type { Reservation, StrategyContext } from '../strategy';
import { AddressPool } from './address-pool';
import { Allocator, ipv4Number, ipv4Text } from './allocator';

const none = 'None';
const CLUSTER_IPS = Path.of('spec', 'clusterIPs');
const POLICY = Path.of('spec', 'ipFamilyPolicy');

export interface ServiceNetwork {
  cidr: string;
  nodePorts: { from: number; to: number };
}

/** Allocation of cluster addresses and node ports (pkg/registry/core/service/storage/alloc.go). IPv4 alone is served. */
export class ServiceStrategy extends GenericStrategy {
  private readonly addresses: AddressPool;
  private readonly ports: Allocator;

  /** `cidrs`: networks that were added while the server runs. */
  constructor(info: ResourceInfo, private readonly network: ServiceNetwork, cidrs: () => readonly string[]) {
    super(info, false);
    this.addresses = new AddressPool(network.cidr, cidrs);
    const { from, to } = network.nodePorts;
    const size = to - from + 1;
    this.ports = new Allocator(from, to, Math.min(Math.max(16, Math.floor(size / 32)), 128));
  }

  /** Takes what stored Services have, when the server starts. */
  recover(services: Iterable<Service>): void {
    for (const { spec } of services) {
      for (const address of addressesOf(spec)) this.addresses.take(ipv4Number(address)!);
      for (const port of nodePortsOf(spec)) this.ports.take(port);
    }
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    patchAllocatedValues((object as unknown as Service).spec, (old as unknown as Service).spec);
    normaliseAddresses((object as unknown as Service).spec, (old as unknown as Service).spec);
    dropTypeDependent((object as unknown as Service).spec, (old as unknown as Service).spec);
  }

  reserveForCreate(object: UntypedObject, context: StrategyContext): Reservation {
    const service = object as unknown as Service;
    normaliseAddresses(service.spec, undefined);
    return this.reserve(service, undefined, context);
  }

  reserveForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): Reservation {
    return this.reserve(object, old, context);
  }

  afterDelete(object: UntypedObject): void {
    const { spec } = object as unknown as Service;
    for (const address of addressesOf(spec)) this.addresses.release(ipv4Number(address)!);
    for (const port of nodePortsOf(spec)) this.ports.release(port);
  }

  private reserve(service: Service, old: Service | undefined, { dryRun }: StrategyContext): Reservation {
    const undo: (() => void)[] = [];
    const rollback = () => undo.splice(0).forEach((step) => step());
    try {
      if (service.spec) {
        chooseFamilies(service, service.spec, old?.spec);
        this.reserveAddress(service, addressesOf(old?.spec), undo);
        this.reservePorts(service, new Set(nodePortsOf(old?.spec)), undo);
      }
    } catch (error) {
      rollback();
      throw error;
    }
    return { rollback, commit: dryRun ? rollback : () => this.releaseUnused(service.spec, old?.spec) };
  }

  private releaseUnused(spec: ServiceSpec | undefined, old: ServiceSpec | undefined): void {
    const addresses = new Set(addressesOf(spec));
    const ports = new Set(nodePortsOf(spec));
    for (const address of addressesOf(old)) if (!addresses.has(address)) this.addresses.release(ipv4Number(address)!);
    for (const port of nodePortsOf(old)) if (!ports.has(port)) this.ports.release(port);
  }

  private reserveAddress(service: Service, before: readonly string[], undo: (() => void)[]): void {
    const spec = service.spec!;
    if (spec.type === 'ExternalName' || spec.clusterIP === none) return;
    const asked = spec.clusterIP ?? '';
    if (asked !== '') {
      if (before.includes(asked)) return;
      this.takeAddress(service, asked, undo);
      return;
    }
    const number = this.addresses.allocate();
    if (number === undefined) {
      throw errors.internal(`failed to allocate a serviceIP: range is full`);
    }
    undo.push(() => this.addresses.release(number));
    spec.clusterIP = ipv4Text(number);
    spec.clusterIPs = [spec.clusterIP];
  }

  private takeAddress(service: Service, address: string, undo: (() => void)[]): void {
    const refuse = (why: string) =>
      refusal(service, [finding.invalid(CLUSTER_IPS, [address], `failed to allocate IP ${address}: ${why}`)]);
    const number = ipv4Number(address);
    // Something that isn't an address at all is validation's to refuse.
    if (number === undefined) return;
    if (!this.addresses.contains(number)) {
      throw refuse(`the provided IP (${address}) is not in the valid range. The range of valid IPs is ${this.network.cidr}`);
    }
    if (!this.addresses.take(number)) throw refuse('provided IP is already allocated');
    undo.push(() => this.addresses.release(number));
  }

  private reservePorts(service: Service, before: ReadonlySet<number>, undo: (() => void)[]): void {
    const spec = service.spec!;
    if (!needsNodePorts(spec)) return;
    const mine = new Map<number, Set<string>>();
    (spec.ports ?? []).forEach((port, index) => {
      if (port.nodePort) this.takePort(service, port, index, before, mine, undo);
    });
    for (const port of spec.ports ?? []) if (!port.nodePort) this.allocatePort(port, spec, mine, undo);
    const health = spec.healthCheckNodePort;
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && !health) {
      const number = this.ports.allocate();
      if (number === undefined) throw errors.internal('failed to allocate requested HealthCheck NodePort: range is full');
      undo.push(() => this.ports.release(number));
      spec.healthCheckNodePort = number;
    }
  }

  private takePort(
    service: Service, port: ServicePort, index: number, before: ReadonlySet<number>, mine: Map<number, Set<string>>,
    undo: (() => void)[],
  ): void {
    const number = port.nodePort!;
    const protocols = mine.get(number);
    // One number may serve several protocols of one Service.
    if (protocols && !protocols.has(port.protocol ?? 'TCP')) return void protocols.add(port.protocol ?? 'TCP');
    const free = before.has(number) && !protocols;
    const path = Path.of('spec', 'ports').index(index).child('nodePort');
    const refuse = (why: string) => refusal(service, [finding.invalid(path, number, why)]);
    if (!free) {
      if (!this.ports.contains(number)) {
        const { from, to } = this.network.nodePorts;
        throw refuse(`provided port is not in the valid range. The range of valid ports is ${from}-${to}`);
      }
      if (!this.ports.take(number)) throw refuse('provided port is already allocated');
      undo.push(() => this.ports.release(number));
    }
    mine.set(number, new Set([port.protocol ?? 'TCP']));
  }

  private allocatePort(port: ServicePort, spec: ServiceSpec, mine: Map<number, Set<string>>, undo: (() => void)[]): void {
    const protocol = port.protocol ?? 'TCP';
    const twin = (spec.ports ?? []).find(
      (other) => other !== port && other.port === port.port && other.nodePort && !mine.get(other.nodePort)?.has(protocol),
    );
    const number = twin?.nodePort ?? this.ports.allocate();
    if (number === undefined) throw errors.internal('failed to allocate a nodePort: range is full');
    if (!twin) undo.push(() => this.ports.release(number));
    port.nodePort = number;
    const protocols = mine.get(number);
    if (protocols) protocols.add(protocol);
    else mine.set(number, new Set([protocol]));
  }
}

const refusal = (service: Service, findings: Finding[]) =>
  errors.invalid({ kind: 'Service', ...(service.metadata?.name && { name: service.metadata.name }) }, findings);

/** Families of the addresses that a Service is given or asks for, which have to be those that this cluster has: IPv4. */
function chooseFamilies(service: Service, spec: ServiceSpec, old: ServiceSpec | undefined): void {
  if (spec.type === 'ExternalName') return;
  // A headless Service without selector may have endpoints of any family.
  const isFree = spec.clusterIP === none && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isFree ? 'RequireDualStack' : 'SingleStack');
  const found: Finding[] = [];
  clusterIpFindings(found, spec);
  if (found.length > 0) throw refusal(service, found);
  checkPolicy(found, spec);
  inferFamilies(found, spec);
  if (found.length > 0) throw refusal(service, found);
  spec.ipFamilies = spec.ipFamilies?.length ? spec.ipFamilies : ['IPv4'];
  if (isFree) {
    const [first] = spec.ipFamilies;
    const needsBoth = spec.ipFamilies.length === 1 && spec.ipFamilyPolicy !== 'SingleStack';
    if (needsBoth) spec.ipFamilies.push(first === 'IPv4' ? 'IPv6' : 'IPv4');
    return;
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    const detail = 'this cluster is not configured for dual-stack services';
    found.push(finding.invalid(POLICY, spec.ipFamilyPolicy, detail));
  }
  spec.ipFamilies.forEach((family, i) => {
    if (family === 'IPv4') return;
    found.push(finding.invalid(Path.of('spec', 'ipFamilies').index(i), family, 'not configured on this cluster'));
  });
  if (found.length > 0) throw refusal(service, found);
}

function checkPolicy(found: Finding[], spec: ServiceSpec): void {
  if (spec.ipFamilyPolicy !== 'SingleStack') return;
  const refuse = (what: string) => {
    const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
    found.push(finding.invalid(POLICY, spec.ipFamilyPolicy, detail));
  };
  if (spec.clusterIPs?.length === 2) refuse('cluster IPs');
  if (spec.ipFamilies?.length === 2) refuse('IP families');
}

/** Addresses that are asked for without their families. */
function inferFamilies(found: Finding[], spec: ServiceSpec): void {
  const addresses = spec.clusterIPs ?? [];
  if (addresses[0] === none) return;
  const known = spec.ipFamilies?.length ?? 0;
  addresses.slice(known).forEach((address, i) => {
    if (isIpv4(address)) spec.ipFamilies = [...(spec.ipFamilies ?? []), 'IPv4'];
    else found.push(finding.invalid(CLUSTER_IPS.index(known + i), addresses, 'IPv6 is not configured on this cluster'));
  });
}

const needsNodePorts = (spec: ServiceSpec) =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

export function addressesOf(spec: ServiceSpec | undefined): string[] {
  if (!spec || spec.type === 'ExternalName') return [];
  const all = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  return all.filter((address) => ipv4Number(address) !== undefined);
}

function nodePortsOf(spec: ServiceSpec | undefined): number[] {
  if (!spec || spec.type === 'ExternalName') return [];
  const ports = (spec.ports ?? []).map((port) => port.nodePort ?? 0);
  return [...new Set([...ports, spec.healthCheckNodePort ?? 0])].filter((port) => port > 0);
}

/** A replace by somebody who doesn't know what was allocated keeps it. */
function patchAllocatedValues(spec: ServiceSpec | undefined, old: ServiceSpec | undefined): void {
  if (!spec || !old || spec.type === 'ExternalName' || old.type === 'ExternalName') return;
  if (!spec.clusterIP && (!spec.clusterIPs || spec.clusterIPs.length === 0) && old.clusterIP) {
    spec.clusterIP = old.clusterIP;
    if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs];
  }
  if (!spec.ipFamilies && old.ipFamilies) spec.ipFamilies = [...old.ipFamilies];
  if (!spec.ipFamilyPolicy && old.ipFamilyPolicy) spec.ipFamilyPolicy = old.ipFamilyPolicy;
  if (!needsNodePorts(spec) || !needsNodePorts(old)) return;
  const used = new Set((spec.ports ?? []).map((port) => port.nodePort));
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const before = (old.ports ?? []).find((other) => other.port === port.port && other.protocol === port.protocol);
    if (before?.nodePort && !used.has(before.nodePort)) port.nodePort = before.nodePort;
  }
  if (spec.externalTrafficPolicy === 'Local' && spec.type === 'LoadBalancer' && old.healthCheckNodePort) {
    spec.healthCheckNodePort ??= old.healthCheckNodePort;
  }
}

/** `clusterIP` and `clusterIPs[0]` say the same; who sets only one of them means both. */
function normaliseAddresses(spec: ServiceSpec | undefined, old: ServiceSpec | undefined): void {
  if (!spec) return;
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const sameList = JSON.stringify(spec.clusterIPs) === JSON.stringify(old.clusterIPs);
  if (spec.clusterIP !== old.clusterIP) {
    if (!spec.clusterIP && sameList) delete spec.clusterIPs;
    else if (spec.clusterIP && sameList) spec.clusterIPs = [spec.clusterIP];
  } else if (!sameList) {
    if (!spec.clusterIPs || spec.clusterIPs.length === 0) delete spec.clusterIP;
    else spec.clusterIP = spec.clusterIPs[0]!;
  }
}

/** A change of type gives up what only the former type has, where the client left it as it was. */
function dropTypeDependent(spec: ServiceSpec | undefined, old: ServiceSpec | undefined): void {
  if (!spec || !old) return;
  if (spec.type === 'ExternalName' && old.type !== 'ExternalName') {
    if (spec.clusterIP === old.clusterIP) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    delete spec.ipFamilies;
    delete spec.ipFamilyPolicy;
    delete spec.internalTrafficPolicy;
  }
  if (needsNodePorts(old) && !needsNodePorts(spec)) {
    const before = new Set((old.ports ?? []).map((port) => port.nodePort));
    for (const port of spec.ports ?? []) if (before.has(port.nodePort)) delete port.nodePort;
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (!external && spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
    if (spec.healthCheckNodePort === old.healthCheckNodePort) delete spec.healthCheckNodePort;
  }
}

