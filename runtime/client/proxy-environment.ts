/** The proxy that HTTPS_PROXY and NO_PROXY prescribe for a server, by Go's rules: never for loopback. */
export function proxyFor(server: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const value = (name: string) => environment[name] || environment[name.toLowerCase()];
  const proxy = value(protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!proxy || hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]') return undefined;
  const spared = (value('NO_PROXY') ?? '').split(',').map((entry) => entry.trim().toLowerCase()).filter(Boolean);
  if (spared.some((entry) => matches(entry, hostname, port))) return undefined;
  return /^https?:\/\//.test(proxy) ? proxy : `http://${proxy}`;
}

function matches(entry: string, hostname: string, port: string): boolean {
  if (entry === '*') return true;
  const [, host = entry, entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort && entryPort !== (port || '443')) return false;
  const network = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(host);
  if (network) return inNetwork(hostname, network[1]!, Number(network[2]));
  const name = host.replace(/^\*?\./, '');
  return hostname.endsWith(`.${name}`) || (hostname === name && !host.startsWith('.') && !host.startsWith('*.'));
}

function inNetwork(address: string, network: string, bits: number): boolean {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(number(address) / size) === Math.floor(number(network) / size);
}

function number(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}
