import { isIPv4 } from 'node:net';
import type { Node, Pod } from '../../api/kinds';
import { errors } from '../../api/status';
import { splitProxyName } from '../http/connect';

export interface ProxyTarget {
  host: string;
  port: number;
  tls: boolean;
}

const kubeletPort = '10250';
/** Names of ports that Go's dialer knows without being told. */
const wellKnownPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Throws 400 for a name that is none. */
export function proxyName(name: string, what: string): { scheme: string; name: string; port: string } {
  const split = splitProxyName(name);
  const valid = split.name !== '' && ['', 'http', 'https'].includes(split.scheme) && !split.port.includes(':');
  if (!valid) throw errors.badRequest(`invalid ${what} request ${JSON.stringify(name)}`);
  return split;
}

function portNumber(scheme: string, port: string): number {
  if (port === '') return scheme === 'https' ? 443 : 80;
  const number = /^\d+$/.test(port) ? Number(port) : wellKnownPorts[port];
  if (number === undefined) throw errors.serviceUnavailable(`error trying to reach service: dial tcp: lookup tcp/${port}: unknown port`);
  if (number > 65535) throw errors.serviceUnavailable(`error trying to reach service: dial tcp: address ${port}: invalid port`);
  return number;
}

/** Address behind `pods/[scheme:]name[:port]/proxy`: that port, or the first that the pod declares, or the scheme's. */
export function podTarget(pod: Pod, name: string): ProxyTarget {
  const { scheme, port } = proxyName(name, 'pod');
  const host = pod.status?.podIP;
  if (!host || !isGlobalUnicast(host)) throw errors.badRequest('address not allowed');
  const declared = pod.spec?.containers.find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort;
  return { host, port: portNumber(scheme, port || String(declared ?? '')), tls: scheme === 'https' };
}

/** Undefined for the kubelet itself. */
export function nodeTarget(node: Node, name: string): ProxyTarget | undefined {
  const { scheme, port } = proxyName(name, 'node');
  const own = String(node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? kubeletPort);
  if (port === '' || port === own) return undefined;
  const host = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  if (!host || !isGlobalUnicast(host)) throw errors.badRequest('address not allowed');
  return { host, port: portNumber(scheme, port), tls: scheme === 'https' };
}

/** Neither loopback, link-local, multicast, broadcast nor unspecified. */
function isGlobalUnicast(ip: string): boolean {
  if (isIPv4(ip)) {
    const [first = 0, second = 0] = ip.split('.').map(Number);
    return first !== 127 && first < 224 && ip !== '0.0.0.0' && !(first === 169 && second === 254);
  }
  return ip !== '::' && ip !== '::1' && !/^(ff|fe[89ab])/i.test(ip);
}
