import type { Pod } from '../../api/kinds';
import { isHostNetwork } from './pod-spec';

export interface DnsConfig {
  servers: string[];
  searches: string[];
  options: string[];
}

export interface ClusterDns {
  servers: string[];
  domain: string;
  /** The node's own resolv.conf, already parsed. */
  host: DnsConfig;
}

/** The pod's resolv.conf by dnsPolicy and dnsConfig (pkg/kubelet/network/dns). */
export function podDns(pod: Pod, cluster: ClusterDns): DnsConfig {
  const base = policyDns(pod, cluster);
  const { nameservers = [], searches = [], options = [] } = pod.spec?.dnsConfig ?? {};
  const unique = (list: string[]): string[] => [...new Set(list)];
  return {
    servers: unique([...base.servers, ...nameservers]),
    searches: unique([...base.searches, ...searches.map((search) => search.replace(/(.)\.$/, '$1'))]),
    options: mergeOptions(base.options, options),
  };
}

function policyDns(pod: Pod, { servers, domain, host }: ClusterDns): DnsConfig {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { servers: [], searches: [], options: [] };
  const clusterFirst = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !isHostNetwork(pod));
  if (!clusterFirst || servers.length === 0) return host;
  const own = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { servers, searches: [...own, ...host.searches], options: ['ndots:5'] };
}

function mergeOptions(base: string[], more: { name?: string; value?: string }[]): string[] {
  const merged = new Map<string, string>();
  for (const option of base) {
    const [name = '', ...value] = option.split(':');
    merged.set(name, value.join(':'));
  }
  for (const { name, value } of more) if (name) merged.set(name, value ?? '');
  return [...merged].map(([name, value]) => (value ? `${name}:${value}` : name));
}

export function formatResolvConf({ servers, searches, options }: DnsConfig): string {
  const lines = servers.map((server) => `nameserver ${server}`);
  if (searches.length > 0) lines.unshift(`search ${searches.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

export function parseResolvConf(text: string): DnsConfig {
  const config: DnsConfig = { servers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word === 'nameserver' && values[0]) config.servers.push(values[0]);
    if (word === 'search') config.searches = values;
    if (word === 'options') config.options.push(...values);
  }
  return config;
}

export interface PodHostname {
  hostname: string;
  /** Full name, for pods of a subdomain. */
  fqdn?: string;
}

const longestHostname = 63;

export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { hostname, subdomain, setHostnameAsFQDN, hostnameOverride } = pod.spec ?? {};
  if (hostnameOverride) return { hostname: hostnameOverride };
  const short = hostname || (pod.metadata.name ?? '').slice(0, longestHostname).replace(/[-.]+$/, '');
  if (!subdomain) return { hostname: short };
  const fqdn = `${short}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
  return { hostname: setHostnameAsFQDN ? fqdn : short, fqdn };
}

/** The /etc/hosts that a pod gets; pods of the host's network get the node's with a mark on top. */
export function formatHosts(pod: Pod, podIPs: readonly string[], name: PodHostname, nodeHosts: string): string {
  const aliases = (pod.spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`);
  const extra = aliases.length > 0 ? ['', '# Entries added by HostAliases.', ...aliases] : [];
  if (isHostNetwork(pod))
    return ['# Kubernetes-managed hosts file (host network).', nodeHosts.trimEnd(), ...extra, ''].join('\n');
  const own = podIPs.map((ip) => [ip, ...(name.fqdn ? [name.fqdn] : []), name.hostname].join('\t'));
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...own,
    ...extra,
    '',
  ].join('\n');
}
