import type { GroupVersionKind } from '../../../api/object';
import type { AdmissionAttributes } from '../../request';

const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' } as const;

/** The kind that is sent: the resource's, its subresource's, or that of a connection's options. */
function kindOf({ resource, subresource, operation, object }: AdmissionAttributes): GroupVersionKind {
  if (operation === 'CONNECT' && object?.kind) return { group: '', version: 'v1', kind: object.kind };
  const { group, version, kind } = resource.subresources.find(({ name }) => name === subresource)?.kind ?? resource;
  return { group, version, kind };
}

/**
 * The request as webhooks and expressions see it (`admission.k8s.io/v1` AdmissionRequest), without its uid and
 * objects.
 */
export function admissionRequest(attributes: AdmissionAttributes): Record<string, unknown> {
  const { resource, subresource, name, namespace, operation, user, dryRun, object, options } = attributes;
  const { group, version } = resource;
  const ofKind = kindOf(attributes);
  const ofResource = { group, version, resource: resource.resource };
  const optionKind = optionKinds[operation];
  return {
    kind: ofKind,
    resource: ofResource,
    ...(subresource && { subResource: subresource }),
    requestKind: ofKind,
    requestResource: ofResource,
    ...(subresource && { requestSubResource: subresource }),
    ...((name || object?.metadata?.name) && { name: name || object?.metadata?.name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid && { uid: user.uid }),
      groups: user.groups,
      ...(user.extra && { extra: user.extra }),
    },
    dryRun,
    options: optionKind
      ? { kind: optionKind, apiVersion: 'meta.k8s.io/v1', ...(options as object | undefined) }
      : (options ?? null),
  };
}

/** An object with its type, which a decoded one may lack. */
export function typedObject(object: object | undefined, attributes: AdmissionAttributes): object | null {
  if (!object) return null;
  const { group, version, kind } = kindOf(attributes);
  return { apiVersion: group ? `${group}/${version}` : version, kind, ...object };
}
