import { describe, expect, it } from 'vitest';
import { buildRuleset, renderTransaction } from './ruleset';
import type { ServicePortState } from './service-ports';

const options = { clusterCIDR: '10.244.0.0/16', nodeIP: '10.89.0.11' };
const backend = (ip: string, local = false) => ({ ip, port: 8080, local });

const web = (change: Partial<ServicePortState> = {}): ServicePortState => ({
  name: 'default/web:http', protocol: 'tcp', clusterIPs: ['10.96.4.2'], externalIPs: [], port: 80,
  internal: [backend('10.244.1.2'), backend('10.244.2.3')], external: [backend('10.244.1.2'), backend('10.244.2.3')],
  externalLocal: false, internalLocal: false, ...change,
});

const chainsOf = (...ports: ServicePortState[]) => {
  const { chains, maps, sets } = buildRuleset(ports, [], options);
  const rules = (prefix: string) => [...chains].filter(([name]) => name.startsWith(prefix)).map(([, chain]) => chain.rules);
  return { rules, maps, sets };
};

describe('service rules', () => {
  it('sends a cluster address to one of its backends at random, and clients from outside in the name of the node', () => {
    const { rules, maps } = chainsOf(web());
    expect(maps.get('service_ips')?.elements).toEqual([expect.stringMatching(/^10\.96\.4\.2 \. tcp \. 80 : goto cluster_/)]);
    expect(rules('cluster_')).toEqual([[
      'ip saddr != 10.244.0.0/16 meta mark set meta mark | 0x4000',
      expect.stringMatching(/^numgen random mod 2 vmap \{ 0 : goto endpoint_\w+, 1 : goto endpoint_\w+ \}$/),
    ]]);
    expect(rules('endpoint_')[0]).toEqual(['ip saddr 10.244.1.2 meta mark set meta mark | 0x4000', 'meta l4proto tcp dnat to 10.244.1.2:8080']);
  });

  it('rejects what has no endpoint, and drops where the policy is Local', () => {
    const { maps } = chainsOf(web({ internal: [] }), web({ name: 'default/local:', clusterIPs: ['10.96.4.3'], internal: [], internalLocal: true }));
    expect(maps.get('no_endpoint_ips')?.elements).toEqual(['10.96.4.2 . tcp . 80 : goto refuse', '10.96.4.3 . tcp . 80 : drop']);
    expect(maps.get('service_ips')?.elements).toEqual([]);
  });

  it('rejects ports that a Service has not at its address', () => {
    expect(chainsOf(web(), web({ name: 'default/web:other', port: 81 })).maps.get('cluster_ips')?.elements)
      .toEqual(['10.96.4.2 : goto refuse', '10.96.4.2 : goto refuse']);
  });

  it('masquerades node port traffic unless the external policy is Local', () => {
    const cluster = chainsOf(web({ nodePort: 30080 }));
    expect(cluster.maps.get('node_ports')?.elements[0]).toMatch(/^tcp \. 30080 : goto external_/);
    expect(cluster.rules('external_')[0]?.[0]).toBe('meta mark set meta mark | 0x4000');
    const local = chainsOf(web({ nodePort: 30080, externalLocal: true, external: [backend('10.244.1.2', true)] }));
    expect(local.rules('external_')[0]).toEqual([expect.stringContaining('numgen random mod 1')]);
  });

  it('remembers a client with session affinity', () => {
    const { rules, sets } = chainsOf(web({ affinitySeconds: 60 }));
    expect([...sets.values()][0]).toBe('type ipv4_addr; flags dynamic, timeout; timeout 60s');
    expect(rules('cluster_')[0]?.[1]).toMatch(/^ip saddr @clients_endpoint_\w+ goto endpoint_/);
  });
});

describe('a transaction', () => {
  it('keeps the clients that stick to a backend, and removes what is no longer there', () => {
    const before = buildRuleset([web({ affinitySeconds: 60 })], [], options);
    const after = buildRuleset([web({ affinitySeconds: 60, internal: [backend('10.244.1.2')], external: [backend('10.244.1.2')] })], [], options);
    const script = renderTransaction(before, after);
    expect(script).not.toContain('delete table');
    expect(script.match(/^delete set/gm)).toHaveLength(1);
    expect(script.match(/^delete chain/gm)).toHaveLength(1);
  });
});
