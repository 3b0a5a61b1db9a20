import type {
  AuthenticationV1TokenRequest,
  CertificateSigningRequest,
  CSINode,
  Lease,
  Node,
  Pod,
  ResourceSlice,
} from '../../api/kinds';
import { errors } from '../../api/status';
import { deepEqual } from '../../api/equality';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister, UserInfo } from '../request';
import { parseSubject } from './certificates';
import { forbidden, isMirrorPod, kinds, mirrorAnnotation, quote } from './kit';
import type { GroupResource } from './kit';
import { configMapNames, secretNames } from './pod-references';
import { nodeLabelsForbidden } from './node-labels';

const userPrefix = 'system:node:';
const nodesGroup = 'system:nodes';

/**
 * What a kubelet may write: itself, its lease, and the pods that are bound to it
 * (plugin/pkg/admission/noderestriction).
 */
export function nodeRestriction(lister: ApiLister): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    mutate(attributes) {
      if (attributes.operation === 'CONNECT') return;
      const node = nodeOf(attributes.user);
      if (node === undefined) return;
      if (node === '') throw forbidden(attributes, `could not determine node from user ${quote(attributes.user.name)}`);
      rules.get(`${attributes.resource.group}/${attributes.resource.resource}`)?.(attributes, node, lister);
    },
  };
}

function nodeOf({ name, groups }: UserInfo): string | undefined {
  return name.startsWith(userPrefix) && groups.includes(nodesGroup) ? name.slice(userPrefix.length) : undefined;
}

type Rule = (attributes: AdmissionAttributes, node: string, lister: ApiLister) => void;

const key = ({ group, resource }: GroupResource) => `${group}/${resource}`;

const rules = new Map<string, Rule>([
  [key(kinds.pods), admitPodDoors],
  [key(kinds.nodes), admitNode],
  [key(kinds.persistentVolumeClaims), admitClaim],
  [key(kinds.serviceAccounts), admitToken],
  [key(kinds.leases), admitLease],
  [key(kinds.csiNodes), admitCSINode],
  [key(kinds.resourceSlices), admitResourceSlice],
  [key(kinds.certificateSigningRequests), admitSigningRequest],
]);

function admitPodDoors(attributes: AdmissionAttributes, node: string, lister: ApiLister): void {
  switch (attributes.subresource) {
    case '':
      return admitPod(attributes, node, lister);
    case 'status':
      return admitPodStatus(attributes, node);
    case 'eviction':
      return admitEviction(attributes, node, lister);
    default:
      throw forbidden(
        attributes,
        `unexpected pod subresource ${quote(attributes.subresource)}, only 'status' and 'eviction' are allowed`,
      );
  }
}

function existingPod({ namespace, name }: AdmissionAttributes, lister: ApiLister): Pod {
  const pod = lister.get<Pod>(kinds.pods, namespace, name);
  if (!pod) throw errors.notFound({ kind: 'pods', name });
  return pod;
}

function admitPod(attributes: AdmissionAttributes, node: string, lister: ApiLister): void {
  if (attributes.operation === 'CREATE') return admitMirrorPod(attributes, node, lister);
  if (attributes.operation !== 'DELETE') {
    throw forbidden(
      attributes,
      `unexpected operation ${quote(attributes.operation)}, node ${quote(node)} can only create and delete mirror pods`,
    );
  }
  if (existingPod(attributes, lister).spec?.nodeName !== node) {
    throw forbidden(attributes, `node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
  }
}

function admitMirrorPod(attributes: AdmissionAttributes, node: string, lister: ApiLister): void {
  const pod = attributes.object as Pod;
  const refuse = (why: string) => forbidden(attributes, `node ${quote(node)} ${why}`);
  if (!isMirrorPod(pod)) {
    throw forbidden(
      attributes,
      `pod does not have ${quote(mirrorAnnotation)} annotation, node ${quote(node)} can only create mirror pods`,
    );
  }
  if (pod.spec?.nodeName !== node) throw refuse('can only create pods with spec.nodeName set to itself');
  admitMirrorOwner(attributes, node, lister);
  const { spec } = pod;
  if (spec.serviceAccountName) throw refuse('can not create pods that reference a service account');
  if (secretNames(spec).length > 0) throw refuse('can not create pods that reference secrets');
  if (configMapNames(spec).length > 0) throw refuse('can not create pods that reference configmaps');
  const volumes = spec.volumes ?? [];
  if (volumes.some(({ projected }) => projected?.sources?.some((source) => source.clusterTrustBundle))) {
    throw refuse('can not create pods that reference clustertrustbundles');
  }
  if (volumes.some((volume) => volume.persistentVolumeClaim))
    throw refuse('can not create pods that reference persistentvolumeclaims');
  if ((spec.resourceClaims ?? []).length > 0) throw refuse('can not create pods that reference resourceclaims');
}

function admitMirrorOwner(attributes: AdmissionAttributes, node: string, lister: ApiLister): void {
  const owners = (attributes.object as Pod).metadata.ownerReferences ?? [];
  const refuse = (why: string) => forbidden(attributes, `node ${quote(node)} ${why}`);
  if (owners.length > 1) throw refuse('can only create pods with a single owner reference set to itself');
  const [owner] = owners;
  if (!owner || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    throw refuse('can only create pods with an owner reference set to itself');
  }
  if (!owner.controller) throw refuse('can only create pods with a controller owner reference set to itself');
  if (owner.blockOwnerDeletion) throw refuse('must not set blockOwnerDeletion on an owner reference');
  const found = lister.get<Node>(kinds.nodes, undefined, node);
  if (!found) throw errors.notFound({ kind: 'nodes', name: node });
  if (owner.uid !== found.metadata.uid) {
    throw forbidden(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${found.metadata.uid ?? ''}`);
  }
}

function admitPodStatus(attributes: AdmissionAttributes, node: string): void {
  if (attributes.operation !== 'UPDATE') {
    throw forbidden(
      attributes,
      `unexpected operation ${quote(attributes.operation)}, node ${quote(node)} can only update pod status`,
    );
  }
  const old = attributes.oldObject as Pod;
  const pod = attributes.object as Pod;
  if (old.spec?.nodeName !== node) {
    throw forbidden(
      attributes,
      `node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`,
    );
  }
  if (!deepEqual(old.metadata.labels ?? {}, pod.metadata.labels ?? {})) {
    throw forbidden(attributes, `node ${quote(node)} cannot update labels through pod status`);
  }
  if (!deepEqual(old.status?.resourceClaimStatuses ?? [], pod.status?.resourceClaimStatuses ?? [])) {
    throw forbidden(attributes, `node ${quote(node)} cannot update resource claim statuses`);
  }
}

function admitEviction(attributes: AdmissionAttributes, node: string, lister: ApiLister): void {
  if (attributes.operation !== 'CREATE') {
    throw forbidden(attributes, `unexpected operation ${attributes.operation}, node ${node} can only evict pods`);
  }
  if (existingPod(attributes, lister).spec?.nodeName !== node) {
    throw forbidden(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`);
  }
}

function admitNode(attributes: AdmissionAttributes, node: string): void {
  const requested = attributes.name || (attributes.object?.metadata.name ?? '');
  if (requested !== node)
    throw forbidden(attributes, `node ${quote(node)} is not allowed to modify node ${quote(requested)}`);
  if (attributes.operation === 'CREATE') {
    const added = nodeLabelsForbidden((attributes.object as Node).metadata.labels, undefined);
    if (added.length > 0)
      throw forbidden(
        attributes,
        `node ${quote(node)} is not allowed to set the following labels: ${added.join(', ')}`,
      );
  }
  if (attributes.operation !== 'UPDATE') return;
  const object = attributes.object as Node;
  const old = attributes.oldObject as Node;
  const refuse = (what: string) => forbidden(attributes, `node ${quote(node)} is not allowed to modify ${what}`);
  if (!deepEqual(object.spec?.taints ?? [], old.spec?.taints ?? [])) throw refuse('taints');
  const changed = nodeLabelsForbidden(object.metadata.labels, old.metadata.labels);
  if (changed.length > 0) throw refuse(`labels: ${changed.join(', ')}`);
  if (!deepEqual(object.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    throw refuse('ownerReferences');
}

function admitClaim(attributes: AdmissionAttributes, node: string): void {
  if (attributes.subresource !== 'status') throw forbidden(attributes, 'may only update PVC status');
  if (attributes.operation !== 'UPDATE') {
    throw forbidden(
      attributes,
      `unexpected operation ${quote(attributes.operation)}, node ${quote(node)} can only update PVC status`,
    );
  }
  const fixed = (claim: unknown) => {
    const {
      metadata: { resourceVersion: _version, managedFields: _managed, ...metadata },
      spec,
      status,
    } = claim as { metadata: Record<string, unknown>; spec: unknown; status?: Record<string, unknown> };
    const {
      capacity: _capacity,
      conditions: _conditions,
      allocatedResources: _resources,
      allocatedResourceStatuses: _statuses,
      ...rest
    } = status ?? {};
    return { metadata, spec, status: rest };
  };
  if (!deepEqual(fixed(attributes.object), fixed(attributes.oldObject))) {
    throw forbidden(
      attributes,
      `node ${quote(node)} is not allowed to update fields other than status.quantity and status.conditions`,
    );
  }
}

function admitToken(attributes: AdmissionAttributes, node: string, lister: ApiLister): void {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return;
  const bound = (attributes.object as AuthenticationV1TokenRequest).spec?.boundObjectRef;
  if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name)
    throw forbidden(attributes, 'node requested token not bound to a pod');
  if (!bound.uid) throw forbidden(attributes, 'node requested token with a pod binding without a uid');
  const pod = lister.get<Pod>(kinds.pods, attributes.namespace, bound.name);
  if (!pod) throw errors.notFound({ kind: 'pods', name: bound.name });
  if (pod.metadata.uid !== bound.uid) {
    throw forbidden(
      attributes,
      `the UID in the bound object reference (${bound.uid}) does not match the UID in record. ` +
        'The object might have been deleted and then recreated',
    );
  }
  if (pod.spec?.nodeName !== node)
    throw forbidden(attributes, 'node requested token bound to a pod scheduled on a different node');
}

function admitLease(attributes: AdmissionAttributes, node: string): void {
  if (attributes.namespace !== 'kube-node-lease') {
    throw forbidden(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  }
  const name = attributes.operation === 'CREATE' ? (attributes.object as Lease).metadata.name : attributes.name;
  if (name !== node)
    throw forbidden(attributes, 'can only access node lease with the same name as the requesting node');
}

function admitCSINode(attributes: AdmissionAttributes, node: string): void {
  const name = attributes.operation === 'CREATE' ? (attributes.object as CSINode).metadata.name : attributes.name;
  if (name !== node) throw forbidden(attributes, 'can only access CSINode with the same name as the requesting node');
}

/** Updates are the node authorizer's to judge. */
function admitResourceSlice(attributes: AdmissionAttributes, node: string): void {
  const { operation, object, oldObject } = attributes;
  if (operation !== 'CREATE' && operation !== 'DELETE') return;
  const slice = (operation === 'CREATE' ? object : oldObject) as ResourceSlice | undefined;
  if (slice?.spec?.nodeName === node) return;
  throw forbidden(
    attributes,
    `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`,
  );
}

const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

function admitSigningRequest(attributes: AdmissionAttributes, node: string): void {
  if (attributes.operation !== 'CREATE') return;
  const { spec } = attributes.object as CertificateSigningRequest;
  if (!nodeSigners.includes(spec?.signerName ?? '')) return;
  const { commonName } = parseSubject(attributes, spec.request);
  if (!commonName.startsWith(userPrefix) || commonName === userPrefix + node) return;
  throw forbidden(attributes, `can only create a node CSR with CN=${userPrefix}${node}`);
}
