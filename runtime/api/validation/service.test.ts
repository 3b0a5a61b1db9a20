import { describe, expect, it } from 'vitest';
import type { Tree } from './test-objects';
import { createLines, merge, statusLines, updateLines, warningLines } from './test-objects';

const serviceWith = (spec: Tree = {}, rest: Tree = {}): Tree =>
  merge(
    {
      apiVersion: 'v1',
      kind: 'Service',
      spec: merge(
        { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
        spec,
      ),
    },
    rest,
  );

describe('a new service', () => {
  it.each<[string, Tree, string[]]>([
    ['is accepted when in order', {}, []],
    ['has ports unless it is headless', { ports: [] }, ['spec.ports: Required value']],
    ['may be headless without ports', { ports: [], clusterIP: 'None', clusterIPs: ['None'] }, []],
    ['may be headless before its addresses are filled in', { ports: [], clusterIP: 'None' }, []],
    [
      'has its first address twice',
      { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.2'] },
      ['spec.clusterIPs: Invalid value: ["10.96.0.2"]: first value must match `clusterIP`'],
    ],
    [
      'names its ports if it has several, each once',
      { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }, { port: 80, protocol: 'TCP', targetPort: 'a--b', name: 'x' }] },
      [
        'spec.ports[0].name: Required value',
        'spec.ports[1].targetPort: Invalid value: "a--b": must not contain consecutive hyphens',
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'has valid ports',
      { ports: [{ port: 0, protocol: 'HTTP', targetPort: 0 }] },
      [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'has a known type and affinity',
      { type: 'Internal', sessionAffinity: 'Sticky' },
      [
        'spec.sessionAffinity: Unsupported value: "Sticky": supported values: "ClientIP", "None"',
        'spec.type: Unsupported value: "Internal": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'has a timeout with client affinity',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90000 } } },
      ['spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400'],
    ],
    [
      'has a name outside if it is one',
      { type: 'ExternalName', ports: [], internalTrafficPolicy: null, clusterIPs: ['10.96.0.9'] },
      ['spec.clusterIPs: Forbidden: may not be set for ExternalName services', 'spec.externalName: Required value'],
    ],
    [
      'has no node ports as a ClusterIP',
      { ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'has cluster addresses that are addresses',
      { clusterIP: 'x', clusterIPs: ['x', '10.96.0.1'] },
      ['spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'has one cluster address a family',
      { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', '10.96.0.2'], ipFamilies: ['IPv6', 'IPv6'] },
      [
        'spec.ipFamilies[1]: Duplicate value: "IPv6"',
        'spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: may specify no more than one IP for each IP family',
        'spec.clusterIPs[0]: Invalid value: "10.96.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
        'spec.clusterIPs[1]: Invalid value: "10.96.0.2": expected an IPv6 value as indicated by `ipFamilies[1]`',
      ],
    ],
    [
      'has no special external address',
      { externalIPs: ['127.0.0.1', '169.254.1.1'], externalTrafficPolicy: 'Cluster' },
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'spec.externalIPs[1]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      ],
    ],
    [
      'leaves load balancer fields to load balancers',
      { loadBalancerSourceRanges: ['10.0.0.0'], loadBalancerClass: 'a/b', externalTrafficPolicy: 'Local', healthCheckNodePort: 30000 },
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
        "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ],
    ],
  ])('%s', (_name, spec, expected) => {
    expect(createLines(serviceWith(spec))).toEqual(expected);
  });

  it('is named as a host', () => {
    expect(createLines(serviceWith({}, { metadata: { name: '1a' } }))).toEqual([
      `metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ]);
  });
});

describe('a change of a service', () => {
  const at = (clusterIPs: string[], spec: Tree = {}) => serviceWith({ clusterIP: clusterIPs[0], clusterIPs, ipFamilies: ['IPv4'], ...spec });

  it('keeps its cluster address', () => {
    expect(updateLines(at(['10.96.0.2']), at(['10.96.0.1']))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: may not change once set',
    ]);
    expect(updateLines(serviceWith({ ipFamilies: ['IPv4'] }), at(['10.96.0.1']))).toEqual([
      'spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset',
    ]);
  });

  it('may become an external name and back', () => {
    expect(updateLines(serviceWith({ type: 'ExternalName', externalName: 'a.b', ports: [] }), at(['10.96.0.1']))).toEqual([]);
  });

  it('gives addresses of a load balancer to load balancers only', () => {
    const status = { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } };
    expect(statusLines(serviceWith({}, status), serviceWith())).toEqual([
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    ]);
    expect(statusLines(serviceWith({ type: 'LoadBalancer' }, status), serviceWith())).toEqual([
      'status.loadBalancer.ingress[0].ipMode: Required value: must be specified when `ip` is set',
    ]);
  });
});

describe('warnings of a service', () => {
  it('tells what is ignored or deprecated', () => {
    expect(warningLines(serviceWith({ externalName: 'a.b', trafficDistribution: 'PreferClose', externalIPs: ['01.2.3.4'] }))).toEqual([
      'spec.externalIPs[0]: non-standard IP address "01.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
      'spec.externalName is ignored when spec.type is not "ExternalName"',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ]);
  });
});
