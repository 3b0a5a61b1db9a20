import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import { isIpv4, isIpv6 } from '../cidr';
import type {
  CoreV1EndpointPort, DiscoveryV1EndpointPort, Endpoint, EndpointAddress, Endpoints, EndpointSlice,
} from '../kinds';
import { dns1123LabelProblems, dns1123SubdomainProblems, portNumberProblems } from '../names';
import type { Findings } from './common';
import { dnsLabel, dnsSubdomain, immutable, invalidEach, ipAddress, nonSpecialIp, qualifiedName } from './common';
import { protocol } from './containers';
import { ipWarnings } from './ip-warnings';
import type { KindRules } from './rules';

function endpointAddress(out: Findings, path: Path, { ip, hostname, nodeName }: EndpointAddress): void {
  const valid = ipAddress(out, path.child('ip'), ip);
  if (hostname) dnsLabel(out, path.child('hostname'), hostname);
  if (nodeName !== undefined) dnsSubdomain(out, path.child('nodeName'), nodeName);
  if (valid) nonSpecialIp(out, path.child('ip'), ip);
}

function endpointPort(out: Findings, path: Path, port: CoreV1EndpointPort, requireName: boolean): void {
  if (port.name) dnsLabel(out, path.child('name'), port.name);
  else if (requireName) out.push(finding.required(path.child('name')));
  invalidEach(out, path.child('port'), port.port, portNumberProblems(port.port));
  protocol(out, path.child('protocol'), port.protocol);
  if (port.appProtocol !== undefined) qualifiedName(out, path.child('appProtocol'), port.appProtocol);
}

const SUBSETS = FieldPath.of('subsets');

export const endpoints: KindRules<Endpoints> = {
  create({ subsets }) {
    const out: Findings = [];
    subsets?.forEach(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
      const at = SUBSETS.index(i);
      if (!addresses.length && !notReadyAddresses.length) {
        out.push(finding.required(at, 'must specify `addresses` or `notReadyAddresses`'));
      }
      addresses.forEach((address, j) => endpointAddress(out, at.child('addresses').index(j), address));
      notReadyAddresses.forEach((address, j) => endpointAddress(out, at.child('notReadyAddresses').index(j), address));
      ports.forEach((port, j) => endpointPort(out, at.child('ports').index(j), port, ports.length > 1));
    });
    return out;
  },
  warnings({ subsets }) {
    const out = ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'];
    subsets?.forEach(({ addresses = [], notReadyAddresses = [] }, i) => {
      addresses.forEach(({ ip }, j) => out.push(...ipWarnings(SUBSETS.index(i).child('addresses').index(j).child('ip'), ip)));
      notReadyAddresses.forEach(({ ip }, j) => {
        out.push(...ipWarnings(SUBSETS.index(i).child('notReadyAddresses').index(j).child('ip'), ip));
      });
    });
    return out;
  },
};

function qualifiedDomain(out: Findings, path: Path, name: string): void {
  const domain = name.replace(/\.$/, '');
  const problems = dns1123SubdomainProblems(domain);
  if (!name) out.push(finding.required(path));
  else if (problems.length) out.push(finding.invalid(path, domain, problems.join(',')));
  else if (!domain.includes('.')) {
    out.push(finding.invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  } else {
    const long = domain.split('.').find((label) => dns1123LabelProblems(label).length);
    if (long !== undefined) out.push(finding.invalid(path, long, dns1123LabelProblems(long).join(',')));
  }
}

function sliceAddress(out: Findings, path: Path, address: string, type: string): void {
  if (type === 'FQDN') {
    qualifiedDomain(out, path, address);
    return;
  }
  if (type !== 'IPv4' && type !== 'IPv6') return;
  if (!(type === 'IPv4' ? isIpv4(address) : isIpv6(address))) {
    out.push(finding.invalid(path, address, `must be a valid ${type} address`));
  }
  nonSpecialIp(out, path, address);
}

function sliceEndpoint(
  out: Findings,
  path: Path,
  { addresses = [], hostname, nodeName }: Endpoint,
  type: string,
): void {
  const at = path.child('addresses');
  if (!addresses.length) out.push(finding.required(at, 'must contain at least 1 address'));
  else if (addresses.length > 100) out.push(finding.tooMany(at, addresses.length, 100));
  addresses.forEach((address, i) => sliceAddress(out, at.index(i), address, type));
  if (nodeName !== undefined) dnsSubdomain(out, path.child('nodeName'), nodeName);
  if (hostname !== undefined) dnsLabel(out, path.child('hostname'), hostname);
}

function slicePorts(out: Findings, path: Path, ports: readonly DiscoveryV1EndpointPort[]): void {
  if (ports.length > 20000) {
    out.push(finding.tooMany(path, ports.length, 20000));
    return;
  }
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const at = path.index(i);
    const name = port.name ?? '';
    if (name) dnsLabel(out, at.child('name'), name);
    if (names.has(name)) out.push(finding.duplicate(at.child('name'), name));
    names.add(name);
    protocol(out, at.child('protocol'), port.protocol);
    if (port.appProtocol !== undefined) qualifiedName(out, at.child('appProtocol'), port.appProtocol);
  });
}

const ADDRESS_TYPE = FieldPath.of('addressType');

function createSlice(slice: EndpointSlice): Findings {
  const out: Findings = [];
  const { addressType, endpoints: list = [], ports = [] } = slice;
  if (!addressType) out.push(finding.required(ADDRESS_TYPE));
  else if (!['FQDN', 'IPv4', 'IPv6'].includes(addressType)) {
    out.push(finding.notSupported(ADDRESS_TYPE, addressType, ['FQDN', 'IPv4', 'IPv6']));
  }
  const at = FieldPath.of('endpoints');
  if (list.length > 1000) out.push(finding.tooMany(at, list.length, 1000));
  else list.forEach((endpoint, i) => sliceEndpoint(out, at.index(i), endpoint, addressType));
  slicePorts(out, FieldPath.of('ports'), ports ?? []);
  return out;
}

export const endpointSlice: KindRules<EndpointSlice> = {
  create: createSlice,
  update(slice, old) {
    const out = createSlice(slice);
    immutable(out, ADDRESS_TYPE, slice.addressType, old.addressType);
    return out;
  },
  warnings({ addressType }) {
    return addressType === 'FQDN' ? ['addressType: FQDN endpoints are deprecated'] : [];
  },
};
