import { describe, expect, it } from 'vitest';
import type { Tree } from './test-objects';
import { createLines, statusLines, updateLines, warningLines } from './test-objects';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const cases = (list: [string, Tree, string[]][]) =>
  it.each(list)('%s', (_name, object, expected) => expect(createLines(object)).toEqual(expected));
const updates = (list: [string, Tree, Tree, string[]][]) =>
  it.each(list)('%s', (_name, object, old, expected) => expect(updateLines(object, old)).toEqual(expected));

describe('metadata', () => {
  const configMap = (metadata: Tree): Tree => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  const reference = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true };
  cases([
    ['needs a name', configMap({ name: null }), ['metadata.name: Required value: name or generateName is required']],
    ['needs a namespace if the kind has one', configMap({ namespace: null }), ['metadata.namespace: Required value']],
    ['has none if the kind has none', { apiVersion: 'v1', kind: 'Namespace', metadata: { namespace: 'a' } }, ['metadata.namespace: Forbidden: not allowed on this type']],
    ['may generate a name that ends in a dash', configMap({ generateName: 'a-' }), []],
    ['has label keys and values', configMap({ labels: { 'a b': 'c d' } }), [
      `metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      `metadata.labels: Invalid value: "c d": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ]],
    ['bounds annotations', configMap({ annotations: { a: 'x'.repeat(262144) } }), ['metadata.annotations: Too long: may not be more than 262144 bytes']],
    ['has complete owners, one of which controls', configMap({ ownerReferences: [reference, { ...reference, uid: '' }] }), [
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      `metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true},{"apiVersion":"v1","kind":"Pod","name":"p","uid":"","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/p`,
    ]],
    ['has qualified finalizers', configMap({ finalizers: ['mine', 'a/b'] }), [
      'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ]],
  ]);
});

describe('config maps', () => {
  const map = (rest: Tree): Tree => ({ apiVersion: 'v1', kind: 'ConfigMap', ...rest });
  cases([
    ['are accepted when in order', map({ data: { a: 'b' }, binaryData: { c: 'ZA==' } }), []],
    ['have file names for keys', map({ data: { 'a/b': '' } }), [
      `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    ]],
    ['have a key once', map({ data: { a: '' }, binaryData: { a: '' } }), ['data[a]: Invalid value: "a": duplicate of key present in binaryData']],
    ['hold a megabyte', map({ data: { a: 'x'.repeat(1048577) } }), ['[]: Too long: may not be more than 1048576 bytes']],
  ]);
  updates([
    ['stay as they are once immutable', map({ data: { a: 'c' } }), map({ immutable: true, data: { a: 'b' } }), [
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ]],
  ]);
});

describe('secrets', () => {
  const secret = (type: string, data: Tree = {}): Tree => ({ apiVersion: 'v1', kind: 'Secret', type, data });
  cases([
    ['of no particular type hold what they like', secret('Opaque', { a: base64('b') }), []],
    ['for TLS hold both halves', secret('kubernetes.io/tls', { 'tls.crt': base64('x') }), ['data[tls.key]: Required value']],
    ['for basic authentication hold a half at least', secret('kubernetes.io/basic-auth'), ['data[username]: Required value', 'data[password]: Required value']],
    ['for a registry hold JSON', secret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': base64('nope') }), [
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid JSON',
    ]],
    ['for a service account name it', secret('kubernetes.io/service-account-token'), [
      'metadata.annotations[kubernetes.io/service-account.name]: Required value',
    ]],
  ]);
  updates([['keep their type', secret('a/b'), secret('Opaque'), ['type: Invalid value: "a/b": field is immutable']]]);
});

describe('namespaces and nodes', () => {
  const node = (spec: Tree, status: Tree = {}): Tree => ({ apiVersion: 'v1', kind: 'Node', spec, status });
  cases([
    ['namespaces have qualified finalizers', { apiVersion: 'v1', kind: 'Namespace', spec: { finalizers: ['kubernetes', 'x'] } }, [
      'spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
    ]],
    ['nodes have distinct taints', node({ taints: [{ key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoSchedule' }] }), [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ]],
    ['nodes have one range a family', node({ podCIDRs: ['10.0.0.0/24', '10.0.1.0/24'] }), [
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
    ]],
    ['nodes have whole pods', node({}, { capacity: { pods: '1500m' } }), ['status.capacity.pods: Invalid value: "1500m": must be an integer']],
  ]);
  updates([
    ['nodes keep their range', node({ podCIDRs: ['10.0.1.0/24'] }), node({ podCIDRs: ['10.0.0.0/24'] }), [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]],
  ]);

  it('a namespace is active until it is deleted', () => {
    const namespace = (phase: string) => ({ apiVersion: 'v1', kind: 'Namespace', status: { phase } });
    expect(statusLines(namespace('Terminating'), namespace('Active'))).toEqual([
      `status.Phase: Invalid value: "Terminating": may only be 'Active' if \`deletionTimestamp\` is empty`,
    ]);
  });
});

describe('endpoints', () => {
  const slice = (rest: Tree): Tree => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ...rest });
  cases([
    ['have addresses', { apiVersion: 'v1', kind: 'Endpoints', subsets: [{}] }, ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']],
    ['have no loopback address', { apiVersion: 'v1', kind: 'Endpoints', subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] }, [
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ]],
    ['in slices are of their family', slice({ endpoints: [{ addresses: ['fd00::1'] }, { addresses: [] }] }), [
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
      'endpoints[1].addresses: Required value: must contain at least 1 address',
    ]],
  ]);
  updates([
    ['in slices keep their family', slice({ addressType: 'IPv6' }), slice({}), ['addressType: Invalid value: "IPv6": field is immutable']],
  ]);
});

describe('quotas and limits', () => {
  const quota = (spec: Tree): Tree => ({ apiVersion: 'v1', kind: 'ResourceQuota', spec });
  const limits = (...items: Tree[]): Tree => ({ apiVersion: 'v1', kind: 'LimitRange', spec: { limits: items } });
  cases([
    ['quotas count known resources', quota({ hard: { pods: '10', gpu: '1' } }), [
      'spec.hard[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
      'spec.hard[gpu]: Invalid value: "gpu": must be a standard resource for quota',
    ]],
    ['quotas have scopes that fit', quota({ hard: { cpu: '1' }, scopes: ['BestEffort', 'NotBestEffort'] }), [
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
    ]],
    ['limits are ordered', limits({ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' }, default: { cpu: '3' } }), [
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].default[cpu]: Invalid value: "1": default value 3 is greater than max value 1',
    ]],
    ['limits are of known types, each once', limits({ type: 'Job' }, { type: 'Pod', default: { cpu: '1' } }, { type: 'Pod' }), [
      'spec.limits[0].type: Invalid value: "Job": must be a standard limit type or fully qualified',
      "spec.limits[1].default: Forbidden: may not be specified when `type` is 'Pod'",
      'spec.limits[2].type: Duplicate value: "Pod"',
    ]],
  ]);
});

describe('volumes and claims', () => {
  const claim = (spec: Tree, status: Tree = {}): Tree => ({
    apiVersion: 'v1', kind: 'PersistentVolumeClaim', status,
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
  const volume = (spec: Tree): Tree => ({
    apiVersion: 'v1', kind: 'PersistentVolume', spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/a' }, ...spec },
  });
  cases([
    ['claims are accepted when in order', claim({}), []],
    ['claims ask for storage in some mode', claim({ accessModes: [], resources: {} }), [
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ]],
    ['volumes are accepted when in order', volume({}), []],
    ['volumes have one source', volume({ nfs: { server: 's', path: '/' } }), ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
    ['local volumes say where', volume({ hostPath: undefined, local: { path: '/a' } }), ['spec.nodeAffinity: Required value: Local volume requires node affinity']],
  ]);

  it('a claim keeps its spec, but may grow when bound', () => {
    const bound = { phase: 'Bound', capacity: { storage: '1Gi' } };
    const sized = (storage: string) => claim({ resources: { requests: { storage } } }, bound);
    expect(updateLines(sized('2Gi'), sized('1Gi'))).toEqual([]);
    expect(updateLines(sized('512Mi'), sized('1Gi'))).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]);
    expect(updateLines(claim({ storageClassName: 'b' }), claim({ storageClassName: 'a' }))[0]).toContain(
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n',
    );
  });

  it('a volume keeps its source', () => {
    expect(updateLines(volume({ hostPath: { path: '/b' } }), volume({}))[0]).toContain(
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n',
    );
  });
});

describe('events', () => {
  const core = (rest: Tree): Tree => ({ apiVersion: 'v1', kind: 'Event', involvedObject: { namespace: 'default' }, ...rest });
  cases([
    ['are in the namespace of what they are about', core({ involvedObject: { namespace: 'other' } }), [
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ]],
    ['of the newer group are complete', { apiVersion: 'events.k8s.io/v1', kind: 'Event', regarding: { namespace: 'default' }, type: 'Odd', eventTime: '2026-01-01T00:00:00.000000Z', reportingController: 'a/b', reportingInstance: 'i', reason: 'r' }, [
      'action: Required value', 'type: Invalid value: "": has invalid value: Odd',
    ]],
  ]);
});

describe('warnings of pods', () => {
  const pod = (spec: Tree, metadata: Tree = {}): Tree => ({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  it.each<[string, Tree, string[]]>([
    ['deprecated node labels', pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }), [
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ]],
    ['variables that hide another', pod({ containers: [{ name: 'c', env: [{ name: 'A', value: 'x' }, { name: 'A', value: 'y' }, { name: 'A', value: '$(A)z' }] }] }), [
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ]],
    ['fractions of a byte', pod({ containers: [{ name: 'c', resources: { limits: { memory: '100m' } } }] }), [
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
    ]],
    ['ports that overlap', pod({ containers: [{ name: 'c', ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 80, protocol: 'TCP', hostPort: 8080 }] }] }), [
      'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    ]],
    ['deprecated volumes', pod({ volumes: [{ name: 'v', glusterfs: { endpoints: 'e', path: 'p' } }] }), [
      'spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+',
    ]],
  ])('tell of %s', (_name, object, expected) => {
    expect(warningLines(object)).toEqual(expected);
  });
});
