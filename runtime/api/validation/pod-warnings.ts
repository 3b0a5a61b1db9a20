import type { Path } from '../finding';
import { Path as FieldPath } from '../finding';
import type {
  Container, ContainerPort, NodeSelectorTerm, ObjectMeta, Pod, PodSpec, PodTemplateSpec, ProjectedVolumeSource,
} from '../kinds';
import { labelValueProblems } from '../names';
import { tryParseQuantity } from '../quantity';
import { APPARMOR_PREFIX, SECCOMP_CONTAINER_PREFIX, SECCOMP_POD } from './pod-annotations';
import { eachContainer } from './security';

const quote = (text: string) => JSON.stringify(text);

const DEPRECATED_NODE_LABELS: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

const DEPRECATED_ANNOTATIONS: readonly (readonly [string, string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];

const DEPRECATED_VOLUMES = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

/** What to use in place of a deprecated node label, if it is one. */
export const deprecatedNodeLabel = (key: string) => DEPRECATED_NODE_LABELS.get(key);

function termWarnings(out: string[], path: Path, { matchExpressions }: NodeSelectorTerm, checkValues: boolean): void {
  matchExpressions?.forEach(({ key, values }, i) => {
    const at = path.child('matchExpressions').index(i);
    const message = deprecatedNodeLabel(key);
    if (message) out.push(`${at.child('key')}: ${key} is ${message}`);
    if (!checkValues) return;
    values?.forEach((value, j) => {
      for (const problem of labelValueProblems(value))
        out.push(`${at.child('values').index(j)}: ${value} is invalid, ${problem}`);
    });
  });
}

function nodeLabelWarnings(out: string[], path: Path, spec: PodSpec): void {
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const message = deprecatedNodeLabel(key);
    if (message) out.push(`${path.child('nodeSelector').key(key)}: ${message}`);
  }
  const affinity = spec.affinity?.nodeAffinity;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const at = path.child('affinity', 'nodeAffinity');
  affinity?.[required]?.nodeSelectorTerms.forEach((term, i) => {
    termWarnings(out, at.child(required, 'nodeSelectorTerms').index(i), term, false);
  });
  affinity?.[preferred]?.forEach((term, i) => {
    termWarnings(out, at.child(preferred).index(i).child('preference'), term.preference, true);
  });
  spec.topologySpreadConstraints?.forEach(({ topologyKey, labelSelector }, i) => {
    const constraint = path.child('topologySpreadConstraints').index(i);
    const message = deprecatedNodeLabel(topologyKey);
    if (message) out.push(`${constraint.child('topologyKey')}: ${topologyKey} is ${message}`);
    if (!labelSelector)
      out.push(`${constraint.child('labelSelector')}: a null labelSelector results in matching no pod`);
  });
}

function projectedWarnings(
  out: string[],
  path: Path,
  { sources }: ProjectedVolumeSource,
  tokenPaths: ReadonlySet<string>,
): void {
  const check = (what: string, file: string, i?: number) => {
    if (!tokenPaths.has(file)) return;
    const at = i === undefined ? path.child('sources', what) : path.child('sources', what).index(i);
    out.push(`${at}: has duplicated path with ServiceAccountToken ${quote(file)}`);
  };
  for (const source of sources ?? []) {
    source.configMap?.items?.forEach((item, i) => check('configMap', item.path, i));
    source.secret?.items?.forEach((item, i) => check('secrets', item.path, i));
    source.downwardAPI?.items?.forEach((item, i) => check('downwardAPI', item.path, i));
    if (source.clusterTrustBundle) check('ClusterTrustBundle', source.clusterTrustBundle.path);
  }
}

function volumeWarnings(out: string[], path: Path, spec: PodSpec): void {
  spec.volumes?.forEach((volume, i) => {
    for (const [source, message] of DEPRECATED_VOLUMES) {
      if (volume[source]) out.push(`${path.child('volumes').index(i).child(source)}: ${message}`);
    }
  });
  const tokenPaths = new Set(
    (spec.volumes ?? []).flatMap(({ projected }) => (projected?.sources ?? []).flatMap((source) => source.serviceAccountToken?.path ?? [])),
  );
  if (tokenPaths.size === 0) return;
  spec.volumes?.forEach(({ projected }, i) => {
    if (projected) projectedWarnings(out, path.child('volumes').index(i).child('projected'), projected, tokenPaths);
  });
}

function listWarnings(out: string[], path: Path, spec: PodSpec): void {
  const repeated = (list: readonly string[], what: (i: number) => string) => {
    list.forEach((value, i) => {
      if (list.indexOf(value) < i) out.push(what(i));
    });
  };
  const ips = spec.hostAliases?.map(({ ip }) => ip) ?? [];
  repeated(ips, (i) => `${path.child('hostAliases').index(i).child('ip')}: duplicate ip ${quote(ips[i] ?? '')}`);
  const secrets = spec.imagePullSecrets?.map(({ name }) => name ?? '') ?? [];
  const secretPath = (i: number) => path.child('imagePullSecrets').index(i).child('name');
  repeated(secrets, (i) => `${secretPath(i)}: duplicate name ${quote(secrets[i] ?? '')}`);
  secrets.forEach((name, i) => {
    if (!name) out.push(`${secretPath(i)}: invalid empty name ""`);
  });
}

function fractionWarnings(
  out: string[],
  path: Path,
  amounts: Readonly<Record<string, string>> | undefined,
  name: string,
): void {
  const text = amounts?.[name];
  const quantity = text === undefined ? undefined : tryParseQuantity(text);
  if (!quantity || quantity.milliValue() % 1000n === 0n) return;
  out.push(`${path.key(name)}: fractional byte value ${quote(quantity.toString())} is invalid, must be an integer`);
}

function envWarnings(out: string[], path: Path, { env = [] }: Container): void {
  const seen = new Set<string>();
  env.forEach(({ name, value = '', valueFrom }, i) => {
    const reference = `$(${name})`;
    // A later value may build on the earlier one: X=a, X=$(X)b.
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference);
    if (seen.has(name) && hides) {
      out.push(`${path.child('env').index(i)}: hides previous definition of ${quote(name)}, which may be dropped when using apply`);
    }
    seen.add(name);
  });
}

function containerWarnings(
  out: string[],
  path: Path,
  container: Container,
  inTemplate: string | undefined,
  meta: ObjectMeta,
  spec: PodSpec,
): void {
  const base = inTemplate === undefined ? FieldPath.root : FieldPath.of(...inTemplate.split('.'));
  const annotations = base.child('metadata', 'annotations');
  const seccomp = SECCOMP_CONTAINER_PREFIX + container.name;
  if (!container.securityContext?.seccompProfile && meta.annotations?.[seccomp] !== undefined) {
    out.push(`${annotations.key(seccomp)}: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  const appArmor = APPARMOR_PREFIX + container.name;
  const hasField = spec.securityContext?.appArmorProfile ?? container.securityContext?.appArmorProfile;
  if (inTemplate !== undefined && !hasField && meta.annotations?.[appArmor] !== undefined) {
    out.push(`${annotations.key(appArmor)}: deprecated since v1.30; use the "appArmorProfile" field instead`);
  }
  for (const name of ['memory', 'ephemeral-storage']) {
    fractionWarnings(out, path.child('resources', 'limits'), container.resources?.limits, name);
    fractionWarnings(out, path.child('resources', 'requests'), container.resources?.requests, name);
  }
  envWarnings(out, path, container);
}

function portWarnings(out: string[], path: Path, spec: PodSpec): void {
  const seen = new Map<string, { at: Path; port: ContainerPort }[]>();
  eachContainer(spec, path, (container, containerPath) => {
    if (container.restartPolicy === undefined && spec.initContainers?.includes(container)) return;
    container.ports?.forEach((port, i) => {
      const at = containerPath.child('ports').index(i);
      if (port.hostIP && !port.hostPort) {
        const { name = '', containerPort, protocol = '', hostIP } = port;
        const printed = `Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}`;
        out.push(`${at}: hostIP set without hostPort: {${printed}}`);
      }
      const key = `${port.containerPort}/${port.protocol ?? ''}`;
      const others = seen.get(key) ?? [];
      for (const other of others) overlap(out, at, port, other);
      seen.set(key, [...others, { at, port }]);
    });
  });
}

function overlap(out: string[], at: Path, port: ContainerPort, other: { at: Path; port: ContainerPort }): void {
  const [a, b] = [port.hostPort ?? 0, other.port.hostPort ?? 0];
  const [ip, otherIp] = [port.hostIP ?? '', other.port.hostIP ?? ''];
  if (ip === otherIp && a === b) out.push(`${at}: duplicate port definition with ${other.at}`);
  else if (a === 0 || b === 0) out.push(`${at}: overlapping port definition with ${other.at}`);
  else if (a === b && (ip === '' || otherIp === ''))
    out.push(`${at}: dangerously ambiguous port definition with ${other.at}`);
}

function gracePeriodWarnings(out: string[], path: Path, spec: PodSpec): void {
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    out.push(`${path.child('terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`);
  }
}

function warnings(spec: PodSpec, meta: ObjectMeta, template: string | undefined): string[] {
  const out: string[] = [];
  const base = template === undefined ? FieldPath.root : FieldPath.of(...template.split('.'));
  const path = base.child('spec');
  nodeLabelWarnings(out, path, spec);
  for (const [key, message] of DEPRECATED_ANNOTATIONS) {
    if (meta.annotations?.[key] !== undefined)
      out.push(`${base.child('metadata', 'annotations').key(key)}: ${message}`);
  }
  volumeWarnings(out, path, spec);
  listWarnings(out, path, spec);
  for (const name of ['memory', 'ephemeral-storage'])
    fractionWarnings(out, path.child('overhead'), spec.overhead, name);
  if (!spec.securityContext?.seccompProfile && meta.annotations?.[SECCOMP_POD] !== undefined) {
    out.push(`${base.child('metadata', 'annotations').key(SECCOMP_POD)}: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  eachContainer(spec, path, (container, at) => containerWarnings(out, at, container, template, meta, spec));
  portWarnings(out, path, spec);
  gracePeriodWarnings(out, path, spec);
  return out;
}

export function podWarnings(pod: Pod): string[] {
  return warnings(pod.spec ?? { containers: [] }, pod.metadata, undefined);
}

/** The warnings of a workload's template; `path` is where it stands: `spec.template`. */
export function templateWarnings(template: PodTemplateSpec | undefined, path = 'spec.template'): string[] {
  return template?.spec ? warnings(template.spec, template.metadata ?? {}, path) : [];
}
