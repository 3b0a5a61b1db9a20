import * as z from 'zod';
import type { Namespace, PodSpec } from '../../../runtime/api/kinds';
import { evaluatePod, describe as describeAll } from '../../../runtime/api/pod-security/evaluate';
import { type Level, type LevelVersion, policyOf, printLevel } from '../../../runtime/api/pod-security/levels';
import { podRule, type LintProblem, type LintRule } from '../rule';
import type { PodView } from '../subject';

/** Where the field of a violation stands: in the pod's spec, and in a container. */
const fields: readonly (readonly [reason: RegExp, pod: string | undefined, container: string | undefined])[] = [
  [/^host namespaces/, 'hostNetwork', undefined],
  [/^hostPath volumes|^restricted volume types/, 'volumes', undefined],
  [/^hostPort/, undefined, 'ports'],
  [/^probe or lifecycle host/, undefined, ''],
  [/^privileged/, undefined, 'securityContext.privileged'],
  [/capabilities$/, undefined, 'securityContext.capabilities'],
  [/AppArmor/, 'securityContext.appArmorProfile', 'securityContext.appArmorProfile'],
  [/^seLinuxOptions/, 'securityContext.seLinuxOptions', 'securityContext.seLinuxOptions'],
  [/^forbidden sysctls/, 'securityContext.sysctls', undefined],
  [/^procMount/, undefined, 'securityContext.procMount'],
  [/^hostProcess/, 'securityContext.windowsOptions', 'securityContext.windowsOptions'],
  [/^allowPrivilegeEscalation/, undefined, 'securityContext.allowPrivilegeEscalation'],
  [/^runAsNonRoot/, 'securityContext.runAsNonRoot', 'securityContext.runAsNonRoot'],
  [/^runAsUser/, 'securityContext.runAsUser', 'securityContext.runAsUser'],
  [/^seccompProfile/, 'securityContext.seccompProfile', 'securityContext.seccompProfile'],
];

/** A pod's spec with one container or none, so that a violation tells where it is. */
const only = (spec: PodSpec, container?: PodView['containers'][number]): PodSpec => ({
  ...spec,
  initContainers: [],
  ephemeralContainers: [],
  containers: container ? [container.container] : [],
});

/** What a level says of a pod, each violation at the field that it is about. */
function violations({ spec, metadata, path, containers }: PodView, level: LevelVersion): LintProblem[] {
  const text = `Pod Security "${printLevel(level)}"`;
  const ofPod = evaluatePod(level, metadata, only(spec));
  const known = new Set(ofPod.map(({ reason, detail }) => reason + detail));
  const found: LintProblem[] = ofPod.map(({ reason, detail }) => {
    const field = fields.find(([pattern]) => pattern.test(reason))?.[1];
    const shared =
      field === 'hostNetwork' ? (['hostNetwork', 'hostPID', 'hostIPC'] as const).find((name) => spec[name]) : field;
    return { at: shared ? `${path}.${shared}` : path, message: `${text}: ${reason} (${detail})` };
  });
  for (const view of containers) {
    for (const { reason, detail } of evaluatePod(level, metadata, only(spec, view))) {
      const own = fields.find(([pattern]) => pattern.test(reason))?.[2];
      if (own === undefined || known.has(reason + detail)) continue;
      found.push({ at: own ? `${view.path}.${own}` : view.path, message: `${text}: ${reason} (${detail})` });
    }
  }
  return found;
}

const options = z.object({
  version: z
    .string()
    .regex(/^(latest|v1\.\d+)$/)
    .default('latest')
    .describe('Kubernetes version whose standard is meant: `latest` or `v1.30`.'),
});

function levelRule(level: Exclude<Level, 'privileged'>, why: string): LintRule {
  return podRule<z.infer<typeof options>>({
    id: `pod-security-${level}`,
    category: 'pod-security',
    title: `Pods that the Pod Security level "${level}" refuses`,
    why,
    repair: 'The message says which field has to be set or left out.',
    options,
    check(pod, { version }) {
      const minor = /^v1\.(\d+)$/.exec(version)?.[1];
      return violations(pod, { level, minor: minor === undefined ? undefined : Number(minor) });
    },
  });
}

export const podSecurityBaseline = levelRule(
  'baseline',
  'Baseline forbids the known ways to take over a node: privileged containers, host namespaces, paths and ports, ' +
    'added capabilities, profiles switched off.',
);

export const podSecurityRestricted = levelRule(
  'restricted',
  'Restricted is baseline and the current practice of hardening: no root, no privilege escalation, no capabilities, ' +
    'a seccomp profile, volumes that hold no files of the node.',
);

export const podSecurityOfNamespace = podRule({
  id: 'pod-security-of-namespace',
  category: 'pod-security',
  wide: true,
  recommended: true,
  title: 'Pods that the level of their namespace refuses',
  why:
    'The Namespace of the workspace has a label `pod-security.kubernetes.io/enforce`, and the API server will ' +
    'create none of these pods. For a Pod that is an error; a workload is accepted and then never gets its pods.',
  repair: 'Change the pod as the message says, or the label of the Namespace.',
  check(pod, _options, neighbours) {
    const { subject, metadata, spec } = pod;
    const namespace = neighbours.in<Namespace>('', '/Namespace').find(({ name }) => name === subject.namespace);
    const { enforce } = policyOf(namespace?.object.metadata.labels);
    if (enforce.level === 'privileged') return undefined;
    const broken = evaluatePod(enforce, metadata, { ...spec, containers: spec.containers ?? [] });
    if (broken.length === 0) return undefined;
    const refused = subject.kind === '/Pod';
    const level = `PodSecurity "${printLevel(enforce)}" of namespace "${subject.namespace}"`;
    return {
      at: pod.path,
      severity: refused ? 'error' : 'warning',
      message: `${refused ? 'violates' : 'pods would violate'} ${level}: ${describeAll(broken)}`,
    };
  },
});

export const podSecurityRules: LintRule[] = [podSecurityBaseline, podSecurityRestricted, podSecurityOfNamespace];
