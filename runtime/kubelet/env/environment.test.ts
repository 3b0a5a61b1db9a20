import { describe, expect, it } from 'vitest';
import type { Container, EnvVar, Service } from '../../api/kinds';
import { testPod } from '../pods/testing';
import { ConfigError, containerEnvironment, type EnvironmentSources, expandAll } from './environment';
import { expand } from './expand';
import { linkedServices, serviceVariables } from './service-links';

describe('$(NAME)', () => {
  it.each([
    ['$(A)', '1'],
    ['x$(A)y$(B)', 'x1y2'],
    ['$(NONE)', '$(NONE)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$A', '$A'],
    ['$(A', '$(A'],
    ['a$', 'a$'],
    ['$$', '$'],
    ['', ''],
  ])('%s is %s', (input, expected) => {
    expect(expand(input, (name) => ({ A: '1', B: '2' })[name])).toBe(expected);
  });
});

const sources: EnvironmentSources = {
  configMap: async (name) =>
    name === 'cm' ? { metadata: { name }, data: { a: 'from-cm', 'b.c': 'dotted', 'bad=key': 'x' } } : undefined,
  secret: async (name) =>
    name === 's' ? { metadata: { name }, data: { p: Buffer.from('secret').toString('base64') } } : undefined,
  serviceVariables: new Map([['KUBERNETES_SERVICE_HOST', '10.96.0.1']]),
  facts: {
    podIPs: ['10.244.0.5'],
    hostIP: '172.18.0.2',
    hostIPs: ['172.18.0.2'],
    nodeName: 'node-1',
    allocatable: { cpu: '2', memory: '4Gi' },
  },
};

async function environment(container: Partial<Container>): Promise<Record<string, string>> {
  const pod = testPod({ serviceAccountName: 'sa' }, { labels: { app: 'web', 'a.b/c': 'x' } });
  const { variables } = await containerEnvironment(
    pod,
    { name: 'main', resources: { limits: { cpu: '1500m' }, requests: { memory: '1536Ki' } }, ...container },
    sources,
  );
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

const one = async (variable: Omit<EnvVar, 'name'>): Promise<string | undefined> =>
  (await environment({ env: [{ name: 'X', ...variable }] })).X;
const field = (fieldPath: string): Omit<EnvVar, 'name'> => ({ valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, divisor?: string): Omit<EnvVar, 'name'> => ({
  valueFrom: { resourceFieldRef: { resource: name, ...(divisor && { divisor }) } },
});

describe('a container’s environment', () => {
  it.each<[string, Omit<EnvVar, 'name'>, string | undefined]>([
    ['a literal', { value: 'v' }, 'v'],
    ['a service variable', { value: '$(KUBERNETES_SERVICE_HOST)' }, '10.96.0.1'],
    ['a config map', { valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } }, 'from-cm'],
    ['a secret', { valueFrom: { secretKeyRef: { name: 's', key: 'p' } } }, 'secret'],
    [
      'an optional key that is missing',
      { valueFrom: { configMapKeyRef: { name: 'cm', key: 'none', optional: true } } },
      undefined,
    ],
    [
      'an optional object that is missing',
      { valueFrom: { secretKeyRef: { name: 'none', key: 'p', optional: true } } },
      undefined,
    ],
    ['the pod’s name', field('metadata.name'), 'web'],
    ['one label', field("metadata.labels['a.b/c']"), 'x'],
    ['the pod’s address', field('status.podIP'), '10.244.0.5'],
    ['the node', field('spec.nodeName'), 'node-1'],
    ['the service account', field('spec.serviceAccountName'), 'sa'],
    ['a cpu limit, rounded up', resource('limits.cpu'), '2'],
    ['a cpu limit in millis', resource('limits.cpu', '1m'), '1500'],
    ['a memory limit that is the node’s', resource('limits.memory', '1Gi'), '4'],
    ['a memory request, rounded up', resource('requests.memory', '1Mi'), '2'],
  ])('has %s', async (_name, variable, expected) => {
    expect(await one(variable)).toBe(expected);
  });

  it.each<[Omit<EnvVar, 'name'>, string]>([
    [{ valueFrom: { configMapKeyRef: { name: 'none', key: 'a' } } }, 'configmap "none" not found'],
    [{ valueFrom: { configMapKeyRef: { name: 'cm', key: 'none' } } }, "couldn't find key none in ConfigMap default/cm"],
    [{ valueFrom: { secretKeyRef: { name: 'none', key: 'a' } } }, 'secret "none" not found'],
    [{ valueFrom: { secretKeyRef: { name: 's', key: 'none' } } }, "couldn't find key none in Secret default/s"],
    [field('metadata.nothing'), 'unsupported fieldPath: metadata.nothing'],
  ])('can’t be made of %j', async (variable, message) => {
    await expect(one(variable)).rejects.toThrow(new ConfigError(message));
  });

  it('lets env win over envFrom, and later envFrom over earlier', async () => {
    const found = await environment({
      envFrom: [{ configMapRef: { name: 'cm' } }, { prefix: 'P_', secretRef: { name: 's' } }],
      env: [
        { name: 'FIRST', value: '$(SECOND)' },
        { name: 'SECOND', value: 'a is $(a)' },
        { name: 'a', value: 'own' },
        { name: 'THIRD', value: '$(a)' },
      ],
    });
    expect(found).toMatchObject({
      FIRST: '$(SECOND)',
      SECOND: 'a is from-cm',
      a: 'own',
      THIRD: 'own',
      'b.c': 'dotted',
      P_p: 'secret',
    });
  });

  it('skips keys that are no names', async () => {
    const { skipped, variables } = await containerEnvironment(
      testPod(),
      { name: 'main', envFrom: [{ configMapRef: { name: 'cm' } }] },
      sources,
    );
    expect(variables.map(({ name }) => name)).not.toContain('bad=key');
    expect(skipped).toEqual([
      'Keys [bad=key] from the EnvFrom configMap default/cm were skipped since they are considered invalid environment variable names.',
    ]);
  });

  it('is what commands are expanded with', () => {
    expect(expandAll(['echo', '$(A)', '$(NONE)'], { variables: [{ name: 'A', value: '1' }], skipped: [] })).toEqual([
      'echo',
      '1',
      '$(NONE)',
    ]);
  });
});

describe('services', () => {
  const service = (name: string, namespace: string, clusterIP = '10.96.0.7'): Service => ({
    metadata: { name, namespace },
    spec: {
      clusterIP,
      ports: [
        { name: 'http-web', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    },
  });

  it('are those of the namespace, and kubernetes of default', () => {
    const all = [
      service('kubernetes', 'default'),
      service('a', 'default'),
      service('b', 'mine'),
      service('headless', 'mine', 'None'),
    ];
    const names = (namespace: string, links: boolean) =>
      linkedServices(all, namespace, links).map(({ metadata }) => metadata.name);
    expect(names('mine', true)).toEqual(['kubernetes', 'b']);
    expect(names('mine', false)).toEqual(['kubernetes']);
    expect(names('default', true)).toEqual(['kubernetes', 'a']);
  });

  it('have variables of both styles', () => {
    expect(Object.fromEntries(serviceVariables([service('my-db', 'default')]))).toEqual({
      MY_DB_SERVICE_HOST: '10.96.0.7',
      MY_DB_SERVICE_PORT: '80',
      MY_DB_SERVICE_PORT_HTTP_WEB: '80',
      MY_DB_SERVICE_PORT_DNS: '53',
      MY_DB_PORT: 'tcp://10.96.0.7:80',
      MY_DB_PORT_80_TCP: 'tcp://10.96.0.7:80',
      MY_DB_PORT_80_TCP_PROTO: 'tcp',
      MY_DB_PORT_80_TCP_PORT: '80',
      MY_DB_PORT_80_TCP_ADDR: '10.96.0.7',
      MY_DB_PORT_53_UDP: 'udp://10.96.0.7:53',
      MY_DB_PORT_53_UDP_PROTO: 'udp',
      MY_DB_PORT_53_UDP_PORT: '53',
      MY_DB_PORT_53_UDP_ADDR: '10.96.0.7',
    });
  });
});
