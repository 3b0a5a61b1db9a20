import { errors, statusError } from '../../api/status';
import type { StatusError } from '../../api/status';
import type { RequestInfo, UserInfo } from '../request';

/** The denial of a request, as upstream words it (apiserver/pkg/endpoints/handlers/responsewriters/errors.go). */
export function forbidden(user: UserInfo, info: RequestInfo, reason: string | undefined): StatusError {
  const why = reason ? `: ${reason}` : '';
  const name = JSON.stringify(user.name);
  if (!info.isResourceRequest) {
    return statusError('Forbidden', `forbidden: User ${name} cannot ${info.verb} path ${JSON.stringify(info.path)}${why}`, {});
  }
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  const where = info.namespace ? `in the namespace ${JSON.stringify(info.namespace)}` : 'at the cluster scope';
  const message =
    `User ${name} cannot ${info.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.group)} ${where}${why}`;
  return errors.forbidden({ ...(info.group && { group: info.group }), kind: info.resource, ...(info.name && { name: info.name }) }, message);
}
