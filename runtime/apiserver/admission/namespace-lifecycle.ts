import type { Namespace } from '../../api/kinds';
import { errors, StatusError } from '../../api/status';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../request';
import { forbidden, kinds } from './kit';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is made in a namespace that isn't there or is going away, and three namespaces never go away. */
export function namespaceLifecycle(lister: ApiLister): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    mutate(attributes) {
      const { operation, resource, namespace } = attributes;
      if (operation === 'CONNECT') return;
      if (resource.group === '' && resource.resource === 'namespaces') return keepImmortal(attributes);
      // Reviews tell about permissions; whether a namespace exists is not theirs to tell.
      if (namespace === '' || operation === 'DELETE' || resource.resource === 'localsubjectaccessreviews') return;
      const found = lister.get<Namespace>(kinds.namespaces, undefined, namespace);
      if (!found) throw errors.notFound({ kind: 'namespaces', name: namespace });
      if (operation === 'CREATE' && found.status?.phase === 'Terminating') throw terminating(attributes);
    },
  };
}

function keepImmortal({ operation, name, subresource }: AdmissionAttributes): void {
  if (operation !== 'DELETE' || subresource !== '' || !immortal.has(name)) return;
  throw errors.forbidden({ kind: 'namespaces', name }, 'this namespace may not be deleted');
}

/** The cause is what controllers go by to give up quietly. */
function terminating(attributes: AdmissionAttributes): StatusError {
  const { namespace } = attributes;
  const { status } = forbidden(
    attributes,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return new StatusError({ ...status, details: { ...status.details, causes: [cause] } });
}
