import type { Question } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Live, Service } from '../../api/kinds';
import { type ClusterView, resolveClusterName } from './cluster-records';

const service = (name: string, spec: Service['spec']): Live<Service> =>
  ({ metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' }, spec });

const services = [
  service('web', { clusterIP: '10.96.4.2', clusterIPs: ['10.96.4.2'], ports: [{ name: 'http', port: 80 }] }),
  service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'sql', port: 5432 }] }),
  service('docs', { type: 'ExternalName', externalName: 'example.com' }),
];
const slice = {
  metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
  addressType: 'IPv4',
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.244.1.7'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.2.9'], conditions: { ready: true } },
    { addresses: ['10.244.2.10'], conditions: { ready: false } },
  ],
} as unknown as Live<EndpointSlice>;

const view: ClusterView = {
  domain: 'cluster.local',
  service: (namespace, name) => (namespace === 'default' ? services.find(({ metadata }) => metadata.name === name) : undefined),
  slices: (_namespace, name) => (name === 'db' ? [slice] : []),
  namespaceExists: (namespace) => namespace === 'default',
  serviceByIP: (ip) => services.find(({ spec }) => spec?.clusterIP === ip),
  slicesByIP: (ip) => [slice].filter(({ endpoints }) => endpoints?.some(({ addresses }) => addresses.includes(ip))),
};

/** `NOERROR 10.96.4.2`, `NXDOMAIN`, `not ours`. */
function ask(name: string, type: Question['type'] = 'A'): string {
  const result = resolveClusterName({ name, type }, view);
  if (!result) return 'not ours';
  const data = result.answers.map((answer) => {
    const value = (answer as { data: unknown }).data;
    if (answer.type === 'SRV') return `${answer.data.target}:${answer.data.port}`;
    return answer.type === 'A' ? value : `${answer.type} ${String(value)}`;
  });
  return [result.rcode, ...data].join(' ');
}

describe('cluster DNS', () => {
  it.each([
    ['web.default.svc.cluster.local', 'A', 'NOERROR 10.96.4.2'],
    ['WEB.Default.svc.cluster.local.', 'A', 'NOERROR 10.96.4.2'],
    ['web.default.svc.cluster.local', 'AAAA', 'NOERROR'],
    ['_http._tcp.web.default.svc.cluster.local', 'SRV', 'NOERROR web.default.svc.cluster.local:80'],
    ['_none._tcp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
    ['db.default.svc.cluster.local', 'A', 'NOERROR 10.244.1.7 10.244.2.9'],
    ['db-0.db.default.svc.cluster.local', 'A', 'NOERROR 10.244.1.7'],
    ['10-244-2-9.db.default.svc.cluster.local', 'A', 'NOERROR 10.244.2.9'],
    ['_sql._tcp.db.default.svc.cluster.local', 'SRV', 'NOERROR db-0.db.default.svc.cluster.local:5432 10-244-2-9.db.default.svc.cluster.local:5432'],
    ['docs.default.svc.cluster.local', 'A', 'NOERROR CNAME example.com'],
    ['10-244-1-7.default.pod.cluster.local', 'A', 'NOERROR 10.244.1.7'],
    ['10-244-1-7.nowhere.pod.cluster.local', 'A', 'NXDOMAIN'],
    ['missing.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['default.svc.cluster.local', 'A', 'NOERROR'],
    ['web.default.svc.cluster.local.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['2.4.96.10.in-addr.arpa', 'PTR', 'NOERROR PTR web.default.svc.cluster.local'],
    ['7.1.244.10.in-addr.arpa', 'PTR', 'NOERROR PTR db-0.db.default.svc.cluster.local'],
    ['9.2.244.10.in-addr.arpa', 'PTR', 'NOERROR PTR 10-244-2-9.db.default.svc.cluster.local'],
    ['9.9.9.9.in-addr.arpa', 'PTR', 'not ours'],
    ['example.com', 'A', 'not ours'],
    ['dns-version.cluster.local', 'TXT', 'NOERROR TXT 1.1.0'],
  ] as const)('answers %s %s', (name, type, expected) => {
    expect(ask(name, type)).toBe(expected);
  });
});
