import { controllerRevision, daemonSet, deployment, replicaSet, replicationController, statefulSet } from './apps';
import { namespace, node, serviceAccount } from './cluster-objects';
import { configMap, secret } from './config';
import { createClaim, updateClaim, updateClaimStatus } from './persistent-volume-claim';
import { pod } from './pod';
import type { KindRules } from './rules';
import { service } from './service';

/** The rules of the built-in kinds by `Kind` (core) or `Kind.group`. */
export const BUILT_IN: ReadonlyMap<string, KindRules> = new Map<string, KindRules>([
  ['Pod', pod],
  ['Service', service],
  ['ReplicationController', replicationController],
  ['ConfigMap', configMap],
  ['Secret', secret],
  ['Namespace', namespace],
  ['Node', node],
  ['ServiceAccount', serviceAccount],
  ['PersistentVolumeClaim', { create: createClaim, update: updateClaim, updateStatus: updateClaimStatus }],
  ['ReplicaSet.apps', replicaSet],
  ['Deployment.apps', deployment],
  ['DaemonSet.apps', daemonSet],
  ['StatefulSet.apps', statefulSet],
  ['ControllerRevision.apps', controllerRevision],
]);
