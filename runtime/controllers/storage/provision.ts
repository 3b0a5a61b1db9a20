import { hostPathProvisioner, provisionedPath } from '../../api/provisioned-volumes';
import type { Live, Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../api/kinds';
import { isBound } from '../../scheduler/plugins/volume-match';

export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
export const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
/** Keeps a volume until its data is gone, when its policy says that it goes (sig-storage-lib-external-provisioner). */
export const PROVISIONER_FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
const HOSTNAME = 'kubernetes.io/hostname';
const singleNodeModes = new Set(['ReadWriteOnce', 'ReadWriteOncePod']);

export const provisionedName = (claim: Live<PersistentVolumeClaim>): string => `pvc-${claim.metadata.uid}`;

/** Whether the claim waits for a volume of this provisioner. The volume binder asks for it by annotation. */
export function wantsVolume(claim: Live<PersistentVolumeClaim>): boolean {
  const { annotations, deletionTimestamp } = claim.metadata;
  return (
    !isBound(claim) && !claim.spec?.volumeName && !deletionTimestamp && annotations?.[PROVISIONER] === hostPathProvisioner
  );
}

/** Why no folder of a node can be what the claim asks for; undefined when one can. */
export function unsupported({ spec }: PersistentVolumeClaim, { mountOptions }: StorageClass): string | undefined {
  if (spec?.selector) return 'claim Selector is not supported';
  if (spec?.volumeMode === 'Block') return `${hostPathProvisioner} does not support block volume provisioning`;
  if (spec?.dataSource ?? spec?.dataSourceRef) return `${hostPathProvisioner} does not support data sources`;
  if (mountOptions?.length) return `${hostPathProvisioner} does not support mount options`;
  if ((spec?.accessModes ?? []).every((mode) => singleNodeModes.has(mode))) return undefined;
  return 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes';
}

/** The node that gets a volume which no pod has chosen one for: of those that may, the one with the fewest. */
export function chooseNode(
  nodes: readonly Live<Node>[], { allowedTopologies }: StorageClass, volumes: readonly PersistentVolume[],
): Live<Node> | undefined {
  const held = (node: Live<Node>) => volumes.filter((volume) => hostnameOf(volume) === hostname(node)).length;
  return nodes
    .filter((node) => isUsable(node) && isAllowed(node, allowedTopologies))
    .sort((a, b) => held(a) - held(b) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}

function isUsable({ spec, status }: Node): boolean {
  return !spec?.unschedulable && (status?.conditions ?? []).some((it) => it.type === 'Ready' && it.status === 'True');
}

/** Terms are alternatives; all expressions of a term hold. */
function isAllowed({ metadata }: Node, terms: StorageClass['allowedTopologies']): boolean {
  if (!terms?.length) return true;
  return terms.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(metadata.labels?.[key] ?? '')));
}

const hostname = ({ metadata }: Live<Node>): string => metadata.labels?.[HOSTNAME] ?? metadata.name;

/** Label of the node that has the volume's data. */
export function hostnameOf({ spec }: PersistentVolume): string | undefined {
  const [term] = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return term?.matchExpressions?.find(({ key }) => key === HOSTNAME)?.values?.[0];
}

export function nodeOfVolume(volume: PersistentVolume, nodes: readonly Live<Node>[]): Live<Node> | undefined {
  const wanted = hostnameOf(volume);
  return nodes.find((node) => hostname(node) === wanted);
}

export function volumeFor(
  claim: Live<PersistentVolumeClaim>, storageClass: Live<StorageClass>, node: Live<Node>,
): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const { accessModes = [], resources } = claim.spec ?? {};
  const { reclaimPolicy = 'Delete' } = storageClass;
  const volume = provisionedName(claim);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: volume,
      annotations: { [PROVISIONED_BY]: hostPathProvisioner },
      ...(reclaimPolicy === 'Delete' && { finalizers: [PROVISIONER_FINALIZER] }),
    },
    spec: {
      capacity: { storage: resources?.requests?.['storage'] ?? '0' },
      accessModes: [...accessModes],
      claimRef: {
        apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, uid, resourceVersion, ...(namespace && { namespace }),
      },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
      hostPath: { path: provisionedPath(volume), type: 'DirectoryOrCreate' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: HOSTNAME, operator: 'In', values: [hostname(node)] }] },
          ],
        },
      },
    },
  };
}

export type Disposal = 'keep' | 'release' | 'delete';

/**
 * What is to become of a volume of this provisioner: `delete` its data, then itself; `release` it from the finalizer,
 * as its data stays.
 */
export function disposalOf({ metadata, spec, status }: PersistentVolume): Disposal {
  if (metadata.annotations?.[PROVISIONED_BY] !== hostPathProvisioner) return 'keep';
  const isHeld = metadata.finalizers?.includes(PROVISIONER_FINALIZER) ?? false;
  if (spec?.persistentVolumeReclaimPolicy !== 'Delete') return isHeld ? 'release' : 'keep';
  if (status?.phase === 'Released') return metadata.deletionTimestamp && !isHeld ? 'keep' : 'delete';
  // Deleted by hand before any claim was bound to it, or after its claim was lost.
  return metadata.deletionTimestamp && isHeld && status?.phase !== 'Bound' ? 'delete' : 'keep';
}
