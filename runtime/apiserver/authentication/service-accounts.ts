import type { Clock } from '../../clock';
import { errors } from '../../api/status';
import type { ApiLister, Authenticator, Credentials, UserInfo } from '../request';
import { bearerToken } from './bearer-token';
import { brokenBinding, type KubernetesClaims, type ServiceAccountClaims, type TokenSigner } from './service-account-tokens';

interface Known {
  claims: KubernetesClaims;
  user: UserInfo;
  /** Milliseconds since the epoch. */
  expires: number;
}

/** Tokens whose signature has been checked; the oldest go first. */
const cacheSize = 4096;

/** Service accounts by their tokens. A signature is checked once; what a token is bound to, each time. */
export class ServiceAccountAuthenticator implements Authenticator {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly signer: TokenSigner,
    private readonly audiences: readonly string[],
    private readonly lister: ApiLister,
    private readonly clock: Clock,
  ) {}

  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined> {
    const token = bearerToken(credentials);
    if (token === undefined || !looksLikeJwt(token)) return undefined;
    const known = this.known.get(token);
    return known ? this.current(token, known) : this.verify(token);
  }

  private async verify(token: string): Promise<UserInfo | undefined> {
    const claims = await this.signer.verify(token, this.audiences);
    const account = claims?.['kubernetes.io'];
    if (!claims || !account) return undefined;
    const known = { claims: account, user: serviceAccountUser(account, claims), expires: (claims.exp ?? 0) * 1000 };
    if (this.known.size >= cacheSize) this.known.delete(this.known.keys().next().value as string);
    this.known.set(token, known);
    return this.current(token, known);
  }

  private current(token: string, { claims, user, expires }: Known): UserInfo {
    if (expires > this.clock.now() && !brokenBinding(claims, this.lister)) return user;
    this.known.delete(token);
    throw errors.unauthorized();
  }
}

/** The user that a service account is (KEP-4193 has the extra keys). */
export function serviceAccountUser(account: KubernetesClaims, claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = account;
  const key = (name: string): string => `authentication.kubernetes.io/${name}`;
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra: {
      ...(claims.jti && { [key('credential-id')]: [`JTI=${claims.jti}`] }),
      ...(node && { [key('node-name')]: [node.name], [key('node-uid')]: [node.uid] }),
      ...(pod && { [key('pod-name')]: [pod.name], [key('pod-uid')]: [pod.uid] }),
    },
  };
}

function looksLikeJwt(token: string): boolean {
  return token.split('.').length === 3;
}
