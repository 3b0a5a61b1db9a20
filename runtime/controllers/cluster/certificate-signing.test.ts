import { expect, it } from 'vitest';
import type { CertificateSigningRequest } from '../../api/kinds';
import { FakeClock } from '../../clock';
import { silentLogger } from '../../log';
import { startControllers } from '../index';
import { resources } from '../kit/resources';
import { FakeCluster } from '../testing/fake-cluster';

const node = { commonName: 'system:node:a', organizations: ['system:nodes'] };
const user = { commonName: 'jane', organizations: ['dev'] };
const [client, kubelet, serving] = ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving'].map((name) => `kubernetes.io/${name}`);

it.each<[string, string | undefined, typeof node, number, string[], string[], string]>([
  ['a user', client, user, 0, ['client auth'], ['Approved'], 'signed'],
  ['a user who has no approval', client, user, 0, ['client auth'], [], ''],
  ['a user who was denied', client, user, 0, ['client auth'], ['Denied'], ''],
  ['a user who wants to serve', client, user, 0, ['server auth'], ['Approved'], 'usages did not match [digital signature key encipherment client auth]'],
  ['a kubelet', kubelet, node, 0, ['digital signature', 'client auth'], ['Approved'], 'signed'],
  ['a kubelet that is none', kubelet, user, 0, ['client auth'], ['Approved'], 'subject organization is not system:nodes'],
  ['a kubelet that serves', serving, node, 1, ['digital signature', 'server auth'], ['Approved'], 'signed'],
  ['a kubelet that serves nowhere', serving, node, 0, ['server auth'], ['Approved'], 'DNS or IP subjectAltName is required'],
  ['somebody of another signer', 'example.com/mine', user, 0, ['client auth'], ['Approved'], ''],
])('the request of %s', async (_who, signerName = '', subject, dns, usages, conditions, expected) => {
  const clock = new FakeClock();
  const cluster = new FakeCluster(clock);
  const requests = cluster.resource<CertificateSigningRequest>(resources.certificateSigningRequests);
  await requests.create({
    metadata: { name: 'r' }, spec: { request: '', signerName, usages },
    status: { conditions: conditions.map((type) => ({ type, status: 'True' })) },
  });
  const certificates = { read: () => ({ ...subject, names: { dns, ip: 0, email: 0, uri: 0 } }), sign: () => 'signed' };
  const controllers = startControllers({
    client: cluster, informers: cluster, events: () => cluster.events(), clock, logger: silentLogger,
    enabled: ['certificatesigningrequest-signing-controller'], options: { clusterCidr: '10.244.0.0/16', certificates },
  });
  for (let i = 0; i < 5; i++) await clock.advance(100);
  const { status } = await requests.get('r');
  const failed = status?.conditions?.find(({ type }) => type === 'Failed')?.message;
  expect(failed ?? Buffer.from(status?.certificate ?? '', 'base64').toString()).toBe(expected);
  await controllers.stop();
});
