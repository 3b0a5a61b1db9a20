import { parseApiVersion } from '../object';

export interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What a resource is called at some point of a build. */
export interface ResourceId extends Gvk {
  readonly name: string;
  readonly namespace: string;
}

/** Kinds that kustomize knows to have no namespace: those of Kubernetes 1.21. All others get one. */
const clusterScoped = new Set(
  Object.entries({
    'admissionregistration.k8s.io': 'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
    'apiextensions.k8s.io': 'CustomResourceDefinition',
    'apiregistration.k8s.io': 'APIService',
    'certificates.k8s.io': 'CertificateSigningRequest',
    'networking.k8s.io': 'IngressClass',
    'node.k8s.io': 'RuntimeClass',
    'rbac.authorization.k8s.io': 'ClusterRole ClusterRoleBinding',
    'scheduling.k8s.io': 'PriorityClass',
    'storage.k8s.io': 'CSIDriver CSINode StorageClass VolumeAttachment',
    '': 'ComponentStatus Namespace Node PersistentVolume',
  }).flatMap(([group, kinds]) =>
    kinds
      .split(' ')
      .flatMap((kind) => ['v1', ...(group ? ['v1beta1'] : [])].map((version) => `${group}/${version}/${kind}`)),
  ),
);
['FlowSchema', 'PriorityLevelConfiguration'].forEach((kind) =>
  clusterScoped.add(`flowcontrol.apiserver.k8s.io/v1beta1/${kind}`),
);
clusterScoped.add('policy/v1beta1/PodSecurityPolicy');

export const isClusterScoped = ({ group, version, kind }: Gvk): boolean =>
  clusterScoped.has(`${group}/${version}/${kind}`);

export function gvkOf(apiVersion: unknown, kind: unknown): Gvk {
  return {
    ...parseApiVersion(typeof apiVersion === 'string' ? apiVersion : ''),
    kind: typeof kind === 'string' ? kind : '',
  };
}

const nowhere = '_non_namespaceable_';

export function effectiveNamespace(id: ResourceId): string {
  return isClusterScoped(id) ? nowhere : id.namespace || 'default';
}

/** Whether a selector's non-empty parts are equal to those of the kind. */
export function isSelected(gvk: Gvk, selector: Partial<Gvk>): boolean {
  return (
    (!selector.group || selector.group === gvk.group) &&
    (!selector.version || selector.version === gvk.version) &&
    (!selector.kind || selector.kind === gvk.kind)
  );
}

export function sameId(a: ResourceId, b: ResourceId): boolean {
  return (
    a.name === b.name &&
    a.kind === b.kind &&
    a.group === b.group &&
    a.version === b.version &&
    effectiveNamespace(a) === effectiveNamespace(b)
  );
}

/** `Deployment.v1.apps/web.[noNs]`, as kustomize prints it. */
export function idText({ group, version, kind, name, namespace }: ResourceId): string {
  const gvk = `${kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'}`;
  return `${gvk}/${name || '[noName]'}.${namespace || '[noNs]'}`;
}
