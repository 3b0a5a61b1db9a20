import { X509Certificate } from 'node:crypto';
import type { Authenticator, Credentials, UserInfo } from '../request';

/**
 * Users by client certificate: CN is the name, each O a group (KEP: upstream's `x509` request authenticator). The TLS
 * layer has verified the chain; what is left is to read the subject, once a certificate.
 */
export class ClientCertificateAuthenticator implements Authenticator {
  /** By the buffer itself: the HTTP layer hands out the same one for all requests of a connection. */
  private readonly users = new WeakMap<Buffer, UserInfo | null>();

  authenticate({ peerCertificate }: Credentials): UserInfo | undefined {
    if (!peerCertificate) return undefined;
    let user = this.users.get(peerCertificate);
    if (user === undefined) this.users.set(peerCertificate, (user = userOf(peerCertificate)));
    return user ?? undefined;
  }
}

/** Null for a certificate without a common name: it says nothing of who shows it. */
function userOf(der: Buffer): UserInfo | null {
  const { subject } = new X509Certificate(der).toLegacyObject() as unknown as { subject: Record<string, string | string[] | undefined> };
  const [name] = list(subject.CN);
  return name ? { name, groups: list(subject.O) } : null;
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
