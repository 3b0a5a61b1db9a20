import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type {
  Binding, Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec, PodSchedulingGate, Toleration,
} from '../kinds';
import { rangeMessage } from '../names';
import type { Findings, StringMap } from './common';
import { MAX_INT32, METADATA, semanticallyEqual, sorted, SPEC } from './common';
import { imageWithoutPadding } from './containers';
import { objectDiff } from './diff';
import { MIRROR_POD, podAnnotations, podAnnotationUpdates, profileAnnotationsMatch } from './pod-annotations';
import { podSpec } from './pod-spec';
import { podStatusUpdate } from './pod-status';
import type { KindRules } from './rules';
import { tolerations } from './scheduling';
import { podWarnings } from './pod-warnings';

const ANNOTATIONS = METADATA.child('annotations');
const CONTAINERS = SPEC.child('containers');
const INIT_CONTAINERS = SPEC.child('initContainers');

const specOf = (pod: Pod): PodSpec => pod.spec ?? { containers: [] };

function tokensWithoutAccount(out: Findings, spec: PodSpec): void {
  if (spec.serviceAccountName) return;
  spec.volumes?.forEach(({ projected }, i) => {
    projected?.sources?.forEach((source, j) => {
      if (!source.serviceAccountToken) return;
      const at = SPEC.child('volumes').index(i).child('projected', 'sources').index(j).child('serviceAccountToken');
      out.push(finding.forbidden(at, 'must not be specified when serviceAccountName is not set'));
    });
  });
}

/** What holds of a pod at any time. */
function whole(pod: Pod): Findings {
  const out: Findings = [];
  const spec = specOf(pod);
  podAnnotations(out, ANNOTATIONS, pod.metadata.annotations, spec);
  podSpec(out, SPEC, spec, pod.metadata);
  tokensWithoutAccount(out, spec);
  (spec.containers ?? []).forEach((container, i) => imageWithoutPadding(out, CONTAINERS.index(i), container));
  spec.initContainers?.forEach((container, i) => imageWithoutPadding(out, INIT_CONTAINERS.index(i), container));
  return out;
}

function create(pod: Pod): Findings {
  const out = whole(pod);
  const spec = specOf(pod);
  if (spec.ephemeralContainers?.length) {
    out.push(finding.forbidden(SPEC.child('ephemeralContainers'), 'cannot be set on create'));
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    out.push(finding.forbidden(SPEC.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'));
  }
  profileAnnotationsMatch(out, SPEC, pod.metadata, spec);
  return out;
}

/** False if the lists can't be compared one by one. */
function containerUpdates(
  out: Findings,
  path: Path,
  now: readonly Container[] = [],
  old: readonly Container[] = [],
): boolean {
  if (now.length !== old.length) {
    out.push(finding.forbidden(path, 'pod updates may not add or remove containers'));
    return false;
  }
  now.forEach((container, i) => {
    if (!container.image) out.push(finding.required(path.index(i).child('image')));
    imageWithoutPadding(out, path.index(i), container);
  });
  return true;
}

/** False if upstream stops here. */
function deadlineUpdate(out: Findings, now: number | undefined, old: number | undefined): boolean {
  const at = SPEC.child('activeDeadlineSeconds');
  if (now === undefined) {
    if (old !== undefined) out.push(finding.invalid(at, now, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (now < 0 || now > MAX_INT32) out.push(finding.invalid(at, now, rangeMessage(0, MAX_INT32)));
  else if (old !== undefined && old < now)
    out.push(finding.invalid(at, now, 'must be less than or equal to previous value'));
  else return true;
  return false;
}

function onlyAddedTolerations(out: Findings, now: readonly Toleration[] = [], old: readonly Toleration[] = []): void {
  const path = SPEC.child('tolerations');
  const kept = old.every((before) =>
    now.some((after) => semanticallyEqual({ ...before, tolerationSeconds: after.tolerationSeconds }, after)),
  );
  if (kept) tolerations(out, path, now);
  else out.push(finding.forbidden(path, 'existing toleration can not be modified except its tolerationSeconds'));
}

function onlyDeletedGates(
  out: Findings,
  now: readonly PodSchedulingGate[] = [],
  old: readonly PodSchedulingGate[] = [],
): void {
  now.forEach(({ name }, i) => {
    if (old.some((gate) => gate.name === name)) return;
    const at = SPEC.child('schedulingGates').index(i).child('name');
    out.push(finding.forbidden(at, `only deletion is allowed, but found new scheduling gate '${name}'`));
  });
}

function nodeSelectorAdditions(out: Findings, now: StringMap = {}, old: StringMap = {}): void {
  if (Object.keys(old).every((key) => now[key] === old[key])) return;
  const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  out.push(finding.invalid(SPEC.child('nodeSelector'), sorted(now), detail));
}

function onlyAdditions(now: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const { matchExpressions = [], matchFields = [] } = old;
  const hasNew = Boolean(now.matchExpressions?.length || now.matchFields?.length);
  if (!matchExpressions.length && !matchFields.length && hasNew) return false;
  const keeps = (after: readonly unknown[] = [], before: readonly unknown[]) =>
    after.length >= before.length && semanticallyEqual(after.slice(0, before.length), before);
  return keeps(now.matchExpressions, matchExpressions) && keeps(now.matchFields, matchFields);
}

function nodeAffinityAdditions(out: Findings, now: NodeAffinity | undefined, old: NodeAffinity | undefined): void {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const before = old?.[required]?.nodeSelectorTerms ?? [];
  const after = now?.[required]?.nodeSelectorTerms ?? [];
  if (before.length === 0) return;
  const path = SPEC.child('affinity', 'nodeAffinity', required, 'nodeSelectorTerms');
  if (before.length !== after.length) {
    out.push(finding.invalid(path, after, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'));
    return;
  }
  after.forEach((term, i) => {
    if (onlyAdditions(term, before[i] ?? {})) return;
    out.push(finding.invalid(path.index(i), term, 'only additions are allowed (no mutations or deletions)'));
  });
}

/** A pod that waits behind scheduling gates may still be steered: selector and node affinity can be narrowed. */
function gatedUpdates(out: Findings, fixed: PodSpec, old: PodSpec): void {
  if (!semanticallyEqual(fixed.nodeSelector, old.nodeSelector)) {
    nodeSelectorAdditions(out, fixed.nodeSelector, old.nodeSelector);
    fixed.nodeSelector = old.nodeSelector;
  }
  const [now, before] = [fixed.affinity?.nodeAffinity, old.affinity?.nodeAffinity];
  if (semanticallyEqual(now, before)) return;
  nodeAffinityAdditions(out, now, before);
  fixed.affinity = { ...fixed.affinity, nodeAffinity: before };
}

const UPDATABLE = [
  '`spec.containers[*].image`', '`spec.initContainers[*].image`', '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

const withImages = (now: readonly Container[] | undefined, old: readonly Container[] | undefined) =>
  now?.map((container, i) => ({ ...container, image: old?.[i]?.image }));

/** The new spec with everything that may change set to what it was; what then still differs may not. */
function fixedPart(spec: PodSpec, old: PodSpec): PodSpec {
  const fixed: PodSpec = {
    ...spec,
    containers: withImages(spec.containers, old.containers) ?? [],
    initContainers: withImages(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
  };
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && fixed.terminationGracePeriodSeconds === 1) {
    fixed.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  }
  return fixed;
}

function update(pod: Pod, old: Pod): Findings {
  const out = whole(pod);
  const [spec, before] = [specOf(pod), specOf(old)];
  podAnnotationUpdates(out, ANNOTATIONS, pod.metadata.annotations, old.metadata.annotations);
  if (!containerUpdates(out, CONTAINERS, spec.containers, before.containers)) return out;
  if (!containerUpdates(out, INIT_CONTAINERS, spec.initContainers, before.initContainers)) return out;
  if (!deadlineUpdate(out, spec.activeDeadlineSeconds, before.activeDeadlineSeconds)) return out;
  onlyAddedTolerations(out, spec.tolerations, before.tolerations);
  onlyDeletedGates(out, spec.schedulingGates, before.schedulingGates);
  if (semanticallyEqual(spec, before)) return out;
  const fixed = fixedPart(spec, before);
  if (before.schedulingGates?.length) gatedUpdates(out, fixed, before);
  if (!semanticallyEqual(fixed, before)) {
    out.push(finding.forbidden(
      SPEC,
      `pod updates may not change fields other than ${UPDATABLE}\n${objectDiff(before, fixed)}`,
    ));
  }
  return out;
}

/** A change through `pods/ephemeralcontainers`: new ones may come, those that are there stay as they are. */
export function ephemeralContainersUpdate(pod: Pod, old: Pod): Findings {
  if (old.metadata.annotations?.[MIRROR_POD] !== undefined) {
    return [finding.forbidden(FieldPath.whole, 'static pods do not support ephemeral containers')];
  }
  const out = whole(pod);
  podAnnotationUpdates(out, ANNOTATIONS, pod.metadata.annotations, old.metadata.annotations);
  const path = SPEC.child('ephemeralContainers');
  for (const before of specOf(old).ephemeralContainers ?? []) {
    const after = specOf(pod).ephemeralContainers?.find(({ name }) => name === before.name);
    const name = JSON.stringify(before.name);
    if (!after) out.push(finding.forbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    else if (!semanticallyEqual(before, after)) {
      const detail = `existing ephemeral containers ${name} may not be changed\n${objectDiff(before, after)}`;
      out.push(finding.forbidden(path, detail));
    }
  }
  return out;
}

/** A change through `pods/resize`: cpu and memory of containers alone. */
export function resizeUpdate(pod: Pod, old: Pod): Findings {
  if (old.metadata.annotations?.[MIRROR_POD] !== undefined) {
    return [finding.forbidden(FieldPath.root, 'static pods cannot be resized')];
  }
  if (specOf(old).os?.name === 'windows') return [finding.forbidden(FieldPath.root, 'windows pods cannot be resized')];
  const out = whole(pod);
  const [spec, before] = [specOf(pod), specOf(old)];
  const restored = (now: readonly Container[] | undefined, then: readonly Container[] | undefined) =>
    now?.map((container, i) => ({
      ...container, resources: then?.[i]?.resources, resizePolicy: then?.[i]?.resizePolicy,
    }));
  const fixed = {
    ...spec, containers: restored(spec.containers, before.containers), initContainers: restored(spec.initContainers, before.initContainers),
  };
  const onlyComputeChanged = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].every((container) => {
    const then =
      [...before.containers, ...(before.initContainers ?? [])].find(({ name }) => name === container.name)?.resources;
    const rest = (amounts: StringMap = {}) => ({ ...amounts, cpu: undefined, memory: undefined });
    return semanticallyEqual(rest(container.resources?.limits), rest(then?.limits))
      && semanticallyEqual(rest(container.resources?.requests), rest(then?.requests));
  });
  if (!onlyComputeChanged || !semanticallyEqual(fixed, before)) {
    out.push(finding.forbidden(SPEC, 'only cpu and memory resources are mutable'));
  }
  return out;
}

/** What `pods/binding` takes. */
export function bindingFindings({ target }: Binding): Findings {
  const out: Findings = [];
  const path = FieldPath.of('target');
  if (target.kind && target.kind !== 'Node') {
    out.push(finding.notSupportedOf(path.child('kind'), target.kind, ['Node', '<empty>']));
  }
  if (!target.name) out.push(finding.required(path.child('name')));
  return out;
}

export const pod: KindRules<Pod> = { create, update, updateStatus: podStatusUpdate, warnings: podWarnings };
