import type { Decision, RequestInfo, UserInfo } from '../request';

const limits = { users: 512, decisions: 2048 };

/** Decisions by user and request. Bounded: what overflows is forgotten as a whole and made again. */
export class DecisionCache {
  /** Users are the same object for all requests of a connection, so most lookups need no key of the user. */
  private byIdentity = new WeakMap<UserInfo, Map<string, Decision>>();
  private readonly byName = new Map<string, Map<string, Decision>>();

  constructor(private readonly most: { users: number; /** Of one user. */ decisions: number } = limits) {}

  get(user: UserInfo, request: RequestInfo): Decision | undefined {
    return this.decisions(user).get(requestKey(request));
  }

  set(user: UserInfo, request: RequestInfo, decision: Decision): Decision {
    const decisions = this.decisions(user);
    if (decisions.size >= this.most.decisions) decisions.clear();
    decisions.set(requestKey(request), decision);
    return decision;
  }

  clear(): void {
    this.byIdentity = new WeakMap();
    this.byName.clear();
  }

  private decisions(user: UserInfo): Map<string, Decision> {
    let decisions = this.byIdentity.get(user);
    if (decisions) return decisions;
    const key = JSON.stringify([user.name, user.groups]);
    decisions = this.byName.get(key);
    if (!decisions) {
      if (this.byName.size >= this.most.users) this.clear();
      this.byName.set(key, (decisions = new Map<string, Decision>()));
    }
    this.byIdentity.set(user, decisions);
    return decisions;
  }
}

/** Two requests that differ have two keys: a line break in a name would have to be a segment's of its own. */
function requestKey({
  isResourceRequest,
  verb,
  path,
  group,
  resource,
  subresource,
  namespace,
  name,
}: RequestInfo): string {
  return isResourceRequest
    ? `${verb}\n${resource}\n${namespace}\n${name}\n${group}\n${subresource}`
    : `${verb}\n\t${path}`;
}
