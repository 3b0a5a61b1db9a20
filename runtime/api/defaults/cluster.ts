import type {
  APIService,
  AuthenticationV1TokenRequest,
  CSIDriver,
  ClusterRoleBinding,
  CustomResourceDefinition,
  FlowSchema,
  IngressClass,
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  NetworkPolicy,
  PriorityClass,
  PriorityLevelConfiguration,
  RoleBinding,
  RuleWithOperations,
  StorageClass,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../generated/types';
import { ensure, fill, fillEmpty } from './fill';

const rbacGroup = 'rbac.authorization.k8s.io';

export function defaultRoleBinding(binding: RoleBinding | ClusterRoleBinding): void {
  if (binding.roleRef) fillEmpty(binding.roleRef, 'apiGroup', rbacGroup);
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') fillEmpty(subject, 'apiGroup', rbacGroup);
  }
}

export function defaultNetworkPolicy({ spec }: NetworkPolicy): void {
  if (!spec) return;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) fill(port, 'protocol', 'TCP');
  }
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
}

export function defaultIngressClass({ spec }: IngressClass): void {
  if (spec?.parameters) fill(spec.parameters, 'scope', 'Cluster');
}

export function defaultStorageClass(storageClass: StorageClass): void {
  fill(storageClass, 'reclaimPolicy', 'Delete');
  fill(storageClass, 'volumeBindingMode', 'Immediate');
}

export function defaultCSIDriver({ spec }: CSIDriver): void {
  if (!spec) return;
  fill(spec, 'attachRequired', true);
  fill(spec, 'podInfoOnMount', false);
  fill(spec, 'storageCapacity', false);
  fill(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
  fill(spec, 'requiresRepublish', false);
  fill(spec, 'seLinuxMount', false);
}

export function defaultPriorityClass(priorityClass: PriorityClass): void {
  fill(priorityClass, 'preemptionPolicy', 'PreemptLowerPriority');
}

export function defaultTokenRequest(request: AuthenticationV1TokenRequest): void {
  if (request.spec) fill(request.spec, 'expirationSeconds', 3600);
}

function defaultScope(rules: RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) fill(rule, 'scope', '*');
}

function defaultWebhook(webhook: ValidatingWebhook): void {
  fill(webhook, 'failurePolicy', 'Fail');
  fill(webhook, 'matchPolicy', 'Equivalent');
  fill(webhook, 'namespaceSelector', {});
  fill(webhook, 'objectSelector', {});
  fill(webhook, 'timeoutSeconds', 10);
  if (webhook.clientConfig?.service) fill(webhook.clientConfig.service, 'port', 443);
  defaultScope(webhook.rules);
}

export function defaultValidatingWebhooks({ webhooks }: ValidatingWebhookConfiguration): void {
  webhooks?.forEach(defaultWebhook);
}

export function defaultMutatingWebhooks({ webhooks }: MutatingWebhookConfiguration): void {
  for (const webhook of webhooks ?? []) {
    defaultWebhook(webhook);
    fill(webhook, 'reinvocationPolicy', 'Never');
  }
}

function defaultMatchResources(match: MatchResources): void {
  fill(match, 'matchPolicy', 'Equivalent');
  fill(match, 'namespaceSelector', {});
  fill(match, 'objectSelector', {});
  defaultScope(match.resourceRules);
  defaultScope(match.excludeResourceRules);
}

export function defaultAdmissionPolicy({ spec }: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): void {
  if (!spec) return;
  fill(spec, 'failurePolicy', 'Fail');
  if (spec.matchConstraints) defaultMatchResources(spec.matchConstraints);
}

export function defaultPolicyBinding({
  spec,
}: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding): void {
  if (spec?.matchResources) defaultMatchResources(spec.matchResources);
}

export function defaultCustomResourceDefinition({ spec }: CustomResourceDefinition): void {
  if (!spec) return;
  if (spec.names) {
    fillEmpty(spec.names, 'singular', (spec.names.kind ?? '').toLowerCase());
    if (spec.names.kind) fillEmpty(spec.names, 'listKind', `${spec.names.kind}List`);
  }
  const conversion = ensure(spec, 'conversion', () => ({ strategy: 'None' }));
  const service = conversion.webhook?.clientConfig?.service;
  if (service) fill(service, 'port', 443);
}

export function defaultAPIService({ spec }: APIService): void {
  if (spec?.service) fill(spec.service, 'port', 443);
}

export function defaultFlowSchema({ spec }: FlowSchema): void {
  if (spec) fillEmpty(spec, 'matchingPrecedence', 1000);
}

export function defaultPriorityLevel({ spec }: PriorityLevelConfiguration): void {
  if (spec?.exempt) {
    fill(spec.exempt, 'nominalConcurrencyShares', 0);
    fill(spec.exempt, 'lendablePercent', 0);
  }
  if (!spec?.limited) return;
  fill(spec.limited, 'nominalConcurrencyShares', 30);
  fill(spec.limited, 'lendablePercent', 0);
  const queuing = spec.limited.limitResponse?.queuing;
  if (!queuing) return;
  fillEmpty(queuing, 'queues', 64);
  fillEmpty(queuing, 'handSize', 8);
  fillEmpty(queuing, 'queueLengthLimit', 50);
}
