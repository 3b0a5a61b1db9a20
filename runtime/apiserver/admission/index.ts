import type { Transport } from '../../client/transport';
import type { Clock } from '../../clock';
import type { AdmissionPlugin, ApiLister, Authorizer } from '../request';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
} from './certificates';
import { defaultIngressClass } from './default-ingress-class';
import { defaultTolerationSeconds } from './default-toleration-seconds';
import { limitRanger } from './limit-ranger';
import { namespaceLifecycle } from './namespace-lifecycle';
import { nodeRestriction } from './node-restriction';
import { podSecurity } from './pod-security';
import { podTopologyLabels } from './pod-topology-labels';
import { priority } from './priority';
import { resourceQuota } from './resource-quota';
import { runtimeClass } from './runtime-class';
import { serviceAccount } from './service-account';
import { defaultStorageClass, persistentVolumeClaimResize, storageObjectInUseProtection } from './storage';
import { validatingAdmissionPolicy } from './policy/validating-admission-policy';
import { taintNodesByCondition } from './taint-nodes-by-condition';
import { WebhookClient } from './webhook/call';
import type { Dial } from './webhook/call';
import { mutatingWebhooks, validatingWebhooks } from './webhook/webhooks';

export interface AdmissionOptions {
  readonly lister: ApiLister;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Asked who may approve and sign certificates. Without it, whoever may write the objects may. */
  readonly authorizer?: Authorizer;
  /** Reaches the endpoints of webhooks that are Services; without it, connections go to the Services' addresses. */
  readonly dial?: Dial;
  /** How long pods stay on a node that is not ready or unreachable; 300 unless told. */
  readonly defaultTolerationSeconds?: number;
}

/** The plugins that kube-apiserver has on by default, and NodeRestriction, in upstream's order. */
export function createAdmission({ lister, clock, authorizer, ...options }: AdmissionOptions): AdmissionPlugin[] {
  const webhooks = { lister, authorizer, client: new WebhookClient(lister, options.dial) };
  return [
    namespaceLifecycle(lister),
    limitRanger(lister),
    serviceAccount(lister, clock),
    nodeRestriction(lister),
    taintNodesByCondition,
    podSecurity(lister),
    priority(lister),
    defaultTolerationSeconds(options.defaultTolerationSeconds),
    defaultStorageClass(lister),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(lister),
    runtimeClass(lister),
    ...(authorizer
      ? [certificateApproval(authorizer), certificateSigning(authorizer), clusterTrustBundleAttest(authorizer)]
      : []),
    certificateSubjectRestriction,
    defaultIngressClass(lister),
    podTopologyLabels(lister),
    mutatingWebhooks(webhooks),
    validatingAdmissionPolicy(lister, authorizer),
    validatingWebhooks(webhooks),
    resourceQuota(lister, clock),
  ];
}
