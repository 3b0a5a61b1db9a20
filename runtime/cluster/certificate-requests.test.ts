import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { der } from '../der';
import { readCertificateRequest, signCertificateRequest } from './certificate-requests';
import { createCertificateAuthority } from './certificates';

const attribute = (oid: string, value: string) => der.set(der.sequence(der.oid(oid), der.utf8(value)));

/** A PKCS #10 request for jane of two groups at one DNS name, signed with a key of its own; `tamper` breaks the signature. */
function requestPem(tamper = false): string {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = der.sequence(der.oid('2.5.29.17'), der.octetString(der.sequence(der.implicit(2, Buffer.from('jane.example.com')))));
  const info = der.sequence(
    der.integer(Buffer.from([0])),
    der.sequence(attribute('2.5.4.10', 'dev'), attribute('2.5.4.10', 'ops'), attribute('2.5.4.3', 'jane')),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(0, der.sequence(der.oid('1.2.840.113549.1.9.14'), der.set(der.sequence(names)))),
  );
  const signature = sign('sha256', tamper ? Buffer.from('something else') : info, keys.privateKey);
  const request = der.sequence(info, der.sequence(der.oid('1.2.840.10045.4.3.2')), der.bitString(signature));
  return `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
}

describe('a certificate request', () => {
  it('tells its subject and names', () => {
    expect(readCertificateRequest(requestPem())).toEqual({
      commonName: 'jane', organizations: ['dev', 'ops'], names: { dns: 1, ip: 0, email: 0, uri: 0 },
    });
  });

  it('is signed for its key, subject and names, for what it is to be used and as long as told', () => {
    const ca = createCertificateAuthority();
    const now = Date.now();
    const pem = signCertificateRequest(ca, requestPem(), { usages: ['digital signature', 'client auth'], lifetime: 3_600_000 }, now);
    const certificate = new X509Certificate(pem);
    const authority = new X509Certificate(ca.cert);
    expect([certificate.checkIssued(authority), certificate.verify(authority.publicKey)]).toEqual([true, true]);
    expect(certificate.subject).toBe('O=dev\nO=ops\nCN=jane');
    expect(certificate.subjectAltName).toBe('DNS:jane.example.com');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(Math.abs(Date.parse(certificate.validTo) - now - 3_600_000)).toBeLessThan(2000);
  });

  it.each([
    ['that is none', 'x', 'PEM block type must be CERTIFICATE REQUEST'],
    ['that somebody else signed', requestPem(true), 'bad signature'],
  ])('%s is refused', (_what, pem, message) => {
    expect(() => readCertificateRequest(pem)).toThrow(message);
  });
});
