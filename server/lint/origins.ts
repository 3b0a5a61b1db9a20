/** The command-line linters whose checks were gathered. */
export const tools = ['kube-linter', 'kube-score', 'polaris'] as const;
export type Tool = (typeof tools)[number];

/** A check of another tool: which rules do the same, or what does it instead. */
export interface Origin {
  readonly tool: Tool;
  readonly check: string;
  readonly byDefault: boolean;
  readonly rules?: readonly string[];
  /** Who finds it, where no rule has to; or why nobody does. */
  readonly instead?: string;
  /** Codes of findings that are no rules'. */
  readonly codes?: readonly string[];
}

type Entry = readonly string[] | { readonly instead: string; readonly codes?: readonly string[] };

const api = (what: string): Entry => ({ instead: `The API server: ${what}` });
const references = (code: string, what: string): Entry => ({ instead: `References: ${what}`, codes: [code] });
const leftOut = (why: string): Entry => ({ instead: `Left out: ${why}` });

/** Checks that a tool runs by itself, and those that have to be asked for. */
const checks: Record<Tool, { on: Record<string, Entry>; off: Record<string, Entry> }> = {
  'kube-linter': {
    on: {
      'dangling-service': references('selector-matches-nothing', 'a selector that matches no pods.'),
      'deprecated-service-account-field': ['service-account-field-deprecated'],
      'docker-sock': ['runtime-socket-mounted'],
      'drop-net-raw-capability': ['capabilities-kept'],
      'duplicate-env-var': api('it warns of a variable that hides another.'),
      'env-var-secret': ['secret-in-environment'],
      'host-ipc': ['host-ipc'],
      'host-network': ['host-network'],
      'host-pid': ['host-pid'],
      'invalid-target-ports': api('it refuses a port name that is none.'),
      'job-ttl-seconds-after-finished': ['job-ttl'],
      'latest-tag': ['image-tag-moving', 'image-registry-unlisted'],
      'liveness-port': references('missing-port', 'a probe at a port that the container has not.'),
      'mismatching-selector': api('it refuses a selector that does not match the template.'),
      'no-anti-affinity': ['pod-anti-affinity-missing'],
      'no-extensions-v1beta': api('versions that are gone are unknown, with the one to use.'),
      'no-read-only-root-fs': ['root-filesystem-writable'],
      'non-existent-service-account': references('missing-object', 'a ServiceAccount that is not there.'),
      'pdb-max-unavailable': ['disruption-budget-blocks'],
      'pdb-min-available': ['disruption-budget-too-high', 'disruption-budget-blocks'],
      'pdb-unhealthy-pod-eviction-policy': ['disruption-budget-keeps-broken-pods'],
      'privilege-escalation-container': ['privilege-escalation-allowed'],
      'privileged-container': ['privileged-container'],
      'readiness-port': references('missing-port', 'a probe at a port that the container has not.'),
      'run-as-non-root': ['root-user-allowed'],
      'sensitive-host-mounts': ['host-path-sensitive'],
      'ssh-port': ['ssh-port-exposed'],
      'startup-port': references('missing-port', 'a probe at a port that the container has not.'),
      'unsafe-sysctls': ['sysctl-unsafe'],
      'unset-cpu-requirements': ['cpu-request-missing', 'cpu-limit-missing'],
      'unset-memory-requirements': ['memory-request-missing', 'memory-limit-missing'],
    },
    off: {
      'access-to-create-pods': ['rbac-pod-creation'],
      'access-to-secrets': ['rbac-secrets'],
      'aggregate-to-admin-escalation': ['rbac-aggregation-escalates'],
      'approve-signers-without-resource-names': ['rbac-signer-approval'],
      'automount-service-account-token': ['service-account-token-mounted'],
      'bind-verb-in-role': ['rbac-escalation'],
      'cluster-admin-role-binding': ['rbac-cluster-admin-binding'],
      'cluster-wide-secrets-access': ['rbac-secrets'],
      'configmap-with-credentials': ['secret-in-config-map'],
      'container-runtime-sock': ['runtime-socket-mounted'],
      'dangling-horizontalpodautoscaler': references('missing-object', 'a scale target that is not there.'),
      'dangling-ingress': references('missing-object', 'a Service that is not there.'),
      'dangling-networkpolicy': references('selector-matches-nothing', 'a selector that matches no pods.'),
      'dangling-networkpolicypeer-podselector': references(
        'selector-matches-nothing',
        'a selector that matches no pods.',
      ),
      'dangling-servicemonitor': references(
        'selector-matches-nothing',
        'a selector that matches no Services, by setting.',
      ),
      'default-service-account': ['service-account-default'],
      'deletecollection-verb-in-role': ['rbac-delete-collection'],
      'dnsconfig-options': ['dns-option-missing'],
      'env-value-from': references('missing-key', 'a key that a ConfigMap or Secret has not.'),
      'escalate-verb-in-role': ['rbac-escalation'],
      'exposed-services': ['service-exposed'],
      'externalname-service-redirect': ['service-external-name'],
      'hpa-minimum-three-replicas': ['hpa-min-replicas-too-few'],
      'hpa-maximum-replicas': ['hpa-max-replicas-too-many'],
      'image-not-pinned-by-digest': ['image-not-pinned'],
      'image-sha': ['image-not-pinned'],
      'impersonate-without-resource-names': ['rbac-escalation'],
      'init-container-security-gap': ['root-user-allowed'],
      'insecure-route-termination': leftOut('Routes are of OpenShift.'),
      'kube-chainsaw-rbac': leftOut('it calls another program; the rules of access find what one object shows.'),
      'minimum-three-replicas': ['replicas-too-few'],
      'no-liveness-probe': ['liveness-probe-missing'],
      'no-node-affinity': ['node-affinity-missing'],
      'no-readiness-probe': ['readiness-probe-missing'],
      'no-rolling-update-strategy': ['rolling-update-missing'],
      'no-startup-probe': ['startup-probe-missing'],
      'non-isolated-pod': ['network-policy-missing'],
      'priority-class-name': ['priority-class-missing'],
      'privileged-ports': ['port-privileged'],
      'projected-token-long-expiration': ['service-account-token-long'],
      'read-secret-from-env-var': ['secret-from-environment'],
      'required-annotation-email': ['annotation-missing'],
      'required-label-owner': ['label-missing'],
      'restart-policy': ['restart-policy-never'],
      'scc-deny-privileged-container': leftOut('SecurityContextConstraints are of OpenShift.'),
      'schema-validation': api('all of its validation.'),
      'sorted-keys': leftOut('the order of keys is a matter of formatting.'),
      'stackrox-securedcluster-deprecated-fields': leftOut('it is about one product.'),
      'unsafe-proc-mount': ['proc-mount-unmasked'],
      'unset-ephemeral-storage-requirements': ['ephemeral-storage-request-missing', 'ephemeral-storage-limit-missing'],
      'use-namespace': ['namespace-default'],
      'webhook-failure-policy-ignore': ['webhook-fails-open'],
      'wildcard-in-rules': ['rbac-wildcard'],
      'wildcard-resource-verb-combo': ['rbac-wildcard'],
      'writable-host-mount': ['host-path-writable'],
    },
  },
  'kube-score': {
    on: {
      'ingress-targets-service': references('missing-object', 'a Service that is not there.'),
      'cronjob-has-deadline': ['cron-job-deadline-missing'],
      'cronjob-restartpolicy': api('it refuses any but OnFailure and Never.'),
      'container-resources': [
        'cpu-request-missing',
        'cpu-limit-missing',
        'memory-request-missing',
        'memory-limit-missing',
      ],
      'container-image-tag': ['image-tag-moving'],
      'container-image-pull-policy': ['image-pull-policy-not-always'],
      'container-ephemeral-storage-request-and-limit': [
        'ephemeral-storage-request-missing',
        'ephemeral-storage-limit-missing',
      ],
      'statefulset-has-poddisruptionbudget': ['disruption-budget-missing'],
      'deployment-has-poddisruptionbudget': ['disruption-budget-missing'],
      'poddisruptionbudget-has-policy': ['disruption-budget-empty'],
      'pod-networkpolicy': ['network-policy-missing'],
      'networkpolicy-targets-pod': references('selector-matches-nothing', 'a selector that matches no pods.'),
      'pod-probes': ['readiness-probe-missing', 'liveness-probe-missing'],
      'pod-probes-identical': ['probes-identical'],
      'pod-topology-spread-constraints': ['topology-spread-missing'],
      'container-security-context-user-group-id': ['user-id-low'],
      'container-security-context-privileged': ['privileged-container'],
      'container-security-context-readonlyrootfilesystem': ['root-filesystem-writable'],
      'service-targets-pod': references('selector-matches-nothing', 'a selector that matches no pods.'),
      'service-type': ['service-exposed'],
      'stable-version': api('versions that are deprecated or gone, with the one to use.'),
      'deployment-has-host-podantiaffinity': ['pod-anti-affinity-missing'],
      'statefulset-has-host-podantiaffinity': ['pod-anti-affinity-missing'],
      'deployment-targeted-by-hpa-does-not-have-replicas-configured': references(
        'replicas-and-autoscaler',
        'replicas that an autoscaler sets too.',
      ),
      'statefulset-has-servicename': references('not-headless', 'a headless Service that is not there.'),
      'deployment-pod-selector-labels-match-template-metadata-labels': api(
        'it refuses a selector that does not match the template.',
      ),
      'statefulset-pod-selector-labels-match-template-metadata-labels': api(
        'it refuses a selector that does not match the template.',
      ),
      'label-values': api('it refuses values that are no label values.'),
      'horizontalpodautoscaler-has-target': references('missing-object', 'a scale target that is not there.'),
      'horizontalpodautoscaler-replicas': ['hpa-min-replicas-too-few'],
      'deployment-strategy': ['rolling-update-missing'],
      'deployment-replicas': ['replicas-too-few'],
    },
    off: {
      'container-resource-requests-equal-limits': ['cpu-request-below-limit', 'memory-request-below-limit'],
      'container-cpu-requests-equal-limits': ['cpu-request-below-limit'],
      'container-memory-requests-equal-limits': ['memory-request-below-limit'],
      'container-ephemeral-storage-request-equals-limit': ['ephemeral-storage-request-below-limit'],
      'container-ports-check': api('it refuses ports and port names that are none.'),
      'container-seccomp-profile': ['seccomp-profile-missing'],
      'environment-variable-key-duplication': api('it warns of a variable that hides another.'),
    },
  },
  polaris: {
    on: {
      automountServiceAccountToken: ['service-account-token-mounted'],
      clusterrolePodExecAttach: ['rbac-pod-exec'],
      clusterrolebindingClusterAdmin: ['rbac-cluster-admin-binding'],
      clusterrolebindingPodExecAttach: ['rbac-pod-exec-binding'],
      cpuLimitsMissing: ['cpu-limit-missing'],
      cpuRequestsMissing: ['cpu-request-missing'],
      dangerousCapabilities: ['capability-dangerous'],
      deploymentMissingReplicas: ['replicas-too-few'],
      hostIPCSet: ['host-ipc'],
      hostNetworkSet: ['host-network'],
      hostPIDSet: ['host-pid'],
      hostPathSet: ['host-path-volume'],
      hostPortSet: ['host-port'],
      hostProcess: ['host-process'],
      hpaMaxAvailability: ['hpa-range-empty'],
      hpaMinAvailability: ['hpa-min-replicas-too-few'],
      insecureCapabilities: ['capabilities-kept'],
      linuxHardening: ['hardening-missing'],
      livenessProbeMissing: ['liveness-probe-missing'],
      memoryLimitsMissing: ['memory-limit-missing'],
      memoryRequestsMissing: ['memory-request-missing'],
      metadataAndInstanceMismatched: ['instance-label-different'],
      missingNetworkPolicy: ['network-policy-missing'],
      missingPodDisruptionBudget: ['disruption-budget-missing'],
      notReadOnlyRootFilesystem: ['root-filesystem-writable'],
      pdbDisruptionsIsZero: ['disruption-budget-blocks'],
      pdbMinAvailableGreaterThanOrEqualToHPAMinReplicas: ['disruption-budget-too-high'],
      priorityClassNotSet: ['priority-class-missing'],
      privilegeEscalationAllowed: ['privilege-escalation-allowed'],
      procMount: ['proc-mount-unmasked'],
      pullPolicyNotAlways: ['image-pull-policy-not-always'],
      readinessProbeMissing: ['readiness-probe-missing'],
      rolePodExecAttach: ['rbac-pod-exec'],
      rolebindingClusterAdminClusterRole: ['rbac-cluster-admin-binding'],
      rolebindingClusterAdminRole: ['rbac-cluster-admin-binding'],
      rolebindingClusterRolePodExecAttach: ['rbac-pod-exec-binding'],
      rolebindingRolePodExecAttach: ['rbac-pod-exec-binding'],
      runAsPrivileged: ['privileged-container'],
      runAsRootAllowed: ['root-user-allowed'],
      sensitiveConfigmapContent: ['secret-in-config-map', 'private-key-exposed'],
      sensitiveContainerEnvVar: ['secret-in-environment', 'private-key-in-environment'],
      tagNotSpecified: ['image-tag-moving'],
      tlsSettingsMissing: ['ingress-tls-missing'],
      topologySpreadConstraint: ['topology-spread-missing'],
    },
    off: {},
  },
};

function listed(tool: Tool, entries: Record<string, Entry>, byDefault: boolean): Origin[] {
  return Object.entries(entries).map(([check, entry]) =>
    'instead' in entry ? { tool, check, byDefault, ...entry } : { tool, check, byDefault, rules: entry },
  );
}

export const origins: readonly Origin[] = tools.flatMap((tool) => [
  ...listed(tool, checks[tool].on, true),
  ...listed(tool, checks[tool].off, false),
]);

/** Codes of what a check of a tool finds here. */
export function codesOfCheck(tool: Tool, check: string): readonly string[] {
  const origin = origins.find((candidate) => candidate.tool === tool && candidate.check === check);
  return origin?.rules ?? origin?.codes ?? [];
}
