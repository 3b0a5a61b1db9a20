import type { Container, CronJob, Deployment, Namespace, Pod, PodTemplate, PodTemplateSpec } from '../../../api/kinds';
import { errors } from '../../../api/status';
import { deepEqual } from '../../../api/equality';
import type { AdmissionAttributes, AdmissionPlugin, ApiLister } from '../../request';
import { forbidden, isFor, kinds } from '../kit';
import { describe, evaluatePod, reasons } from '../../../api/pod-security/evaluate';
import { isStricter, labelFindings, policyOf, printLevel } from '../../../api/pod-security/levels';
import type { LevelVersion, Policy } from '../../../api/pod-security/levels';

const silentSubresources = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status']);
const controllers = new Set([
  '/podtemplates',
  '/replicationcontrollers',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
]);

/**
 * Holds pods to the level that their namespace's labels name: pods are refused, whatever makes pods is warned about
 * (pod-security-admission). Audit levels are checked for sense alone, as nothing is audited.
 */
export function podSecurity(lister: ApiLister): AdmissionPlugin {
  const policyFor = (namespace: string) =>
    policyOf(lister.get<Namespace>(kinds.namespaces, undefined, namespace)?.metadata.labels);
  return {
    name: 'PodSecurity',
    validate(attributes) {
      const { operation, resource, subresource } = attributes;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      if (isFor(attributes, kinds.namespaces)) return checkNamespace(attributes, lister);
      if (resource.group === '' && resource.resource === 'pods') {
        if (!silentSubresources.has(subresource)) checkPod(attributes, policyFor(attributes.namespace));
      } else if (subresource === '' && controllers.has(`${resource.group}/${resource.resource}`)) {
        checkController(attributes, policyFor(attributes.namespace));
      }
    },
  };
}

function checkPod(attributes: AdmissionAttributes, { enforce, warn }: Policy): void {
  if (enforce.level === 'privileged' && warn.level === 'privileged') return;
  const pod = attributes.object as Pod;
  if (attributes.operation === 'UPDATE' && !changesSecurity(pod, attributes.oldObject as Pod)) return;
  const violations = evaluatePod(enforce, pod.metadata, pod.spec!);
  if (violations.length > 0)
    throw forbidden(attributes, `violates PodSecurity "${printLevel(enforce)}": ${describe(violations)}`);
  warnOf(attributes, warn, pod);
}

function checkController(attributes: AdmissionAttributes, { warn }: Policy): void {
  if (warn.level === 'privileged') return;
  const template = templateOf(attributes);
  if (template?.spec) warnOf(attributes, warn, template);
}

function templateOf({ resource: { resource }, object }: AdmissionAttributes): PodTemplateSpec | undefined {
  if (resource === 'podtemplates') return (object as PodTemplate).template;
  if (resource === 'cronjobs') return (object as CronJob).spec?.jobTemplate?.spec?.template;
  return (object as Deployment).spec?.template;
}

function warnOf(
  attributes: AdmissionAttributes,
  level: LevelVersion,
  { metadata, spec }: Pick<PodTemplateSpec, 'metadata' | 'spec'>,
): void {
  const violations = evaluatePod(level, metadata, spec!);
  if (violations.length > 0)
    attributes.warn(`would violate PodSecurity "${printLevel(level)}": ${describe(violations)}`);
}

const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';

/** Of what an update of a pod can change, only images and seccomp annotations matter, and containers that are added. */
function changesSecurity({ metadata, spec }: Pod, old: Pod): boolean {
  if (metadata.annotations?.[seccompAnnotation] !== old.metadata.annotations?.[seccompAnnotation]) return true;
  const images = (containers: readonly Pick<Container, 'name' | 'image'>[] = []) =>
    containers.map(({ name, image }) => [name, image]);
  return (
    !deepEqual(images(spec?.containers), images(old.spec?.containers)) ||
    !deepEqual(images(spec?.initContainers), images(old.spec?.initContainers)) ||
    !deepEqual(images(spec?.ephemeralContainers), images(old.spec?.ephemeralContainers))
  );
}

function checkNamespace(attributes: AdmissionAttributes, lister: ApiLister): void {
  const { metadata } = attributes.object as Namespace;
  const old = attributes.oldObject?.metadata.labels;
  const findings = labelFindings(metadata.labels);
  // Labels that were wrong before don't keep the rest of a namespace from changing.
  if (findings.length > 0 && !(attributes.operation === 'UPDATE' && deepEqual(findings, labelFindings(old)))) {
    throw errors.invalid({ kind: 'Namespace', name: metadata.name! }, findings);
  }
  if (attributes.operation !== 'UPDATE') return;
  const { enforce } = policyOf(metadata.labels);
  const before = policyOf(old).enforce;
  if (deepEqual(enforce, before) || enforce.level === 'privileged') return;
  if (enforce.minor === before.minor && !isStricter(enforce, before)) return;
  for (const text of existingViolations(lister.list<Pod>(kinds.pods, metadata.name), metadata.name!, enforce))
    attributes.warn(text);
}

/** Pods that are there stay there; whoever tightens the rules hears of those that would be refused. */
function existingViolations(pods: readonly Pod[], namespace: string, enforce: LevelVersion): string[] {
  const byReasons = new Map<string, string[]>();
  for (const { metadata, spec } of pods) {
    const violations = evaluatePod(enforce, metadata, spec!);
    if (violations.length === 0) continue;
    const key = reasons(violations);
    byReasons.set(key, [...(byReasons.get(key) ?? []), metadata.name!]);
  }
  if (byReasons.size === 0) return [];
  const lines = [...byReasons].map(([what, names]) => `${names.sort()[0]!}${others(names.length - 1)}: ${what}`);
  return [
    `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${printLevel(enforce)}"`,
    ...lines.sort(),
  ];
}

const others = (count: number) => (count === 0 ? '' : ` (and ${count} other ${count === 1 ? 'pod' : 'pods'})`);
