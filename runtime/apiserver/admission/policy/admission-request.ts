import type { AdmissionAttributes } from '../../request';

const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' } as const;

/**
 * The request as webhooks and expressions see it (`admission.k8s.io/v1` AdmissionRequest), without its uid and
 * objects.
 */
export function admissionRequest(attributes: AdmissionAttributes): Record<string, unknown> {
  const { resource, subresource, name, namespace, operation, user, dryRun, object, options } = attributes;
  const { group, version } = resource;
  const kind = resource.subresources.find((candidate) => candidate.name === subresource)?.kind ?? resource;
  const ofKind = { group: kind.group, version: kind.version, kind: kind.kind };
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
  const { resource, subresource } = attributes;
  const { group, version, kind } =
    resource.subresources.find((candidate) => candidate.name === subresource)?.kind ?? resource;
  return { apiVersion: group ? `${group}/${version}` : version, kind, ...object };
}
