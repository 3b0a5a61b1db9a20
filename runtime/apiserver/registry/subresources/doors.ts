import type { CertificateSigningRequest, Namespace, Pod } from '../../../api/kinds';
import { ephemeralContainersUpdate, resizeUpdate, validateUpdate } from '../../../api/validation';
import type { Endpoint } from '../endpoint';
import { copyField } from '../strategy';
import { statusDoor } from '../update';
import type { UpdateDoor } from '../update';

/** Writes of an object's own kind through a subresource that changes one part of it. */
export function doorOf(endpoint: Endpoint, subresource: string): UpdateDoor | undefined {
  if (subresource === 'status') return statusDoor(endpoint);
  switch (`${endpoint.info.group}/${endpoint.info.resource}/${subresource}`) {
    case '/pods/ephemeralcontainers': return ephemeralContainers;
    case '/pods/resize': return resize;
    case '/namespaces/finalize': return finalize;
    case 'certificates.k8s.io/certificatesigningrequests/approval': return approval;
    default: return undefined;
  }
}

/** Everything as it was, but metadata; then the one part that this door is for. */
function only(change: (object: Record<string, unknown>, given: Record<string, unknown>) => void): UpdateDoor['prepare'] {
  return (object, old) => {
    const given = { ...object };
    for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
      if (field !== 'metadata') copyField(object, old, field);
    }
    change(object, given);
  };
}

const ephemeralContainers: UpdateDoor = {
  reserves: false,
  prepare: only((object, given) => {
    const { spec } = given as unknown as Pod;
    const pod = object as unknown as Pod;
    pod.spec = { ...pod.spec!, ...(spec?.ephemeralContainers && { ephemeralContainers: spec.ephemeralContainers }) };
  }),
  findings: (_endpoint, object, old) => ephemeralContainersUpdate(object, old),
};

const resize: UpdateDoor = {
  reserves: false,
  prepare: only((object, given) => {
    const { spec } = given as unknown as Pod;
    const pod = object as unknown as Pod;
    const resources = new Map((spec?.containers ?? []).map((container) => [container.name, container]));
    const resized = (pod.spec?.containers ?? []).map((container) => {
      const wanted = resources.get(container.name);
      if (!wanted) return container;
      const next = { ...container };
      copyField(next, wanted, 'resources');
      copyField(next, wanted, 'resizePolicy');
      return next;
    });
    if (JSON.stringify(resized) !== JSON.stringify(pod.spec?.containers)) {
      pod.metadata.generation = (pod.metadata?.generation ?? 0) + 1;
    }
    pod.spec = { ...pod.spec!, containers: resized };
  }),
  findings: (_endpoint, object, old) => resizeUpdate(object, old),
};

const finalize: UpdateDoor = {
  reserves: false,
  prepare: only((object, given) => {
    const { spec } = given as unknown as Namespace;
    (object as unknown as Namespace).spec = { ...(object as unknown as Namespace).spec, finalizers: spec?.finalizers ?? [] };
  }),
  findings: (endpoint, object, old) => validateUpdate(object, old, endpoint.info),
};

const approval: UpdateDoor = {
  reserves: false,
  prepare: only((object, given) => {
    const { status } = given as unknown as CertificateSigningRequest;
    const request = object as unknown as CertificateSigningRequest;
    request.status = { ...request.status, ...(status?.conditions && { conditions: status.conditions }) };
  }),
  findings: (endpoint, object, old) => validateUpdate(object, old, endpoint.info),
};
