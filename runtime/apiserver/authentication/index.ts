import type { Clock } from '../../clock';
import { errors } from '../../api/status';
import type { ApiLister, Authenticator, Credentials, UserInfo } from '../request';
import { bearerToken } from './bearer-token';
import { ClientCertificateAuthenticator } from './client-certificates';
import { ServiceAccountAuthenticator } from './service-accounts';
import type { TokenSigner } from './service-account-tokens';
import { StaticTokenAuthenticator } from './static-tokens';

export { impersonate } from './impersonation';
export { openIdDocuments } from './open-id';
export { TokenSigner } from './service-account-tokens';
export { selfSubjectReview, tokenRequest, tokenReview } from './reviews';

export interface AuthenticationOptions {
  lister: ApiLister;
  clock: Clock;
  signer: TokenSigner;
  /** What tokens for this API server are made for. */
  audiences: readonly string[];
  staticTokens?: ReadonlyMap<string, UserInfo>;
}

const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const authenticatedGroup = 'system:authenticated';

/**
 * Client certificates, static tokens and service account tokens, in this order; who shows nothing is anonymous, who
 * shows a token that nobody knows gets 401.
 */
export function createAuthenticator({ lister, clock, signer, audiences, staticTokens = new Map() }: AuthenticationOptions): Authenticator {
  const certificates = new ClientCertificateAuthenticator(clock);
  const tokens = new StaticTokenAuthenticator(staticTokens);
  const serviceAccounts = new ServiceAccountAuthenticator(signer, audiences, lister, clock);
  const complete = new WeakMap<UserInfo, UserInfo>();

  const withGroup = (user: UserInfo): UserInfo => {
    let known = complete.get(user);
    if (!known) complete.set(user, (known = { ...user, groups: [...user.groups, authenticatedGroup] }));
    return known;
  };
  const orUnauthorized = (user: UserInfo | undefined): UserInfo => {
    if (!user) throw errors.unauthorized();
    return withGroup(user);
  };

  return {
    authenticate(credentials: Credentials) {
      const certified = certificates.authenticate(credentials);
      if (certified) return withGroup(certified);
      if (bearerToken(credentials) === undefined) {
        if (credentials.authorization !== undefined) throw errors.unauthorized();
        return anonymous;
      }
      const known = tokens.authenticate(credentials) ?? serviceAccounts.authenticate(credentials);
      return known instanceof Promise ? known.then(orUnauthorized) : orUnauthorized(known);
    },
  };
}
