import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ensureCertificates, issueCertificate, issueNodeCertificates, renderKubeconfig, toKubeconfigYaml } from './certificates';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = { names: ['podium.test'], ips: ['10.96.0.1'] };

test('makes all certificates of a cluster, signed by its CA and readable by their user alone', () => {
  const made = ensureCertificates(folder, options);
  const ca = new X509Certificate(made.ca.cert);
  expect(ca.ca).toBe(true);
  for (const pair of [made.serving, made.admin, made.kubeletClient]) {
    const cert = new X509Certificate(pair.cert);
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(cert.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
  }
  const serving = new X509Certificate(made.serving.cert);
  expect(serving.checkIP('10.96.0.1')).toBe('10.96.0.1');
  expect(serving.checkHost('podium.test')).toBe('podium.test');
  expect(serving.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
  expect(new X509Certificate(made.admin.cert).subject).toBe('O=system:masters\nCN=kubernetes-admin');
  for (const file of ['ca.key', 'apiserver.key', 'admin.key', 'sa.key']) {
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  }
});

test('keeps what it has while that serves', () => {
  const first = ensureCertificates(folder, options);
  expect(ensureCertificates(folder, options)).toEqual(first);
});

test('renews the serving certificate alone when a name is missing', () => {
  const first = ensureCertificates(folder, options);
  const second = ensureCertificates(folder, { ...options, ips: ['10.96.0.1', '172.18.0.1'] });
  expect(second.ca).toEqual(first.ca);
  expect(second.admin).toEqual(first.admin);
  expect(second.serving.cert).not.toBe(first.serving.cert);
  expect(new X509Certificate(second.serving.cert).checkIP('172.18.0.1')).toBe('172.18.0.1');
});

test('renews what nears its end, and keeps the CA', () => {
  const now = Date.now();
  const first = ensureCertificates(folder, { ...options, now });
  const second = ensureCertificates(folder, { ...options, now: now + 310 * 24 * 3600_000 });
  expect(second.ca).toEqual(first.ca);
  expect(second.admin.cert).not.toBe(first.admin.cert);
  expect(second.serviceAccount).toEqual(first.serviceAccount);
});

test('a damaged certificate is made anew', () => {
  const first = ensureCertificates(folder, options);
  writeFileSync(join(folder, 'admin.crt'), 'torn');
  const second = ensureCertificates(folder, options);
  expect(second.admin.cert).not.toBe(first.admin.cert);
  expect(second.serving).toEqual(first.serving);
});

test('a node and a client authenticate each other over TLS', async () => {
  const { ca } = ensureCertificates(folder, options);
  const node = issueNodeCertificates(ca, 'node-1', ['172.18.0.2']);
  const server = createServer({ ...node.serving, ca: ca.cert, requestCert: true, rejectUnauthorized: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const attempt = (client?: { cert: string; key: string }) =>
    new Promise<string>((resolve) => {
      server.once('secureConnection', (socket) => {
        resolve(socket.getPeerCertificate().subject.CN as string);
        socket.destroy();
      });
      server.once('tlsClientError', () => resolve('refused'));
      connect({ host: '127.0.0.1', port, ca: ca.cert, servername: 'node-1', ...client }).on('error', () => {});
    });
  const user = issueCertificate(ca, { kind: 'client', commonName: 'jane', organizations: ['dev', 'ops'] });
  expect(await attempt(user)).toBe('jane');
  expect(await attempt()).toBe('refused');
  expect(await attempt(node.serving)).toBe('refused');
  server.close();
});

test('renders a kubeconfig with its certificates inside', () => {
  const { ca, admin } = ensureCertificates(folder, options);
  const yaml = toKubeconfigYaml(renderKubeconfig({ name: 'podium', server: 'https://127.0.0.1:6443', ca: ca.cert, client: admin }));
  const read = parse(yaml) as ReturnType<typeof renderKubeconfig>;
  expect(read['current-context']).toBe('podium');
  expect(Buffer.from(read.clusters[0]!.cluster['certificate-authority-data'], 'base64').toString()).toBe(ca.cert);
  expect(Buffer.from(read.users[0]!.user['client-key-data']!, 'base64').toString()).toBe(admin.key);
});
