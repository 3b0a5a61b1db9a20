import { X509Certificate, createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { children, der, readDer } from '../der';
import { writeFileAtomic } from './files';

/** A certificate and its private key, PEM. */
export interface CertificatePair {
  cert: string;
  key: string;
}

/** What a cluster signs with and shows; all PEM. */
export interface ClusterCertificates {
  /** Signs every certificate of the cluster. */
  ca: CertificatePair;
  /** Serving certificate of the API server. */
  serving: CertificatePair;
  /** `kubernetes-admin` of `system:masters`: what the kubeconfig holds. */
  admin: CertificatePair;
  /** What the API server shows to kubelets. */
  kubeletClient: CertificatePair;
  /** Signs what vouches for users to API servers behind this one, and nothing else. */
  frontProxyCa: CertificatePair;
  /** What the API server shows to those. */
  frontProxyClient: CertificatePair;
  /** Signs service account tokens (ES256). */
  serviceAccount: { privateKey: string; publicKey: string };
}

export interface EnsureCertificatesOptions {
  /** DNS names that the API server is reached by, besides those every cluster has. */
  names: readonly string[];
  /** Addresses that the API server is reached at; the `kubernetes` Service's included. */
  ips: readonly string[];
  now?: number;
}

export type Issue =
  | { kind: 'client'; commonName: string; organizations?: readonly string[] }
  | { kind: 'serving'; commonName: string; organizations?: readonly string[]; names: readonly string[]; ips: readonly string[] };

/** The user that a front proxy's certificate must name. */
export const frontProxyName = 'front-proxy-client';

const day = 24 * 3600 * 1000;
const caLifetime = 3650 * day;
const lifetime = 365 * day;
/** Renewed when less than this is left. */
const renewal = 60 * day;
const serverNames = [
  'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local',
];

export const oids = {
  commonName: '2.5.4.3', organization: '2.5.4.10', ecdsaWithSha256: '1.2.840.10045.4.3.2', basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15', extendedKeyUsage: '2.5.29.37', subjectKeyIdentifier: '2.5.29.14', authorityKeyIdentifier: '2.5.29.35',
  subjectAlternativeName: '2.5.29.17', clientAuth: '1.3.6.1.5.5.7.3.2', serverAuth: '1.3.6.1.5.5.7.3.1',
};
/** KeyUsage as its BIT STRING: digitalSignature is bit 0, keyEncipherment 2, keyCertSign 5, cRLSign 6. */
const keyUsage = { authority: der.bitString(Buffer.from([0b1000_0110]), 1), leaf: der.bitString(Buffer.from([0b1010_0000]), 5) };

interface CertificateFields {
  subject: Buffer;
  issuer: Buffer;
  notAfter: number;
  publicKey: Buffer;
  extensions: Buffer[];
}

/** RFC 5280 certificates, written with Node's own crypto: a certificate library takes longer to load than all of them to make. */
export function signCertificate(fields: CertificateFields, signingKey: string, now: number): string {
  const signatureAlgorithm = der.sequence(der.oid(oids.ecdsaWithSha256));
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serialNumber()),
    signatureAlgorithm,
    fields.issuer,
    der.sequence(der.time(now - 5 * 60_000), der.time(fields.notAfter)),
    fields.subject,
    fields.publicKey,
    der.explicit(3, der.sequence(...fields.extensions)),
  );
  const signature = sign('sha256', body, createPrivateKey(signingKey));
  return pem('CERTIFICATE', der.sequence(body, signatureAlgorithm, der.bitString(signature)));
}

function generateKeys(): { privateKey: string; publicKey: Buffer } {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function serialNumber(): Buffer {
  const octets = randomBytes(16);
  octets[0] = (octets[0]! & 0x7f) | 0x40;
  return octets;
}

function distinguishedName(commonName: string, organizations: readonly string[] = []): Buffer {
  const attribute = (oid: string, value: string) => der.set(der.sequence(der.oid(oid), der.utf8(value)));
  return der.sequence(...organizations.map((name) => attribute(oids.organization, name)), attribute(oids.commonName, commonName));
}

export function extension(oid: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** KeyUsage of up to seven bits, the first one the highest of the octet. */
export function keyUsageExtension(octet: number): Buffer {
  const unused = Math.min(7, 31 - Math.clz32(octet & -octet));
  return extension(oids.keyUsage, der.bitString(Buffer.from([octet]), unused), true);
}

export function authorityKeyIdentifier(authority: X509Certificate): Buffer {
  const identifier = der.implicit(0, keyIdentifier(publicKeyOf(authority)));
  return extension(oids.authorityKeyIdentifier, der.sequence(identifier));
}

/** SHA-1 of the subjectPublicKey bits (RFC 5280, 4.2.1.2). */
function keyIdentifier(publicKey: Buffer): Buffer {
  const bits = children(readDer(publicKey))[1]!.content.subarray(1);
  return createHash('sha1').update(bits).digest();
}

export function createCertificateAuthority(commonName = 'kubernetes', now = Date.now()): CertificatePair {
  const keys = generateKeys();
  const name = distinguishedName(commonName);
  const cert = signCertificate({
    subject: name, issuer: name, notAfter: now + caLifetime, publicKey: keys.publicKey,
    extensions: [
      extension(oids.keyUsage, keyUsage.authority, true),
      extension(oids.basicConstraints, der.sequence(der.boolean(true)), true),
      extension(oids.subjectKeyIdentifier, der.octetString(keyIdentifier(keys.publicKey))),
    ],
  }, keys.privateKey, now);
  return { cert, key: keys.privateKey };
}

/** Issues a certificate of the cluster: a client's (CN is the user, O its groups), or a server's. */
export function issueCertificate(ca: CertificatePair, request: Issue, now = Date.now()): CertificatePair {
  const authority = new X509Certificate(ca.cert);
  const keys = generateKeys();
  const cert = signCertificate({
    subject: distinguishedName(request.commonName, request.organizations),
    issuer: subjectOf(authority),
    notAfter: Math.min(now + lifetime, expires(authority)),
    publicKey: keys.publicKey,
    extensions: [
      extension(oids.keyUsage, keyUsage.leaf, true),
      extension(oids.extendedKeyUsage, der.sequence(der.oid(request.kind === 'client' ? oids.clientAuth : oids.serverAuth))),
      extension(oids.basicConstraints, der.sequence(), true),
      authorityKeyIdentifier(authority),
      ...(request.kind === 'serving' ? [extension(oids.subjectAlternativeName, alternativeNames(request))] : []),
    ],
  }, ca.key, now);
  return { cert, key: keys.privateKey };
}

/** The subject's Name as it stands in the certificate, so that chains match octet for octet. */
export function subjectOf(cert: X509Certificate): Buffer {
  return children(children(readDer(cert.raw))[0]!)[5]!.raw;
}

function publicKeyOf(cert: X509Certificate): Buffer {
  return cert.publicKey.export({ type: 'spki', format: 'der' });
}

function alternativeNames({ names, ips }: { names: readonly string[]; ips: readonly string[] }): Buffer {
  return der.sequence(
    ...[...new Set(names)].map((name) => der.implicit(2, Buffer.from(name))),
    ...[...new Set(ips)].map((ip) => der.implicit(7, addressOctets(ip))),
  );
}

function addressOctets(ip: string): Buffer {
  if (isIP(ip) === 4) return Buffer.from(ip.split('.').map(Number));
  const [left = '', right] = ip.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '').map((group) => parseInt(group, 16));
  const start = groups(left);
  const end = right === undefined ? [] : groups(right);
  const octets = Buffer.alloc(16);
  start.forEach((group, i) => octets.writeUInt16BE(group, i * 2));
  end.forEach((group, i) => octets.writeUInt16BE(group, 16 - (end.length - i) * 2));
  return octets;
}

/** What a kubelet shows to the API server and its users, and what it shows as a client. */
export function issueNodeCertificates(
  ca: CertificatePair, nodeName: string, ips: readonly string[], names: readonly string[] = [],
): { client: CertificatePair; serving: CertificatePair } {
  const subject = { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] };
  return {
    client: issueCertificate(ca, { kind: 'client', ...subject }),
    serving: issueCertificate(ca, {
      kind: 'serving', ...subject, names: [nodeName, 'localhost', ...names], ips: [...ips, '127.0.0.1', '::1'],
    }),
  };
}

/**
 * The cluster's certificates out of a folder, made or renewed where one is missing, nears its end or lacks a name.
 * A new CA makes everything below it new. Files are readable by their user alone.
 */
export function ensureCertificates(folder: string, options: EnsureCertificatesOptions): ClusterCertificates {
  const now = options.now ?? Date.now();
  const ensureAuthority = (file: string, name: string) =>
    readPair(folder, file, (cert) => cert.ca && expires(cert) > now) ??
    writePair(folder, file, createCertificateAuthority(name, now));
  const ca = ensureAuthority('ca', 'kubernetes');
  const frontProxyCa = ensureAuthority('front-proxy-ca', 'front-proxy-ca');
  const names = [...new Set([...serverNames, ...options.names])];
  const ips = [...new Set(['127.0.0.1', '::1', ...options.ips])];
  const ensure = (file: string, request: Issue, signer = ca): CertificatePair => {
    const authority = new X509Certificate(signer.cert);
    const usable = (cert: X509Certificate) =>
      cert.checkIssued(authority) && cert.verify(authority.publicKey) && expires(cert) > now + renewal &&
      (request.kind === 'client' || coversAll(cert, request));
    return readPair(folder, file, usable) ?? writePair(folder, file, issueCertificate(signer, request, now));
  };
  return {
    ca,
    serving: ensure('apiserver', { kind: 'serving', commonName: 'kube-apiserver', names, ips }),
    admin: ensure('admin', { kind: 'client', commonName: 'kubernetes-admin', organizations: ['system:masters'] }),
    kubeletClient: ensure('apiserver-kubelet-client', {
      kind: 'client', commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'],
    }),
    frontProxyCa,
    frontProxyClient: ensure('front-proxy-client', { kind: 'client', commonName: frontProxyName }, frontProxyCa),
    serviceAccount: ensureServiceAccountKey(folder),
  };
}

/** A key pair that signs service account tokens, PEM. */
export function createServiceAccountKey(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

function ensureServiceAccountKey(folder: string): { privateKey: string; publicKey: string } {
  const privateFile = join(folder, 'sa.key');
  const publicFile = join(folder, 'sa.pub');
  if (existsSync(privateFile) && existsSync(publicFile)) {
    return { privateKey: readFileSync(privateFile, 'utf8'), publicKey: readFileSync(publicFile, 'utf8') };
  }
  const key = createServiceAccountKey();
  writeFileAtomic(publicFile, key.publicKey);
  writeFileAtomic(privateFile, key.privateKey);
  return key;
}

function readPair(folder: string, name: string, usable: (cert: X509Certificate) => boolean): CertificatePair | undefined {
  const certFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  if (!existsSync(certFile) || !existsSync(keyFile)) return undefined;
  const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  try {
    return usable(new X509Certificate(pair.cert)) ? pair : undefined;
  } catch {
    // Not a certificate (a torn or edited file): made anew.
    return undefined;
  }
}

function writePair(folder: string, name: string, pair: CertificatePair): CertificatePair {
  writeFileAtomic(join(folder, `${name}.key`), pair.key);
  writeFileAtomic(join(folder, `${name}.crt`), pair.cert);
  return pair;
}

export function expires(cert: X509Certificate): number {
  return Date.parse(cert.validTo);
}

function coversAll(cert: X509Certificate, { names, ips }: { names: readonly string[]; ips: readonly string[] }): boolean {
  return names.every((name) => cert.checkHost(name) !== undefined) &&
    ips.every((ip) => isIP(ip) !== 0 && cert.checkIP(ip) !== undefined);
}

export interface KubeconfigOptions {
  /** Name of cluster and context. */
  name: string;
  /** `https://127.0.0.1:6443` */
  server: string;
  ca: string;
  user?: string;
  client?: CertificatePair;
  token?: string;
  namespace?: string;
}

/** A kubeconfig with one context, as an object; `toKubeconfigYaml` makes the file of it. */
export function renderKubeconfig(options: KubeconfigOptions) {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const user = options.user ?? `${options.name}-admin`;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: options.name, cluster: { 'certificate-authority-data': base64(options.ca), server: options.server } }],
    contexts: [{
      name: options.name,
      context: { cluster: options.name, user, ...(options.namespace && { namespace: options.namespace }) },
    }],
    'current-context': options.name,
    preferences: {},
    users: [{
      name: user,
      user: {
        ...(options.client && {
          'client-certificate-data': base64(options.client.cert), 'client-key-data': base64(options.client.key),
        }),
        ...(options.token && { token: options.token }),
      },
    }],
  };
}

export type Kubeconfig = ReturnType<typeof renderKubeconfig>;

export function toKubeconfigYaml(kubeconfig: Kubeconfig): string {
  return stringify(kubeconfig, { lineWidth: 0 });
}
