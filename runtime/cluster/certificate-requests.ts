import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { children, der, DerError, readDer, readOid, readString } from '../der';
import type { DerNode } from '../der';
import {
  authorityKeyIdentifier, type CertificatePair, expires, extension, keyUsageExtension, oids, signCertificate, subjectOf,
} from './certificates';

/** What a PKCS #10 request asks for. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** How many names of each kind it has: DNS names, IP addresses, e-mail addresses, URIs. */
  readonly names: { readonly dns: number; readonly ip: number; readonly email: number; readonly uri: number };
}

const extensionRequest = '1.2.840.113549.1.9.14';
const block = /-----BEGIN CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----/;
/** Signature algorithms of requests, and the digest of each; Ed25519 has its own. */
const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.10045.4.3.2': 'sha256', '1.2.840.10045.4.3.3': 'sha384', '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256', '1.2.840.113549.1.1.12': 'sha384', '1.2.840.113549.1.1.13': 'sha512',
  '1.3.101.112': null,
};

interface Parts {
  subject: DerNode;
  publicKey: DerNode;
  alternativeNames: Buffer | undefined;
}

/** Takes a PEM request apart. Throws DerError for what is none, or isn't signed with the key that it names. */
function partsOf(pem: string): Parts {
  const match = block.exec(pem);
  if (!match) throw new DerError('PEM block type must be CERTIFICATE REQUEST');
  const [info, algorithm, signature] = children(readDer(Buffer.from(match[1]!, 'base64')));
  const [, subject, publicKey, attributes] = info ? children(info) : [];
  if (!info || !algorithm || !signature || !subject || !publicKey) throw new DerError('not a certificate request');
  const digest = digests[readOid(children(algorithm)[0]!)];
  if (digest === undefined) throw new DerError('unsupported signature algorithm');
  const key = createPublicKey({ key: publicKey.raw, format: 'der', type: 'spki' });
  if (!verify(digest, info.raw, key, signature.content.subarray(1))) throw new DerError('bad signature');
  return { subject, publicKey, alternativeNames: attributes && alternativeNamesOf(attributes) };
}

function alternativeNamesOf(attributes: DerNode): Buffer | undefined {
  for (const attribute of children(attributes)) {
    const [type, values] = children(attribute);
    if (!type || !values || readOid(type) !== extensionRequest) continue;
    for (const requested of children(values).flatMap(children)) {
      const parts = children(requested);
      if (parts[0] && readOid(parts[0]) === oids.subjectAlternativeName) return parts.at(-1)!.content;
    }
  }
  return undefined;
}

export function readCertificateRequest(pem: string): CertificateRequest {
  const { subject, alternativeNames } = partsOf(pem);
  const values = children(subject).flatMap(children).map((attribute) => {
    const [type, value] = children(attribute);
    return { type: type ? readOid(type) : '', value: value ? readString(value) : '' };
  });
  const of = (wanted: string) => values.filter(({ type }) => type === wanted).map(({ value }) => value);
  const names = alternativeNames ? children(readDer(alternativeNames)) : [];
  const count = (tag: number) => names.filter((name) => name.tag === (0x80 | tag)).length;
  return {
    commonName: of(oids.commonName).at(-1) ?? '', organizations: of(oids.organization),
    names: { dns: count(2), ip: count(7), email: count(1), uri: count(6) },
  };
}

const extendedUsages: Readonly<Record<string, string>> = { 'client auth': oids.clientAuth, 'server auth': oids.serverAuth };
/** Bits of KeyUsage (RFC 5280, 4.2.1.3), most significant first. */
const keyUsages = [
  'digital signature', 'content commitment', 'key encipherment', 'data encipherment', 'key agreement', 'cert sign', 'crl sign',
];

/** A certificate for the key and names of a request, as long as its signer wants and the authority allows. PEM. */
export function signCertificateRequest(
  ca: CertificatePair, pem: string, { usages, lifetime }: { usages: readonly string[]; lifetime: number }, now = Date.now(),
): string {
  const { subject, publicKey, alternativeNames } = partsOf(pem);
  const authority = new X509Certificate(ca.cert);
  const bits = keyUsages.reduce((octet, usage, i) => (usages.includes(usage) ? octet | (0x80 >> i) : octet), 0);
  const extended = usages.flatMap((usage) => (extendedUsages[usage] ? [der.oid(extendedUsages[usage])] : []));
  return signCertificate({
    subject: subject.raw, issuer: subjectOf(authority), publicKey: publicKey.raw,
    notAfter: Math.min(now + lifetime, expires(authority)),
    extensions: [
      ...(bits ? [keyUsageExtension(bits)] : []),
      ...(extended.length > 0 ? [extension(oids.extendedKeyUsage, der.sequence(...extended))] : []),
      extension(oids.basicConstraints, der.sequence(), true),
      authorityKeyIdentifier(authority),
      ...(alternativeNames ? [extension(oids.subjectAlternativeName, alternativeNames)] : []),
    ],
  }, ca.key, now);
}
