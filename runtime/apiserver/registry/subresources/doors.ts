import type { Container, Namespace, Pod } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { ephemeralContainersUpdate, resizeUpdate, validateUpdate } from '../../../api/validation';
import type { Endpoint } from '../endpoint';
import { deepEqual } from '../../../api/equality';
import { CertificateSigningRequestStrategy } from '../strategies/certificates';
import { copyField } from '../strategy';
import { statusDoor } from '../update';
import type { UpdateDoor } from '../update';

/** Writes of an object's own kind through a subresource that changes one part of it. */
export function doorOf(endpoint: Endpoint, subresource: string): UpdateDoor | undefined {
  if (subresource === 'status') return statusDoor(endpoint);
  const { strategy } = endpoint;
  if (subresource === 'approval' && strategy instanceof CertificateSigningRequestStrategy) return approval(strategy);
  switch (`${endpoint.info.group}/${endpoint.info.resource}/${subresource}`) {
    case '/pods/ephemeralcontainers': return ephemeralContainers;
    case '/pods/resize': return resize;
    case '/namespaces/finalize': return finalize;
    default: return undefined;
  }
}

/** Everything as it was, but metadata; then the one part that this door is for. */
function only(change: (object: UntypedObject, given: UntypedObject, old: UntypedObject) => void): UpdateDoor['prepare'] {
  return (object, old) => {
    const given = { ...object };
    for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
      if (field !== 'metadata') copyField(object, old, field);
    }
    change(object, given, old);
  };
}

const ephemeralContainers: UpdateDoor = {
  reserves: false,
  prepare: only((object, given, old) => {
    const { spec } = given as unknown as Pod;
    const pod = object as unknown as Pod;
    pod.spec = { ...pod.spec!, ...(spec?.ephemeralContainers && { ephemeralContainers: spec.ephemeralContainers }) };
    countChange(object, old);
  }),
  findings: (_endpoint, object, old) => ephemeralContainersUpdate(object, old),
};

const resize: UpdateDoor = {
  reserves: false,
  prepare: only((object, given, old) => {
    const wanted = (given as unknown as Pod).spec;
    const pod = object as unknown as Pod;
    const spec = pod.spec!;
    const containers = resized(spec.containers, wanted?.containers);
    const initContainers = resized(spec.initContainers, wanted?.initContainers);
    // Containers that came, went or changed their places are for validation to refuse.
    if (!containers || !initContainers) pod.spec = wanted ?? spec;
    else pod.spec = { ...spec, containers, ...(spec.initContainers && { initContainers }) };
    countChange(object, old);
  }),
  findings: (_endpoint, object, old) => resizeUpdate(object, old),
};

/** The containers with the resources that were asked for; undefined when the lists aren't of the same containers. */
function resized(current: readonly Container[] = [], wanted: readonly Container[] = []): Container[] | undefined {
  if (current.length !== wanted.length || current.some(({ name }, i) => name !== wanted[i]!.name)) return undefined;
  return current.map((container, i) => {
    const next = { ...container };
    copyField(next, wanted[i]!, 'resources');
    copyField(next, wanted[i]!, 'resizePolicy');
    return next;
  });
}

function countChange(object: UntypedObject, old: UntypedObject): void {
  if (!deepEqual(object['spec'], old['spec'])) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

const finalize: UpdateDoor = {
  reserves: false,
  prepare: only((object, given) => {
    const { spec } = given as unknown as Namespace;
    (object as unknown as Namespace).spec = { ...(object as unknown as Namespace).spec, finalizers: spec?.finalizers ?? [] };
  }),
  findings: (endpoint, object, old) => validateUpdate(object, old, endpoint.info),
};

function approval(strategy: CertificateSigningRequestStrategy): UpdateDoor {
  return {
    reserves: false,
    prepare: (object, old, context) => strategy.prepareForApproval(object, old, context),
    findings: (endpoint, object, old) => validateUpdate(object, old, endpoint.info),
  };
}
