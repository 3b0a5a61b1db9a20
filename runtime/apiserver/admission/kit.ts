import type { Clock } from '../../clock';
import type { Pod } from '../../api/kinds';
import { errors } from '../../api/status';
import type { StatusError } from '../../api/status';
import type { AdmissionAttributes } from '../request';

export interface GroupResource {
  group: string;
  resource: string;
}

/** What the plugins read. */
export const kinds = {
  namespaces: { group: '', resource: 'namespaces' },
  pods: { group: '', resource: 'pods' },
  nodes: { group: '', resource: 'nodes' },
  serviceAccounts: { group: '', resource: 'serviceaccounts' },
  limitRanges: { group: '', resource: 'limitranges' },
  resourceQuotas: { group: '', resource: 'resourcequotas' },
  services: { group: '', resource: 'services' },
  persistentVolumes: { group: '', resource: 'persistentvolumes' },
  persistentVolumeClaims: { group: '', resource: 'persistentvolumeclaims' },
  priorityClasses: { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
  runtimeClasses: { group: 'node.k8s.io', resource: 'runtimeclasses' },
  storageClasses: { group: 'storage.k8s.io', resource: 'storageclasses' },
  csiNodes: { group: 'storage.k8s.io', resource: 'csinodes' },
  volumeAttributesClasses: { group: 'storage.k8s.io', resource: 'volumeattributesclasses' },
  ingresses: { group: 'networking.k8s.io', resource: 'ingresses' },
  ingressClasses: { group: 'networking.k8s.io', resource: 'ingressclasses' },
  leases: { group: 'coordination.k8s.io', resource: 'leases' },
  certificateSigningRequests: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' },
  clusterTrustBundles: { group: 'certificates.k8s.io', resource: 'clustertrustbundles' },
  resourceSlices: { group: 'resource.k8s.io', resource: 'resourceslices' },
  mutatingWebhooks: { group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' },
  validatingWebhooks: { group: 'admissionregistration.k8s.io', resource: 'validatingwebhookconfigurations' },
  validatingPolicies: { group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' },
  validatingBindings: { group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicybindings' },
} as const;

export const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Whether a request is about this resource, and of its subresources only this one ('' is the object itself). */
export function isFor({ resource, subresource }: AdmissionAttributes, kind: GroupResource, of = ''): boolean {
  return resource.resource === kind.resource && resource.group === kind.group && subresource === of;
}

export const isMirrorPod = ({ metadata }: Pod): boolean => metadata.annotations?.[mirrorAnnotation] !== undefined;

/** A rejection in the words of admission.NewForbidden: of an object without a name yet, its generateName tells. */
export function forbidden(attributes: AdmissionAttributes, why: string): StatusError {
  const { resource, object } = attributes;
  const name = attributes.name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown';
  return errors.forbidden({ group: resource.group, kind: resource.resource, name }, why);
}

export const sleep = (clock: Clock, milliseconds: number): Promise<void> =>
  new Promise((resolve) => void clock.after(milliseconds, resolve));

/** Go's %q of a name. */
export const quote = (text: string): string => JSON.stringify(text);
