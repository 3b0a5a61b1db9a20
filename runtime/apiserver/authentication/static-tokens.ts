import { createHash } from 'node:crypto';
import type { Authenticator, Credentials, UserInfo } from '../request';
import { bearerToken } from './bearer-token';

/** Tokens that were handed out when the server was set up. Kept and looked up by hash, so that timing tells nothing. */
export class StaticTokenAuthenticator implements Authenticator {
  private readonly users: ReadonlyMap<string, UserInfo>;

  constructor(tokens: ReadonlyMap<string, UserInfo>) {
    this.users = new Map([...tokens].map(([token, user]) => [digest(token), user]));
  }

  authenticate(credentials: Credentials): UserInfo | undefined {
    if (this.users.size === 0) return undefined;
    const token = bearerToken(credentials);
    return token === undefined ? undefined : this.users.get(digest(token));
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
