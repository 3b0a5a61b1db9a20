import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../api/kinds';
import { type ClusterDns, formatHosts, formatResolvConf, parseResolvConf, podDns, podHostname } from './dns';
import { testPod } from './testing';

const cluster: ClusterDns = {
  servers: ['10.96.0.10'],
  domain: 'cluster.local',
  host: { servers: ['1.1.1.1'], searches: ['lan'], options: [] },
};
const own = 'default.svc.cluster.local svc.cluster.local cluster.local';

describe('resolv.conf', () => {
  it.each<[string, Partial<PodSpec>, string]>([
    ['of the cluster', {}, `search ${own} lan\nnameserver 10.96.0.10\noptions ndots:5\n`],
    ['of the host', { dnsPolicy: 'Default' }, 'search lan\nnameserver 1.1.1.1\n'],
    ['of the host in its network', { hostNetwork: true }, 'search lan\nnameserver 1.1.1.1\n'],
    [
      'of the cluster in the host’s network',
      { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
      `search ${own} lan\nnameserver 10.96.0.10\noptions ndots:5\n`,
    ],
    [
      'of the pod alone',
      {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['8.8.8.8'],
          searches: ['a.b'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      'search a.b\nnameserver 8.8.8.8\noptions ndots:2 edns0\n',
    ],
    [
      'with an option of its own',
      { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
      `search ${own} lan\nnameserver 10.96.0.10\noptions ndots:1\n`,
    ],
  ])('%s', (_name, spec, expected) => {
    expect(formatResolvConf(podDns(testPod(spec), cluster))).toBe(expected);
  });

  it('is read as it is written', () => {
    expect(parseResolvConf('# x\nnameserver 1.2.3.4\nsearch a b\noptions ndots:5 edns0\n')).toEqual({
      servers: ['1.2.3.4'],
      searches: ['a', 'b'],
      options: ['ndots:5', 'edns0'],
    });
  });
});

describe('names', () => {
  it.each<[Partial<PodSpec>, string, string | undefined]>([
    [{}, 'web', undefined],
    [{ hostname: 'h' }, 'h', undefined],
    [{ hostname: 'h', subdomain: 'sub' }, 'h', 'h.sub.default.svc.cluster.local'],
    [
      { subdomain: 'sub', setHostnameAsFQDN: true },
      'web.sub.default.svc.cluster.local',
      'web.sub.default.svc.cluster.local',
    ],
  ])('of %j', (spec, hostname, fqdn) => {
    expect(podHostname(testPod(spec), 'cluster.local')).toEqual(fqdn ? { hostname, fqdn } : { hostname });
  });

  it('of pods are at most 63 characters', () => {
    expect(podHostname(testPod({}, { name: `${'a'.repeat(62)}-bcd` }), 'x').hostname).toBe('a'.repeat(62));
  });

  it('stand in /etc/hosts, aliases below', () => {
    const hosts = formatHosts(
      testPod({ hostAliases: [{ ip: '1.2.3.4', hostnames: ['x', 'y'] }] }),
      ['10.244.0.5'],
      { hostname: 'web', fqdn: 'web.sub' },
      '',
    );
    expect(hosts).toContain('\n10.244.0.5\tweb.sub\tweb\n');
    expect(hosts).toMatch(/^# Kubernetes-managed hosts file\.\n/);
    expect(hosts).toMatch(/\n# Entries added by HostAliases\.\n1\.2\.3\.4\tx\ty\n$/);
  });
});
