import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../clock';
import { errors } from '../../api/status';
import { bearerToken } from './bearer-token';
import type { Authenticator, Credentials, UserInfo } from '../request';

/** What a certificate says; no user for one without a common name: it says nothing of who shows it. */
interface Certified {
  user: UserInfo | undefined;
  notAfter: number;
}

/**
 * Users by client certificate: CN is the name, each O a group (KEP: upstream's `x509` request authenticator). The TLS
 * layer has verified the chain when the connection was made; what is left is to read the subject, once a certificate, and
 * the time, at each request: connections outlive certificates.
 * Throws 401 for one that has expired.
 */
export class ClientCertificateAuthenticator implements Authenticator {
  /** By the buffer itself: the HTTP layer hands out the same one for all requests of a connection. */
  private readonly known = new WeakMap<Buffer, Certified>();

  constructor(private readonly clock: Clock) {}

  authenticate(credentials: Credentials): UserInfo | undefined {
    const { peerCertificate } = credentials;
    if (!peerCertificate) return undefined;
    let certified = this.known.get(peerCertificate);
    if (!certified) this.known.set(peerCertificate, (certified = read(peerCertificate)));
    if (this.clock.now() <= certified.notAfter) return certified.user;
    // A token beside it is judged by itself.
    if (bearerToken(credentials) !== undefined) return undefined;
    throw errors.unauthorized();
  }
}

function read(der: Buffer): Certified {
  const certificate = new X509Certificate(der);
  const { subject } = certificate.toLegacyObject() as unknown as { subject: Record<string, string | string[] | undefined> };
  const [name] = list(subject.CN);
  return { user: name ? { name, groups: list(subject.O) } : undefined, notAfter: Date.parse(certificate.validTo) };
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
