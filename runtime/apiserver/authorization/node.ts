import type { PersistentVolume, Pod, VolumeAttachment } from '../../api/kinds';
import type { ApiLister, Decision, RequestInfo, UserInfo } from '../request';
import { nodeRules } from '../bootstrap/node-rules';
import { agentRules } from './agent-rules';
import { referencesOf } from './pod-references';
import type { PodReferences } from './pod-references';
import { rulesAllow } from './rules';

const prefix = 'system:node:';
const mirrorAnnotation = 'kubernetes.io/config.mirror';
const allowed: Decision = { allowed: true };
const silent: Decision = { allowed: false };
const noOpinion = (reason: string): Decision => ({ allowed: false, reason });

/** The node that a user is: undefined if it is none, empty if it doesn't say which. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  return name.startsWith(prefix) && groups.includes('system:nodes') ? name.slice(prefix.length) : undefined;
}

/**
 * What a node may do, following plugin/pkg/auth/authorizer/node: fixed rules, except for objects that a node may read
 * only because of a pod that is bound to it. Those are judged by the pods as they are at this moment.
 *
 * Pods and nodes can be read in full, unlike upstream: the agent routes between all nodes.
 */
export class NodeAuthorizer {
  private readonly rules = [...nodeRules, ...agentRules];

  constructor(private readonly lister: ApiLister) {}

  /** Whether the answer depends on more than node and request, so that it must not be remembered. */
  dependsOnPods({ group, resource }: RequestInfo): boolean {
    return related.has(`${group}/${resource}`);
  }

  authorize(user: UserInfo, request: RequestInfo): Decision {
    const node = nodeNameOf(user);
    if (node === undefined) return silent;
    if (node === '') return noOpinion(`unknown node for user ${JSON.stringify(user.name)}`);
    const narrowed = request.isResourceRequest ? this.narrowed(node, request) : undefined;
    return narrowed ?? (rulesAllow(this.rules, request) ? allowed : silent);
  }

  private narrowed(node: string, request: RequestInfo): Decision | undefined {
    const { namespace, name } = request;
    switch (`${request.group}/${request.resource}`) {
      case '/secrets':
        return this.read(
          node,
          request,
          () =>
            this.reaches(node, namespace, ({ secrets }) => secrets.has(name)) ||
            this.volumeSecret(node, namespace, name),
        );
      case '/configmaps':
        return this.read(node, request, () => this.reaches(node, namespace, ({ configMaps }) => configMaps.has(name)));
      case '/persistentvolumeclaims': {
        const related = () => this.claim(node, namespace, name);
        return request.subresource === 'status'
          ? this.statusUpdate(node, request, related)
          : this.get(node, request, related);
      }
      case '/persistentvolumes':
        return this.get(node, request, () => this.volume(node, name));
      case 'resource.k8s.io/resourceclaims':
        return this.get(node, request, () =>
          this.reaches(node, namespace, ({ resourceClaims }) => resourceClaims.has(name)),
        );
      case 'storage.k8s.io/volumeattachments':
        return this.get(node, request, () => this.attachment(node, name));
      case '/serviceaccounts':
        return this.serviceAccount(node, request);
      case 'resource.k8s.io/resourceslices':
        return this.slice(node, request);
      case 'coordination.k8s.io/leases':
        return lease(node, request);
      case 'storage.k8s.io/csinodes':
        return csiNode(node, request);
      default:
        return undefined;
    }
  }

  private related(node: string, { name }: RequestInfo, isRelated: () => boolean): Decision {
    if (!name) return noOpinion('No Object name found');
    return isRelated() ? allowed : noOpinion(`no relationship found between node '${node}' and this object`);
  }

  private get(node: string, request: RequestInfo, isRelated: () => boolean): Decision {
    if (request.verb !== 'get') return noOpinion('can only get individual resources of this type');
    if (request.subresource) return noOpinion('cannot get subresource');
    return this.related(node, request, isRelated);
  }

  /** A list or watch has a name when its field selector asks for a single object. */
  private read(node: string, request: RequestInfo, isRelated: () => boolean): Decision {
    if (!reads.includes(request.verb)) return noOpinion('can only read resources of this type');
    if (request.subresource) return noOpinion('cannot read subresource');
    if (!request.namespace) return noOpinion('can only read namespaced object of this type');
    return this.related(node, request, isRelated);
  }

  private statusUpdate(node: string, request: RequestInfo, isRelated: () => boolean): Decision {
    if (!['update', 'patch'].includes(request.verb)) return noOpinion('can only get/update/patch this type');
    return this.related(node, request, isRelated);
  }

  private serviceAccount(node: string, request: RequestInfo): Decision {
    const { verb, subresource, namespace, name } = request;
    const isRelated = () => this.reaches(node, namespace, ({ serviceAccount }) => serviceAccount === name);
    if (!subresource && verb === 'get') return this.get(node, request, isRelated);
    if (verb !== 'create' || !name) return noOpinion('can only create tokens for individual service accounts');
    if (subresource !== 'token') return noOpinion('can only create token subresource of serviceaccount');
    return this.related(node, request, isRelated);
  }

  private slice(node: string, request: RequestInfo): Decision {
    if (request.subresource) return noOpinion('cannot authorize ResourceSlice subresources');
    switch (request.verb) {
      case 'create':
      case 'watch':
      case 'list':
      case 'deletecollection':
        return allowed;
      case 'get':
      case 'update':
      case 'patch':
      case 'delete':
        return this.related(node, request, () => this.ofNode('resource.k8s.io', 'resourceslices', node, request.name));
      default:
        return noOpinion(
          'only the following verbs are allowed for a ResourceSlice: ' +
            'get, watch, list, create, update, patch, delete, deletecollection',
        );
    }
  }

  /** A pod of the node refers to it. Mirror pods count for nothing: the node itself writes them. */
  private reaches(node: string, namespace: string, refers: (references: PodReferences) => boolean): boolean {
    return this.lister
      .list<Pod>({ group: '', resource: 'pods' }, namespace)
      .some(
        (pod) =>
          pod.spec?.nodeName === node &&
          pod.metadata.annotations?.[mirrorAnnotation] === undefined &&
          refers(referencesOf(pod)),
      );
  }

  private claim(node: string, namespace: string, name: string): boolean {
    return this.reaches(node, namespace, ({ claims }) => claims.has(name));
  }

  private volume(node: string, name: string): boolean {
    const claim = this.lister.get<PersistentVolume>({ group: '', resource: 'persistentvolumes' }, undefined, name)?.spec
      ?.claimRef;
    return claim !== undefined && this.claim(node, claim.namespace ?? '', claim.name ?? '');
  }

  /** The volume behind a claim of one of the node's pods is mounted with this secret. */
  private volumeSecret(node: string, namespace: string, name: string): boolean {
    return this.lister.list<PersistentVolume>({ group: '', resource: 'persistentvolumes' }).some((volume) => {
      const claim = volume.spec?.claimRef;
      if (!claim || !secretsOfVolume(volume).some((secret) => secret.name === name && secret.namespace === namespace))
        return false;
      return this.claim(node, claim.namespace ?? '', claim.name ?? '');
    });
  }

  private attachment(node: string, name: string): boolean {
    return this.ofNode('storage.k8s.io', 'volumeattachments', node, name);
  }

  private ofNode(group: string, resource: string, node: string, name: string): boolean {
    return this.lister.get<VolumeAttachment>({ group, resource }, undefined, name)?.spec?.nodeName === node;
  }
}

const reads: readonly string[] = ['get', 'list', 'watch'];

const related: ReadonlySet<string> = new Set([
  '/secrets',
  '/configmaps',
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/serviceaccounts',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourceslices',
  'storage.k8s.io/volumeattachments',
]);

/** A create doesn't know its name yet: admission holds it against the node's. */
function lease(node: string, { verb, namespace, name }: RequestInfo): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) {
    return noOpinion('can only get, create, update, patch, or delete a node lease');
  }
  if (namespace !== 'kube-node-lease')
    return noOpinion('can only access leases in the "kube-node-lease" system namespace');
  if (verb !== 'create' && name !== node)
    return noOpinion('can only access node lease with the same name as the requesting node');
  return allowed;
}

function csiNode(node: string, { verb, subresource, name }: RequestInfo): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) {
    return noOpinion('can only get, create, update, patch, or delete a CSINode');
  }
  if (subresource) return noOpinion('cannot authorize CSINode subresources');
  if (verb !== 'create' && name !== node)
    return noOpinion('can only access CSINode with the same name as the requesting node');
  return allowed;
}

interface SecretName {
  name: string;
  namespace: string;
}

function secretsOfVolume({ spec }: PersistentVolume): SecretName[] {
  const home = spec?.claimRef?.namespace ?? '';
  const { azureFile, cephfs, cinder, csi, flexVolume, rbd, scaleIO, iscsi, storageos } = spec ?? {};
  const refs = [
    cephfs?.secretRef,
    cinder?.secretRef,
    flexVolume?.secretRef,
    rbd?.secretRef,
    scaleIO?.secretRef,
    iscsi?.secretRef,
    storageos?.secretRef,
    csi?.controllerPublishSecretRef,
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.controllerExpandSecretRef,
    csi?.nodeExpandSecretRef,
  ];
  const azure = azureFile ? [{ name: azureFile.secretName, namespace: azureFile.secretNamespace || home }] : [];
  return [
    ...azure,
    ...refs.flatMap((ref) => (ref?.name ? [{ name: ref.name, namespace: ref.namespace || home }] : [])),
  ];
}
