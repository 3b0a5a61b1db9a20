import { errors } from '../../api/status';
import { forbidden } from '../http/forbidden';
import type { Authorizer, RequestInfo, UserInfo } from '../request';

/** Lower-case names; each occurrence of a header is a value of its own: a comma is a character like others. */
export type HeaderValues = NodeJS.Dict<string[]>;

const extraPrefix = 'impersonate-extra-';
const serviceAccountPrefix = 'system:serviceaccount:';

/**
 * The user that a request's `Impersonate-*` headers make of it. The real user needs the verb `impersonate` on each
 * part (apiserver/pkg/endpoints/filters/impersonation.go). Throws 400 and 403.
 */
export function impersonate(user: UserInfo, headers: HeaderValues, authorizer: Authorizer): UserInfo {
  const [name] = headers['impersonate-user'] ?? [];
  const groups = (headers['impersonate-group'] ?? []).filter(Boolean);
  const [uid] = headers['impersonate-uid'] ?? [];
  const extra = extraOf(headers);
  if (!name) throw errors.badRequest('requested impersonation without a user name: Impersonate-User is missing');
  const require = (part: Partial<RequestInfo>): void => {
    const info: RequestInfo = {
      isResourceRequest: true, path: '', verb: 'impersonate', group: '', version: 'v1', namespace: '', resource: '', subresource: '', name: '', ...part,
    };
    const decision = authorizer.authorize(user, info);
    if (!decision.allowed) throw forbidden(user, info, decision.reason);
  };

  const account = serviceAccount(name);
  if (account) require({ resource: 'serviceaccounts', ...account });
  else require({ resource: 'users', name });
  for (const group of groups) require({ resource: 'groups', name: group });
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) require({ group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name: value });
  }
  if (uid) require({ group: 'authentication.k8s.io', resource: 'uids', name: uid });
  return { name, groups: withSystemGroups(name, groups, account?.namespace), ...(uid && { uid }), ...(Object.keys(extra).length > 0 && { extra }) };
}

function withSystemGroups(name: string, groups: readonly string[], namespace: string | undefined): string[] {
  const all = [...groups];
  if (namespace !== undefined && groups.length === 0) all.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`);
  const known = all.includes('system:authenticated') || all.includes('system:unauthenticated');
  if (!known) all.push(name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated');
  return all;
}

function serviceAccount(name: string): { namespace: string; name: string } | undefined {
  if (!name.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, account, ...rest] = name.slice(serviceAccountPrefix.length).split(':');
  return namespace && account && rest.length === 0 ? { namespace, name: account } : undefined;
}

function extraOf(headers: HeaderValues): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith(extraPrefix)) found[unescape(header.slice(extraPrefix.length))] = value ?? [];
  }
  return found;
}

/** Keys are percent-encoded where a header's name can't have a character. */
function unescape(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
