import { createHash } from 'node:crypto';
import type { Backend, ServicePortState } from './service-ports';

export interface RulesetOptions {
  /** Addresses of all pods of the cluster. */
  clusterCIDR: string;
  nodeIP: string;
}

/** A container port that answers at the node's own address (`hostPort`). */
export interface HostPort {
  protocol: 'tcp' | 'udp' | 'sctp';
  hostIP?: string;
  hostPort: number;
  podIP: string;
  containerPort: number;
}

/** Everything in our table, as declarations, rules and map elements; `render` makes one nft transaction of it. */
export interface Ruleset {
  /** Name → its rules. Base chains carry their hook in `hook`. */
  chains: Map<string, { hook?: string; rules: string[] }>;
  /** Sets that remember clients; their elements outlive a sync. */
  sets: Map<string, string>;
  maps: Map<string, { type: string; elements: string[] }>;
}

export const tableName = 'ip podium';

/** Marks packets whose source has to become the node's, so that answers come back through it. */
const masqueradeMark = '0x4000';

const vipType = 'ipv4_addr . inet_proto . inet_service : verdict';
const portType = 'inet_proto . inet_service : verdict';

/** The rules for these Service ports and host ports. Pure: the same state gives the same text. */
export function buildRuleset(ports: readonly ServicePortState[], hostPorts: readonly HostPort[], options: RulesetOptions): Ruleset {
  const ruleset: Ruleset = { chains: baseChains(options), sets: new Map(), maps: new Map() };
  for (const [name, type] of [['service_ips', vipType], ['no_endpoint_ips', vipType], ['node_ports', portType], ['no_endpoint_node_ports', portType]] as const) {
    ruleset.maps.set(name, { type, elements: [] });
  }
  ruleset.maps.set('cluster_ips', { type: 'ipv4_addr : verdict', elements: [] });
  for (const port of ports) addServicePort(ruleset, port, options);
  for (const port of hostPorts) addHostPort(ruleset, port, options);
  return ruleset;
}

function baseChains({ clusterCIDR }: RulesetOptions): Ruleset['chains'] {
  const translate = ['ip daddr . meta l4proto . th dport vmap @service_ips', 'ip daddr != 127.0.0.0/8 fib daddr type local jump node_ports'];
  const refuse = ['ct state new ip daddr . meta l4proto . th dport vmap @no_endpoint_ips', 'ct state new fib daddr type local meta l4proto . th dport vmap @no_endpoint_node_ports'];
  const unserved = ['ct state new ip daddr vmap @cluster_ips'];
  return new Map([
    ['prerouting', { hook: 'type nat hook prerouting priority dstnat', rules: ['jump services'] }],
    ['output', { hook: 'type nat hook output priority -100', rules: ['jump services'] }],
    ['postrouting', {
      hook: 'type nat hook postrouting priority srcnat',
      rules: [
        `meta mark & ${masqueradeMark} == ${masqueradeMark} masquerade`,
        // What leaves the cluster goes in the node's name: nobody outside has a route to a pod.
        `ip saddr ${clusterCIDR} ip daddr != ${clusterCIDR} fib daddr type != local masquerade`,
      ],
    }],
    // After translation: who still goes to a cluster address asks for a port that its Service has not.
    ['refuse_forward_unserved', { hook: 'type filter hook forward priority 0', rules: unserved }],
    ['refuse_output_unserved', { hook: 'type filter hook output priority -90', rules: unserved }],
    ['refuse_input', { hook: 'type filter hook input priority -110', rules: refuse }],
    ['refuse_forward', { hook: 'type filter hook forward priority -110', rules: refuse.slice(0, 1) }],
    ['refuse_output', { hook: 'type filter hook output priority -110', rules: refuse }],
    ['services', { rules: translate }],
    ['node_ports', { rules: ['meta l4proto . th dport vmap @node_ports'] }],
    ['refuse', { rules: ['meta l4proto tcp reject with tcp reset', 'reject'] }],
  ]);
}

function addServicePort(ruleset: Ruleset, port: ServicePortState, options: RulesetOptions): void {
  const id = shortHash(port.name + port.protocol);
  addAddresses(ruleset, port, port.clusterIPs, `cluster_${id}`, port.internal, port.internalLocal);
  elements(ruleset, 'cluster_ips').push(...port.clusterIPs.map((ip) => `${ip} : goto refuse`));
  addAddresses(ruleset, port, port.externalIPs, `external_${id}`, port.external, port.externalLocal);
  if (port.nodePort) {
    const element = `${port.protocol} . ${port.nodePort}`;
    if (port.external.length > 0) elements(ruleset, 'node_ports').push(`${element} : goto external_${id}`);
    else elements(ruleset, 'no_endpoint_node_ports').push(`${element} : ${port.externalLocal ? 'drop' : 'goto refuse'}`);
  }
  // Clients that aren't pods have no way back from a pod's node but through this one.
  const fromOutside = `ip saddr != ${options.clusterCIDR} meta mark set meta mark | ${masqueradeMark}`;
  if (port.internal.length > 0) {
    ruleset.chains.set(`cluster_${id}`, { rules: [fromOutside, ...balance(ruleset, port, port.internal, id)] });
  }
  if (port.external.length > 0 && (port.nodePort || port.externalIPs.length > 0)) {
    const masquerade = port.externalLocal ? [] : [`meta mark set meta mark | ${masqueradeMark}`];
    ruleset.chains.set(`external_${id}`, { rules: [...masquerade, ...balance(ruleset, port, port.external, id)] });
  }
}

function addAddresses(ruleset: Ruleset, port: ServicePortState, ips: readonly string[], chain: string, backends: readonly Backend[], local: boolean): void {
  for (const ip of ips) {
    const element = `${ip} . ${port.protocol} . ${port.port}`;
    if (backends.length > 0) elements(ruleset, 'service_ips').push(`${element} : goto ${chain}`);
    else elements(ruleset, 'no_endpoint_ips').push(`${element} : ${local ? 'drop' : 'goto refuse'}`);
  }
}

/** Rules that choose a backend: the one that remembers the client, else any. Adds the backends' chains. */
function balance(ruleset: Ruleset, port: ServicePortState, backends: readonly Backend[], id: string): string[] {
  const chains = backends.map((backend) => addBackend(ruleset, port, backend, id));
  const sticky = port.affinitySeconds ? chains.map((chain) => `ip saddr @clients_${chain} goto ${chain}`) : [];
  const any = chains.map((chain, i) => `${i} : goto ${chain}`).join(', ');
  return [...sticky, `numgen random mod ${chains.length} vmap { ${any} }`];
}

function addBackend(ruleset: Ruleset, port: ServicePortState, { ip, port: target }: Backend, id: string): string {
  const chain = `endpoint_${id}_${shortHash(`${ip}:${target}`)}`;
  // A pod that reaches itself through its Service must see the node as its client, or it would answer itself directly.
  const rules = [`ip saddr ${ip} meta mark set meta mark | ${masqueradeMark}`];
  if (port.affinitySeconds) {
    ruleset.sets.set(`clients_${chain}`, `type ipv4_addr; flags dynamic, timeout; timeout ${port.affinitySeconds}s`);
    rules.push(`update @clients_${chain} { ip saddr }`);
  }
  rules.push(`meta l4proto ${port.protocol} dnat to ${ip}:${target}`);
  ruleset.chains.set(chain, { rules });
  return chain;
}

function addHostPort(ruleset: Ruleset, port: HostPort, { nodeIP }: RulesetOptions): void {
  const chain = `hostport_${shortHash(`${port.protocol}:${port.hostIP ?? ''}:${port.hostPort}`)}`;
  ruleset.chains.set(chain, {
    rules: [`ip saddr ${port.podIP} meta mark set meta mark | ${masqueradeMark}`, `meta l4proto ${port.protocol} dnat to ${port.podIP}:${port.containerPort}`],
  });
  const anyAddress = !port.hostIP || port.hostIP === '0.0.0.0';
  if (anyAddress) elements(ruleset, 'node_ports').push(`${port.protocol} . ${port.hostPort} : goto ${chain}`);
  else elements(ruleset, 'service_ips').push(`${port.hostIP ?? nodeIP} . ${port.protocol} . ${port.hostPort} : goto ${chain}`);
}

function elements(ruleset: Ruleset, map: string): string[] {
  return ruleset.maps.get(map)?.elements ?? [];
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/**
 * One nft transaction that turns the table from `previous` (as rendered before; undefined: unknown) into `next`. Sets of
 * clients that are in both keep their elements. Only our table is named: the engine's DNS rules share the ruleset.
 */
export function renderTransaction(previous: Ruleset | undefined, next: Ruleset): string {
  const lines = previous ? [`flush table ${tableName}`] : [`add table ${tableName}`, `delete table ${tableName}`, `add table ${tableName}`];
  for (const [name, { hook }] of next.chains) lines.push(`add chain ${tableName} ${name}${hook ? ` { ${hook}; policy accept; }` : ''}`);
  for (const [name, definition] of next.sets) lines.push(`add set ${tableName} ${name} { ${definition}; }`);
  for (const [name, { type, elements: items }] of next.maps) {
    lines.push(`add map ${tableName} ${name} { type ${type}; }`);
    if (previous) lines.push(`flush map ${tableName} ${name}`);
    if (items.length > 0) lines.push(`add element ${tableName} ${name} { ${[...new Set(items)].join(', ')} }`);
  }
  for (const [name, { rules }] of next.chains) for (const rule of rules) lines.push(`add rule ${tableName} ${name} ${rule}`);
  for (const name of previous?.chains.keys() ?? []) if (!next.chains.has(name)) lines.push(`delete chain ${tableName} ${name}`);
  for (const name of previous?.sets.keys() ?? []) if (!next.sets.has(name)) lines.push(`delete set ${tableName} ${name}`);
  return `${lines.join('\n')}\n`;
}
