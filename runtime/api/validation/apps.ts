import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type {
  ControllerRevision, DaemonSet, DaemonSetUpdateStrategy, Deployment, DeploymentSpec, DeploymentStrategy, ReplicaSet,
  ReplicationController, RollingUpdateDeployment, StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy,
} from '../kinds';
import { selectorFromMap } from '../labels';
import type { Findings } from './common';
import {
  immutable, intOrPercentNumber, labels, labelSelector, nonNegative, optionalOneOf, semanticallyEqual, sorted, SPEC,
} from './common';
import { annotations } from './meta';
import { podAnnotations } from './pod-annotations';
import { templateWarnings } from './pod-warnings';
import type { KindRules } from './rules';
import {
  alwaysRunning, collisionCount, intOrPercent, notMoreThanHundredPercent, runningTemplate, SELECTOR_MISMATCH,
  selectorMatchesTemplate,
  selectorOf, statusCounts, workloadSelector,
} from './workloads';

const SELECTOR = SPEC.child('selector');
const TEMPLATE = SPEC.child('template');

const OVER_REPLICAS = 'cannot be greater than status.replicas';

function createController(controller: ReplicationController): Findings {
  const out: Findings = [];
  const { minReadySeconds, selector, replicas, template } = controller.spec ?? {};
  nonNegative(out, SPEC.child('minReadySeconds'), minReadySeconds);
  if (!Object.keys(selector ?? {}).length) out.push(finding.required(SELECTOR));
  nonNegative(out, SPEC.child('replicas'), replicas);
  if (!template) {
    out.push(finding.required(TEMPLATE));
    return out;
  }
  selectorMatchesTemplate(out, TEMPLATE, selectorFromMap(selector), template);
  runningTemplate(out, TEMPLATE, template, 'ReplicationController');
  return out;
}

const REPLICA_COUNTS =
  ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const;

function replicaStatus(object: ReplicationController | ReplicaSet): Findings {
  const out: Findings = [];
  statusCounts(out, object.status, REPLICA_COUNTS, [
    ['fullyLabeledReplicas', 'replicas', OVER_REPLICAS],
    ['readyReplicas', 'replicas', OVER_REPLICAS],
    ['availableReplicas', 'replicas', OVER_REPLICAS],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
  ]);
  return out;
}

export const replicationController: KindRules<ReplicationController> = {
  create: createController,
  updateStatus: replicaStatus,
  warnings: ({ spec }) => templateWarnings(spec?.template),
};

function createReplicaSet({ spec }: ReplicaSet): Findings {
  const out: Findings = [];
  nonNegative(out, SPEC.child('replicas'), spec?.replicas);
  nonNegative(out, SPEC.child('minReadySeconds'), spec?.minReadySeconds);
  workloadSelector(out, SELECTOR, spec?.selector, 'empty selector is invalid for deployment');
  const selector = selectorOf(spec?.selector);
  if (!selector) out.push(finding.invalid(SELECTOR, spec?.selector, 'invalid label selector'));
  else {
    const template = spec?.template ?? {};
    selectorMatchesTemplate(out, TEMPLATE, selector, template);
    runningTemplate(out, TEMPLATE, template, 'ReplicaSet');
  }
  return out;
}

export const replicaSet: KindRules<ReplicaSet> = {
  create: createReplicaSet,
  update(object, old) {
    const out = createReplicaSet(object);
    immutable(out, SELECTOR, object.spec?.selector, old.spec?.selector);
    return out;
  },
  updateStatus: replicaStatus,
  warnings: ({ spec }) => templateWarnings(spec?.template),
};

/** A strategy as Go's internal type prints. */
const printed =
  (type: string | undefined, rollingUpdate: unknown) => ({ Type: type ?? '', RollingUpdate: rollingUpdate ?? null });

function rollingDeployment(out: Findings, path: Path, { maxUnavailable, maxSurge }: RollingUpdateDeployment): void {
  const [unavailable, surge] = [path.child('maxUnavailable'), path.child('maxSurge')];
  intOrPercent(out, unavailable, maxUnavailable);
  intOrPercent(out, surge, maxSurge);
  if (intOrPercentNumber(maxUnavailable) === 0 && intOrPercentNumber(maxSurge) === 0) {
    out.push(finding.invalid(unavailable, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0'));
  }
  notMoreThanHundredPercent(out, unavailable, maxUnavailable);
}

function deploymentStrategy(out: Findings, path: Path, { type, rollingUpdate }: DeploymentStrategy): void {
  if (type === 'Recreate') {
    if (!rollingUpdate) return;
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    out.push(finding.forbidden(path.child('rollingUpdate'), detail));
  } else if (type === 'RollingUpdate') {
    if (!rollingUpdate)
      out.push(finding.required(path.child('rollingUpdate'), 'this should be defaulted and never be nil'));
    else rollingDeployment(out, path.child('rollingUpdate'), rollingUpdate);
  } else out.push(finding.notSupportedOf(path, printed(type, rollingUpdate), ['Recreate', 'RollingUpdate']));
}

function progressDeadline(
  out: Findings,
  { progressDeadlineSeconds: deadline, minReadySeconds = 0 }: DeploymentSpec,
): void {
  if (deadline === undefined) return;
  const at = SPEC.child('progressDeadlineSeconds');
  nonNegative(out, at, deadline);
  if (deadline <= minReadySeconds) out.push(finding.invalid(at, deadline, 'must be greater than minReadySeconds'));
}

function createDeployment({ spec }: Deployment): Findings {
  const out: Findings = [];
  nonNegative(out, SPEC.child('replicas'), spec?.replicas);
  workloadSelector(out, SELECTOR, spec?.selector, 'empty selector is invalid for deployment');
  const selector = selectorOf(spec?.selector);
  const template = spec?.template ?? {};
  if (!selector) out.push(finding.invalid(SELECTOR, spec?.selector, 'invalid label selector'));
  else {
    selectorMatchesTemplate(out, TEMPLATE, selector, template);
    runningTemplate(out, TEMPLATE, template, 'ReplicaSet');
  }
  deploymentStrategy(out, SPEC.child('strategy'), spec?.strategy ?? {});
  nonNegative(out, SPEC.child('minReadySeconds'), spec?.minReadySeconds);
  nonNegative(out, SPEC.child('revisionHistoryLimit'), spec?.revisionHistoryLimit);
  if (spec) progressDeadline(out, spec);
  return out;
}

const DEPLOYMENT_COUNTS = [
  'observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas',
] as const;

export const deployment: KindRules<Deployment> = {
  create: createDeployment,
  update(object, old) {
    const out = createDeployment(object);
    immutable(out, SELECTOR, object.spec?.selector, old.spec?.selector);
    return out;
  },
  updateStatus(object, old) {
    const out: Findings = [];
    statusCounts(out, object.status, DEPLOYMENT_COUNTS, [
      ['updatedReplicas', 'replicas', OVER_REPLICAS],
      ['readyReplicas', 'replicas', OVER_REPLICAS],
      ['availableReplicas', 'replicas', OVER_REPLICAS],
      ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
    ]);
    collisionCount(out, object.status?.collisionCount, old.status?.collisionCount);
    return out;
  },
  warnings: ({ spec }) => templateWarnings(spec?.template),
};

function daemonSetStrategy(out: Findings, path: Path, { type, rollingUpdate }: DaemonSetUpdateStrategy): void {
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    out.push(finding.notSupportedOf(path, printed(type, rollingUpdate), ['RollingUpdate', 'OnDelete']));
    return;
  }
  const at = path.child('rollingUpdate');
  if (!rollingUpdate) {
    out.push(finding.required(at));
    return;
  }
  const { maxUnavailable, maxSurge } = rollingUpdate;
  intOrPercent(out, at.child('maxUnavailable'), maxUnavailable);
  intOrPercent(out, at.child('maxSurge'), maxSurge);
  const [unavailable, surge] = [intOrPercentNumber(maxUnavailable), intOrPercentNumber(maxSurge)];
  notMoreThanHundredPercent(out, at.child('maxUnavailable'), maxUnavailable);
  notMoreThanHundredPercent(out, at.child('maxSurge'), maxSurge);
  if (unavailable !== 0 && surge !== 0) {
    out.push(finding.invalid(at.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'));
  } else if (unavailable === 0 && surge === 0)
    out.push(finding.required(at.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0'));
}

function createDaemonSet({ spec }: DaemonSet): Findings {
  const out: Findings = [];
  const template = spec?.template ?? {};
  const selector = selectorOf(spec?.selector);
  labelSelector(out, SELECTOR, spec?.selector);
  if (selector && !selector.matches(template.metadata?.labels)) {
    out.push(finding.invalid(
      TEMPLATE.child('metadata', 'labels'),
      sorted(template.metadata?.labels) ?? null,
      SELECTOR_MISMATCH,
    ));
  }
  if (selector?.empty) out.push(finding.invalid(SELECTOR, {}, 'empty selector is invalid for daemonset'));
  runningTemplate(out, TEMPLATE, template, 'DaemonSet');
  nonNegative(out, SPEC.child('minReadySeconds'), spec?.minReadySeconds);
  daemonSetStrategy(out, SPEC.child('updateStrategy'), spec?.updateStrategy ?? {});
  nonNegative(out, SPEC.child('revisionHistoryLimit'), spec?.revisionHistoryLimit);
  return out;
}

const DAEMON_COUNTS = [
  'currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration',
  'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable',
] as const;

export const daemonSet: KindRules<DaemonSet> = {
  create: createDaemonSet,
  update(object, old) {
    const out = createDaemonSet(object);
    immutable(out, SELECTOR, object.spec?.selector, old.spec?.selector);
    return out;
  },
  updateStatus(object, old) {
    const out: Findings = [];
    statusCounts(out, object.status, DAEMON_COUNTS);
    collisionCount(out, object.status?.collisionCount, old.status?.collisionCount);
    return out;
  },
  warnings: ({ spec }) => templateWarnings(spec?.template),
};

function statefulSetStrategy(out: Findings, path: Path, { type, rollingUpdate }: StatefulSetUpdateStrategy): void {
  const at = path.child('rollingUpdate');
  if (!type) out.push(finding.required(path));
  else if (type === 'OnDelete') {
    if (rollingUpdate) out.push(finding.invalid(at, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (type === 'RollingUpdate') {
    if (!rollingUpdate) return;
    nonNegative(out, at.child('partition'), rollingUpdate.partition);
    if (rollingUpdate.maxUnavailable === undefined) return;
    const unavailable = at.child('maxUnavailable');
    intOrPercent(out, unavailable, rollingUpdate.maxUnavailable);
    if (intOrPercentNumber(rollingUpdate.maxUnavailable) === 0) {
      out.push(finding.invalid(unavailable, rollingUpdate.maxUnavailable, 'cannot be 0'));
    }
    notMoreThanHundredPercent(out, unavailable, rollingUpdate.maxUnavailable);
  } else out.push(finding.invalid(path, { type }, "must be 'RollingUpdate' or 'OnDelete'"));
}

function statefulSetSelector(out: Findings, spec: StatefulSetSpec): void {
  workloadSelector(out, SELECTOR, spec.selector, 'empty selector is invalid for statefulset');
  const selector = selectorOf(spec.selector);
  if (!selector) {
    out.push(finding.invalid(SELECTOR, spec.selector, ''));
    return;
  }
  const template = spec.template ?? {};
  selectorMatchesTemplate(out, TEMPLATE, selector, template);
  // The template's volumes come partly from the claim templates, so upstream checks its metadata alone.
  const meta = template.metadata ?? {};
  labels(out, TEMPLATE.child('labels'), meta.labels);
  annotations(out, TEMPLATE.child('annotations'), meta.annotations);
  podAnnotations(out, TEMPLATE.child('annotations'), meta.annotations, template.spec ?? { containers: [] });
}

const POD_MANAGEMENT = ['OrderedReady', 'Parallel'];

function createStatefulSet({ spec }: StatefulSet): Findings {
  const out: Findings = [];
  if (!spec) return [finding.required(SELECTOR)];
  const management = SPEC.child('podManagementPolicy');
  if (!spec.podManagementPolicy) out.push(finding.required(management));
  else if (!POD_MANAGEMENT.includes(spec.podManagementPolicy)) {
    out.push(finding.invalid(management, spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  }
  statefulSetStrategy(out, SPEC.child('updateStrategy'), spec.updateStrategy ?? {});
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    if (!retention) continue;
    optionalOneOf(
      out,
      SPEC.child('persistentVolumeClaimRetentionPolicy', field),
      retention[field] ?? '',
      ['Retain', 'Delete'],
    );
  }
  nonNegative(out, SPEC.child('replicas'), spec.replicas);
  nonNegative(out, SPEC.child('minReadySeconds'), spec.minReadySeconds);
  nonNegative(out, SPEC.child('ordinals.start'), spec.ordinals?.start);
  statefulSetSelector(out, spec);
  alwaysRunning(out, TEMPLATE, spec.template ?? {}, 'StatefulSet');
  nonNegative(out, SPEC.child('revisionHistoryLimit'), spec.revisionHistoryLimit);
  return out;
}

const STATEFUL_MUTABLE = [
  'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

function updateStatefulSet(object: StatefulSet, old: StatefulSet): Findings {
  const out = createStatefulSet(object);
  const fixed: Record<string, unknown> = { ...object.spec };
  for (const field of STATEFUL_MUTABLE) fixed[field] = old.spec?.[field];
  if (!semanticallyEqual(fixed, old.spec)) {
    const names = STATEFUL_MUTABLE.map((field) => `'${field}'`);
    const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
    out.push(finding.forbidden(SPEC, `updates to statefulset spec for fields other than ${list} are forbidden`));
  }
  return out;
}

const STATEFUL_COUNTS = [
  'replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration',
  'collisionCount',
] as const;

export const statefulSet: KindRules<StatefulSet> = {
  create: createStatefulSet,
  update: updateStatefulSet,
  updateStatus(object, old) {
    const out: Findings = [];
    statusCounts(out, object.status, STATEFUL_COUNTS, [
      ['readyReplicas', 'replicas', OVER_REPLICAS],
      ['currentReplicas', 'replicas', OVER_REPLICAS],
      ['updatedReplicas', 'replicas', OVER_REPLICAS],
      ['availableReplicas', 'replicas', OVER_REPLICAS],
      ['availableReplicas', 'readyReplicas', 'cannot be greater than status.readyReplicas'],
    ]);
    collisionCount(out, object.status?.collisionCount, old.status?.collisionCount);
    return out;
  },
  warnings: ({ spec }) => templateWarnings(spec?.template),
};

export const controllerRevision: KindRules<ControllerRevision> = {
  create({ data, revision }) {
    const out: Findings = [];
    if (data === undefined || data === null) out.push(finding.required(FieldPath.of('data'), 'data is mandatory'));
    nonNegative(out, FieldPath.of('revision'), revision);
    return out;
  },
  update(object, old) {
    const out = this.create?.(object) ?? [];
    immutable(out, FieldPath.of('data'), object.data, old.data);
    return out;
  },
};

