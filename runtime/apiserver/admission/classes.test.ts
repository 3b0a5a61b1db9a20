import { describe, expect, it } from 'vitest';
import type { Binding, Ingress, KubeObject, PersistentVolumeClaim, Pod } from '../../api/kinds';
import { der } from '../../der';
import type { Authorizer } from '../request';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates';
import { defaultIngressClass } from './default-ingress-class';
import { podTopologyLabels } from './pod-topology-labels';
import { runtimeClass } from './runtime-class';
import { defaultStorageClass, persistentVolumeClaimResize, storageObjectInUseProtection } from './storage';
import { nodeRestriction } from './node-restriction';
import { admit, attributesFor, FakeLister, infoOf, outcome, pod } from './testing/admission';

const storageClass = (name: string, fields: object = {}, metadata: object = {}) =>
  ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name, ...metadata }, provisioner: 'p', ...fields });
const byDefault = (creationTimestamp: string) => ({ annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' }, creationTimestamp });
const claim = (spec: object = {}, metadata: object = {}, status: object = {}) =>
  ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'shop', ...metadata }, spec: { ...spec }, status });

describe('DefaultStorageClass', () => {
  const older = storageClass('older', {}, byDefault('2026-01-01T00:00:00Z'));
  const newer = storageClass('newer', {}, byDefault('2026-01-02T00:00:00Z'));

  it.each([
    ['the newest default', [older, newer], claim(), 'newer'],
    ['the first by name of those that are equally new', [storageClass('b', {}, byDefault('x')), storageClass('a', {}, byDefault('x'))], claim(), 'a'],
    ['nothing where no class is the default', [storageClass('plain')], claim(), undefined],
    ['what the claim says', [older], claim({ storageClassName: 'own' }), 'own'],
    ['no class where the claim wants none', [older], claim({ storageClassName: '' }), ''],
    ['the old annotation', [older], claim({}, { annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } }), undefined],
  ])('a claim gets %s', async (_name, classes, object, expected) => {
    await admit(defaultStorageClass(new FakeLister(...classes)), attributesFor(object));
    expect((object as unknown as PersistentVolumeClaim).spec!.storageClassName).toBe(expected);
  });
});

describe('StorageObjectInUseProtection', () => {
  it.each([
    [claim({}, { finalizers: ['x'] }), ['x', 'kubernetes.io/pvc-protection']],
    [claim({}, { finalizers: ['kubernetes.io/pvc-protection'] }), ['kubernetes.io/pvc-protection']],
    [{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: {} }, ['kubernetes.io/pv-protection']],
    [pod(), undefined],
  ])('%#: puts a finalizer on claims and volumes', async (object, expected) => {
    await admit(storageObjectInUseProtection, attributesFor(object));
    expect((object as KubeObject).metadata.finalizers).toEqual(expected);
  });
});

describe('PersistentVolumeClaimResize', () => {
  const lister = new FakeLister(storageClass('fixed'), storageClass('elastic', { allowVolumeExpansion: true }));
  const sized = (storage: string, storageClassName: string | undefined, phase = 'Bound') => claim({ resources: { requests: { storage } }, storageClassName }, {}, { phase });
  const refused = '403 persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

  it.each([
    ['grows in an elastic class', sized('1Gi', 'elastic'), sized('2Gi', 'elastic'), 'admitted'],
    ['not in another', sized('1Gi', 'fixed'), sized('2Gi', 'fixed'), refused],
    ['not without a class', sized('1Gi', undefined), sized('2Gi', undefined), refused],
    ['not before it is bound', sized('1Gi', 'elastic', 'Pending'), sized('2Gi', 'elastic'), '403 persistentvolumeclaims "data" is forbidden: Only bound persistent volume claims can be expanded'],
    ['stays as it is anywhere', sized('1Gi', 'fixed'), sized('1024Mi', 'fixed'), 'admitted'],
  ])('a claim %s', async (_name, old, object, expected) => {
    const attributes = attributesFor(object, { operation: 'UPDATE', oldObject: old as unknown as KubeObject });
    expect(await outcome(persistentVolumeClaimResize(lister), attributes)).toBe(expected);
  });
});

describe('DefaultIngressClass', () => {
  const cls = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name: 'web', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } } };
  it.each([
    ['the default', {}, {}, 'web'], ['its own', { ingressClassName: 'own' }, {}, 'own'], ['none beside the annotation', {}, { annotations: { 'kubernetes.io/ingress.class': 'x' } }, undefined],
  ])('an ingress gets %s', async (_name, spec, metadata, expected) => {
    const object = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'i', namespace: 'shop', ...metadata }, spec };
    await admit(defaultIngressClass(new FakeLister(cls)), attributesFor(object));
    expect((object as Ingress).spec!.ingressClassName).toBe(expected);
  });
});

describe('RuntimeClass', () => {
  const cls = {
    apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'vm' }, handler: 'vm', overhead: { podFixed: { cpu: '250m' } },
    scheduling: { nodeSelector: { runtime: 'vm' }, tolerations: [{ key: 'vm', operator: 'Exists' }] },
  };
  const plugin = runtimeClass(new FakeLister(cls, { ...cls, metadata: { name: 'plain' }, overhead: undefined, scheduling: undefined }));

  it('brings overhead, node labels and tolerations', async () => {
    const object = pod({ runtimeClassName: 'vm', nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'vm', operator: 'Exists' }, { key: 'a' }] }) as unknown as Pod;
    await admit(plugin, attributesFor(object));
    expect(object.spec).toMatchObject({
      overhead: { cpu: '250m' }, nodeSelector: { disk: 'ssd', runtime: 'vm' }, tolerations: [{ key: 'vm', operator: 'Exists' }, { key: 'a' }],
    });
  });

  it.each([
    ['an unknown class', { runtimeClassName: 'x' }, 'pod rejected: RuntimeClass "x" not found'],
    ['another overhead', { runtimeClassName: 'vm', overhead: { cpu: '1' } }, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    ['an overhead of its own', { overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    ['another node label', { runtimeClassName: 'vm', nodeSelector: { runtime: 'x' } }, 'conflict: runtimeClass.scheduling.nodeSelector[runtime] = vm; pod.spec.nodeSelector[runtime] = x'],
    ['nothing of the same overhead otherwise written', { runtimeClassName: 'vm', overhead: { cpu: '0.25' } }, undefined],
    ['nothing of a plain class', { runtimeClassName: 'plain' }, undefined],
  ])('refuses %s', async (_name, spec, why) => {
    expect(await outcome(plugin, attributesFor(pod(spec)))).toBe(why ? `403 pods "web" is forbidden: ${why}` : 'admitted');
  });
});

describe('PodTopologyLabels', () => {
  const zone = { 'topology.kubernetes.io/zone': 'a' };
  const plugin = podTopologyLabels(new FakeLister({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels: { ...zone, other: 'x' } } }));

  it('a binding carries the zone of its node', async () => {
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web', namespace: 'shop' }, target: { kind: 'Node', name: 'n' } } as Binding;
    await admit(plugin, attributesFor(binding, { resource: infoOf(pod()), subresource: 'binding' }));
    expect(binding.metadata.labels).toEqual(zone);
  });

  it('a pod that says otherwise keeps its own', async () => {
    const object = pod({ nodeName: 'n' }, { labels: { 'topology.kubernetes.io/zone': 'own' } }) as unknown as Pod;
    await admit(plugin, attributesFor(object));
    expect(object.metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'own' });
  });
});

describe('certificates', () => {
  const request = (signerName: string, csr: string, status: object = {}) =>
    ({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'c' }, spec: { signerName, request: csr, usages: [] }, status });
  const client = 'kubernetes.io/kube-apiserver-client';
  const oids: Record<string, string> = { CN: '2.5.4.3', O: '2.5.4.10' };
  /** As much of a request as its subject needs. */
  const csr = (subject: string) => {
    const names = subject.slice(1).split('/').map((part) => part.split('=') as [string, string])
      .map(([type, value]) => der.set(der.sequence(der.oid(oids[type]!), der.utf8(value))));
    const body = der.sequence(der.sequence(der.integer(Buffer.from([0])), der.sequence(...names))).toString('base64');
    return Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`).toString('base64');
  };

  it.each([
    ['masters by certificate', request(client, csr('/O=dev/O=system:masters/CN=jane')), `use of ${client} signer with system:masters group is not allowed`],
    ['nothing of others', request(client, csr('/O=dev/CN=jane')), undefined],
    ['nothing of what other signers sign', request('example.com/s', csr('/O=system:masters/CN=jane')), undefined],
    ['what is no request', request(client, Buffer.from('x').toString('base64')), 'unable to parse csr: PEM block type must be CERTIFICATE REQUEST'],
    ['what is broken', request(client, Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${der.sequence(der.sequence()).toString('base64')}\n-----END CERTIFICATE REQUEST-----`).toString('base64')),
      'unable to parse csr: not a certificate request'],
  ])('refuses %s', async (_name, object, why) => {
    expect(await outcome(certificateSubjectRestriction, attributesFor(object))).toBe(
      why ? `403 certificatesigningrequests.certificates.k8s.io "c" is forbidden: ${why}` : 'admitted');
  });

  it('a kubelet asks for its own name alone', async () => {
    const ask = (name: string) => outcome(nodeRestriction(new FakeLister()), attributesFor(
      request('kubernetes.io/kubelet-serving', csr(`/O=system:nodes/CN=system:node:${name}`)), { user: { name: 'system:node:n1', groups: ['system:nodes'] } }));
    expect(await ask('n1')).toBe('admitted');
    expect(await ask('n2')).toContain('can only create a node CSR with CN=system:node:n1');
  });

  const allowing = (...signers: string[]): Authorizer => ({
    authorize: (_user, { verb, resource, name }) => ({ allowed: resource === 'signers' && signers.includes(`${verb} ${name}`) }),
  });
  const update = (subresource: string, status: object = {}) => attributesFor(request('example.com/s', '', status), {
    operation: 'UPDATE', subresource, oldObject: request('example.com/s', '') as unknown as KubeObject,
  });

  it.each([
    ['approves with the verb', certificateApproval(allowing('approve example.com/s')), update('approval'), 'admitted'],
    ['approves by the signer\'s domain', certificateApproval(allowing('approve example.com/*')), update('approval'), 'admitted'],
    ['does not approve without', certificateApproval(allowing('sign example.com/s')), update('approval'), 'user not permitted to approve requests with signerName "example.com/s"'],
    ['signs with the verb', certificateSigning(allowing('sign example.com/s')), update('status', { certificate: 'x' }), 'admitted'],
    ['does not sign without', certificateSigning(allowing()), update('status', { certificate: 'x' }), 'user not permitted to sign requests with signerName "example.com/s"'],
    ['changes nothing of weight', certificateSigning(allowing()), update('status'), 'admitted'],
  ])('who %s', async (_name, plugin, attributes, expected) => {
    expect((await outcome(plugin, attributes)).replace(/^.*? is forbidden: /, '')).toBe(expected);
  });
});
