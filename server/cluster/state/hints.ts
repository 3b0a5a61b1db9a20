import { liveObject, type LiveSource } from '../live-source';
import { kindKey, type WrittenObject } from '../written-object';
import type { HintInput, LiveHint } from './hint';
import * as others from './others';
import * as services from './services';
import * as workloads from './workloads';

type Hinter = (input: HintInput) => LiveHint[];

const hinters: Readonly<Record<string, Hinter>> = {
  Pod: workloads.podHints,
  ReplicationController: workloads.replicatedHints,
  Service: services.serviceHints,
  Node: others.nodeHints,
  Namespace: others.namespaceHints,
  PersistentVolumeClaim: others.claimHints,
  PersistentVolume: others.volumeHints,
  ResourceQuota: others.quotaHints,
  'apps/Deployment': workloads.replicatedHints,
  'apps/ReplicaSet': workloads.replicatedHints,
  'apps/StatefulSet': workloads.replicatedHints,
  'apps/DaemonSet': workloads.daemonSetHints,
  'batch/Job': workloads.jobHints,
  'batch/CronJob': others.cronJobHints,
  'autoscaling/HorizontalPodAutoscaler': others.autoscalerHints,
  'networking.k8s.io/Ingress': services.ingressHints,
  'networking.k8s.io/NetworkPolicy': services.policyHints,
  'policy/PodDisruptionBudget': services.disruptionBudgetHints,
};

/** What the cluster makes of an object, in a few words behind its fields; nothing of one that it doesn't have. */
export function liveHints(object: WrittenObject, source: LiveSource): LiveHint[] {
  const live = liveObject(object, source);
  if (!live) return [];
  const key = kindKey(object);
  const hinter = (Object.hasOwn(hinters, key) && hinters[key]) || others.conditionHints;
  return hinter({ object, live, source }).filter(({ text }) => text !== '');
}
