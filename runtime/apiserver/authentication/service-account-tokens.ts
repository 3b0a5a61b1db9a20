import { createHash, createPublicKey, randomUUID } from 'node:crypto';
import type { CryptoKey, JWTPayload } from 'jose';
import type { Clock } from '../../clock';
import type { ApiLister } from '../request';

/** An object that a token is only good with. */
export interface BoundObject {
  name: string;
  uid: string;
}

/** `kubernetes.io` of a service account token (KEP-1205, KEP-4193). */
export interface KubernetesClaims {
  namespace: string;
  serviceaccount: BoundObject;
  pod?: BoundObject;
  secret?: BoundObject;
  node?: BoundObject;
  /** Seconds since the epoch, after which a token of a projected volume should have been replaced. */
  warnafter?: number;
}

export interface ServiceAccountClaims extends JWTPayload {
  'kubernetes.io'?: KubernetesClaims;
}

export interface TokenKeys {
  issuer: string;
  /** PEM, P-256. */
  privateKey: string;
  publicKey: string;
}

const algorithm = 'ES256';
/** The library is only loaded when a token is made or seen for the first time. */
const jose = () => import('jose');

/** Makes and checks the signatures of service account tokens. */
export class TokenSigner {
  private signingKey: Promise<CryptoKey> | undefined;
  private verifyingKey: Promise<CryptoKey> | undefined;
  readonly keyId: string;

  constructor(readonly keys: TokenKeys, private readonly clock: Clock) {
    const der = createPublicKey(keys.publicKey).export({ type: 'spki', format: 'der' });
    this.keyId = createHash('sha256').update(der).digest('base64url');
  }

  async sign(account: KubernetesClaims, audiences: readonly string[], expirationSeconds: number): Promise<string> {
    const { SignJWT, importPKCS8 } = await jose();
    this.signingKey ??= importPKCS8(this.keys.privateKey, algorithm);
    const now = Math.floor(this.clock.now() / 1000);
    return new SignJWT({ 'kubernetes.io': account })
      .setProtectedHeader({ alg: algorithm, kid: this.keyId })
      .setIssuer(this.keys.issuer)
      .setSubject(`system:serviceaccount:${account.namespace}:${account.serviceaccount.name}`)
      .setAudience([...audiences])
      .setIssuedAt(now).setNotBefore(now).setExpirationTime(now + expirationSeconds)
      .setJti(randomUUID())
      .sign(await this.signingKey);
  }

  /** The claims of a token of ours; undefined for one that isn't, is expired, or is for none of these audiences. */
  async verify(token: string, audiences: readonly string[]): Promise<ServiceAccountClaims | undefined> {
    const { errors, importSPKI, jwtVerify } = await jose();
    this.verifyingKey ??= importSPKI(this.keys.publicKey, algorithm);
    try {
      const currentDate = new Date(this.clock.now());
      const options = { issuer: this.keys.issuer, audience: [...audiences], algorithms: [algorithm], currentDate };
      return (await jwtVerify<ServiceAccountClaims>(token, await this.verifyingKey, options)).payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  /** The public key as RFC 7517 has it, for `/openid/v1/jwks`. */
  jwks(): { keys: object[] } {
    const jwk = createPublicKey(this.keys.publicKey).export({ format: 'jwk' });
    return { keys: [{ use: 'sig', kid: this.keyId, alg: algorithm, ...jwk }] };
  }
}

const resources = { pod: 'pods', secret: 'secrets', node: 'nodes' } as const;

/** Why what a token is bound to no longer bears it; undefined while it does. */
export function brokenBinding(claims: KubernetesClaims, lister: ApiLister): string | undefined {
  const { namespace, serviceaccount } = claims;
  const account = lister.get({ group: '', resource: 'serviceaccounts' }, namespace, serviceaccount.name);
  if (account?.metadata.uid !== serviceaccount.uid) return `service account ${namespace}/${serviceaccount.name} has been deleted`;
  for (const kind of ['pod', 'secret', 'node'] as const) {
    const bound = claims[kind];
    // A pod's token names its node too; a node may go before its pods do, and only a token bound to it alone ends with it.
    if (!bound || (kind === 'node' && claims.pod)) continue;
    const object = lister.get({ group: '', resource: resources[kind] }, kind === 'node' ? undefined : namespace, bound.name);
    if (object?.metadata.uid !== bound.uid) return `${kind} ${bound.name} has been deleted`;
  }
  return undefined;
}
