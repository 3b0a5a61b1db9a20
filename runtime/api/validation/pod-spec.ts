import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  LocalObjectReference, ObjectMeta, PodDNSConfig, PodReadinessGate, PodResourceClaim, PodSchedulingGate, PodSpec,
  PodTemplateSpec,
} from '../kinds';
import { byteLength, dns1123SubdomainProblems, dns1123SubdomainWithUnderscoreProblems, rangeMessage } from '../names';
import type { Quantity } from '../quantity';
import { tryParseQuantity } from '../quantity';
import type { Findings } from './common';
import {
  dnsLabel, dnsSubdomain, invalidEach, ipAddress, labels, MAX_INT32, qualifiedName, requiredOneOf,
} from './common';
import type { PodContext } from './containers';
import { ephemeralContainers, initContainers, ordinaryContainers } from './containers';
import { annotations } from './meta';
import { operatingSystem } from './operating-system';
import { podAnnotations, profileAnnotationsMatch } from './pod-annotations';
import { isHugePages, podResourceName, resourceRequirements } from './resources';
import { affinity, tolerations, topologySpread } from './scheduling';
import { hostProcess, podSecurityContext } from './security';
import { volumes } from './volumes';

function resourceClaims(out: Findings, path: Path, claims: readonly PodResourceClaim[]): Set<string> {
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    const at = path.index(i);
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    if (!name) out.push(finding.required(at.child('name')));
    else if (names.has(name)) out.push(finding.duplicate(at.child('name'), name));
    else dnsLabel(out, at.child('name'), name);
    if (name) names.add(name);
    if (own !== undefined && template !== undefined) {
      out.push(finding.invalid(
        at,
        claim,
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
      ));
    }
    if (own === undefined && template === undefined) {
      out.push(finding.invalid(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    if (own !== undefined) dnsSubdomain(out, at.child('resourceClaimName'), own);
    if (template !== undefined) dnsSubdomain(out, at.child('resourceClaimTemplateName'), template);
  });
  return names;
}

function addRequests(total: Map<string, Quantity>, requests: Readonly<Record<string, string>> | undefined): void {
  for (const [name, text] of Object.entries(requests ?? {})) {
    const quantity = tryParseQuantity(text);
    if (quantity) total.set(name, total.get(name)?.add(quantity) ?? quantity);
  }
}

/** What the containers of a pod ask for together, init containers counted as they run. */
function aggregateRequests(spec: PodSpec): Map<string, Quantity> {
  const total = new Map<string, Quantity>();
  for (const container of spec.containers ?? []) addRequests(total, container.resources?.requests);
  const sidecars = new Map<string, Quantity>();
  const peak = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const running = new Map(sidecars);
    addRequests(running, container.resources?.requests);
    if (container.restartPolicy === 'Always') {
      addRequests(total, container.resources?.requests);
      addRequests(sidecars, container.resources?.requests);
    }
    for (const [name, quantity] of running)
      if (quantity.compare(peak.get(name) ?? quantity.sub(quantity)) > 0) peak.set(name, quantity);
  }
  for (const [name, quantity] of peak) {
    const sum = total.get(name);
    if (!sum || quantity.compare(sum) > 0) total.set(name, quantity);
  }
  return total;
}

function podResources(out: Findings, path: Path, spec: PodSpec, claimNames: ReadonlySet<string>): void {
  const own = spec.resources;
  if (!own) return;
  if (own.claims) out.push(finding.forbidden(path.child('claims'), 'claims cannot be set for Resources at pod-level'));
  resourceRequirements(out, path, own, claimNames, podResourceName);
  for (const [name, sum] of aggregateRequests(spec)) {
    const request = tryParseQuantity(own.requests?.[name] ?? '');
    const supported = name === 'cpu' || name === 'memory' || isHugePages(name);
    if (!supported || !request || sum.compare(request) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${sum}`;
    out.push(finding.invalid(path.child('requests').key(name), request.toString(), detail));
  }
  spec.containers.forEach((container, i) => {
    for (const [name, text] of Object.entries(container.resources?.limits ?? {})) {
      const [limit, ofPod] = [tryParseQuantity(text), tryParseQuantity(own.limits?.[name] ?? '')];
      if (!limit || !ofPod || limit.compare(ofPod) <= 0) continue;
      const at = path.child('containers').index(i).key(name).child('limits');
      out.push(finding.invalid(at, limit.toString(), `must be less than or equal to pod limits of ${ofPod}`));
    }
  });
}

function hostNetworkPorts(out: Findings, path: Path, spec: PodSpec, isPod: boolean): void {
  if (!spec.hostNetwork) return;
  spec.containers.forEach(({ ports = [] }, i) => {
    ports.forEach(({ hostPort = 0, containerPort }, j) => {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) return;
      const at = path.child('containers').index(i).child('ports').index(j).child('hostPort');
      out.push(finding.invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    });
  });
}

function dnsConfig(out: Findings, path: Path, config: PodDNSConfig | undefined, policy: string | undefined): void {
  if (policy === 'None') {
    if (!config) {
      out.push(finding.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if (!config.nameservers?.length) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      out.push(finding.required(path.child('nameservers'), detail));
      return;
    }
  }
  if (!config) return;
  const { nameservers = [], searches = [], options = [] } = config;
  if (nameservers.length > 3) {
    out.push(finding.invalid(path.child('nameservers'), nameservers, 'must not have more than 3 nameservers'));
  }
  nameservers.forEach((server, i) => ipAddress(out, path.child('nameservers').index(i), server));
  dnsSearches(out, path.child('searches'), searches);
  options.forEach(({ name }, i) => {
    if (!name) out.push(finding.required(path.child('options').index(i), 'must not be empty'));
  });
}

function dnsSearches(out: Findings, path: Path, searches: readonly string[]): void {
  if (searches.length > 32) out.push(finding.invalid(path, searches, 'must not have more than 32 search paths'));
  if (byteLength(searches.join(' ')) > 2048) {
    out.push(finding.invalid(
      path,
      searches,
      'must not have more than 2048 characters (including spaces) in the search list',
    ));
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    const domain = search.replace(/\.$/, '');
    invalidEach(out, path.index(i), domain, dns1123SubdomainWithUnderscoreProblems(domain));
  });
}

function pullSecrets(out: Findings, path: Path, secrets: readonly LocalObjectReference[] | undefined): void {
  secrets?.forEach((secret, i) => {
    if (Object.keys(secret).some((field) => field !== 'name'))
      out.push(finding.invalid(path.index(i), secret, 'only name may be set'));
  });
}

function gates(
  out: Findings,
  path: Path,
  readiness: readonly PodReadinessGate[] = [],
  scheduling: readonly PodSchedulingGate[] = [],
): void {
  readiness.forEach((gate, i) => qualifiedName(out, path.child('readinessGates').index(i).child('conditionType'), gate.conditionType));
  const seen = new Set<string>();
  scheduling.forEach(({ name }, i) => {
    const at = path.child('schedulingGates').index(i);
    qualifiedName(out, at, name);
    if (seen.has(name)) out.push(finding.duplicate(at, name));
    seen.add(name);
  });
}

/** User namespaces exclude the host's; upstream spells two of the paths with a capital. */
function hostUsers(out: Findings, path: Path, spec: PodSpec): void {
  if (spec.hostUsers !== false) return;
  const detail = 'when `pod.Spec.HostUsers` is false';
  if (spec.hostNetwork) out.push(finding.forbidden(path.child('hostNetwork'), detail));
  if (spec.hostPID) out.push(finding.forbidden(path.child('HostPID'), detail));
  if (spec.hostIPC) out.push(finding.forbidden(path.child('HostIPC'), detail));
}

function names(out: Findings, path: Path, spec: PodSpec): void {
  if (spec.serviceAccountName) dnsSubdomain(out, path.child('serviceAccountName'), spec.serviceAccountName);
  if (spec.nodeName) dnsSubdomain(out, path.child('nodeName'), spec.nodeName);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32)) {
    out.push(finding.invalid(path.child('activeDeadlineSeconds'), deadline, rangeMessage(1, MAX_INT32)));
  }
  if (spec.hostname) dnsLabel(out, path.child('hostname'), spec.hostname);
  if (spec.subdomain) dnsLabel(out, path.child('subdomain'), spec.subdomain);
  if (spec.hostnameOverride) hostnameOverride(out, path.child('hostnameOverride'), spec);
}

function hostnameOverride(out: Findings, path: Path, spec: PodSpec): void {
  const name = spec.hostnameOverride ?? '';
  dnsSubdomain(out, path, name);
  if (byteLength(name) > 64) out.push(finding.tooLong(path, 64));
  if (spec.setHostnameAsFQDN)
    out.push(finding.forbidden(path, 'may not be specified when `setHostnameAsFQDN` is true'));
  if (spec.hostNetwork) out.push(finding.forbidden(path, 'may not be specified when `hostNetwork` is true'));
}

function scheduling(out: Findings, path: Path, spec: PodSpec): void {
  tolerations(out, path.child('tolerations'), spec.tolerations);
  spec.hostAliases?.forEach(({ ip, hostnames }, i) => {
    const at = path.child('hostAliases').index(i);
    ipAddress(out, at.child('ip'), ip);
    hostnames?.forEach((name, j) => dnsSubdomain(out, at.child('hostnames').index(j), name));
  });
  if (spec.priorityClassName) dnsSubdomain(out, path.child('priorityClassName'), spec.priorityClassName);
  if (spec.runtimeClassName !== undefined) {
    invalidEach(
      out,
      path.child('runtimeClassName'),
      spec.runtimeClassName,
      dns1123SubdomainProblems(spec.runtimeClassName),
    );
  }
  if (spec.preemptionPolicy !== undefined) {
    requiredOneOf(out, path.child('preemptionPolicy'), spec.preemptionPolicy, ['PreemptLowerPriority', 'Never']);
  }
  if (spec.overhead) resourceRequirements(out, path.child('overhead'), { limits: spec.overhead }, new Set());
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** A pod spec; `meta` is the pod's, unset for a template. */
export function podSpec(out: Findings, path: Path, spec: PodSpec, meta?: ObjectMeta): void {
  const isPod = meta !== undefined;
  if (spec.terminationGracePeriodSeconds === undefined)
    out.push(finding.required(path.child('terminationGracePeriodSeconds')));
  const good = volumes(out, path.child('volumes'), spec.volumes ?? [], meta?.name, isPod);
  const claimNames = resourceClaims(out, path.child('resourceClaims'), spec.resourceClaims ?? []);
  const pod: PodContext = {
    volumes: good, claimNames, isPod, gracePeriod: spec.terminationGracePeriodSeconds,
    restartPolicy: spec.restartPolicy,
    hostUsers: spec.hostUsers !== false,
  };
  const { containers = [], initContainers: init = [], ephemeralContainers: debug = [] } = spec;
  ordinaryContainers(out, path.child('containers'), containers, pod);
  if (init.length) initContainers(out, path.child('initContainers'), init, containers, pod);
  if (debug.length) ephemeralContainers(out, path.child('ephemeralContainers'), debug, [...containers, ...init], pod);
  podResources(out, path.child('resources'), spec, claimNames);
  hostNetworkPorts(out, path, spec, isPod);
  requiredOneOf(out, path.child('restartPolicy'), spec.restartPolicy, RESTART_POLICIES);
  requiredOneOf(out, path.child('dnsPolicy'), spec.dnsPolicy, DNS_POLICIES);
  labels(out, path.child('nodeSelector'), spec.nodeSelector);
  podSecurityContext(out, path.child('securityContext'), spec.securityContext ?? {}, spec);
  pullSecrets(out, path.child('imagePullSecrets'), spec.imagePullSecrets);
  if (spec.affinity) affinity(out, path.child('affinity'), spec.affinity);
  dnsConfig(out, path.child('dnsConfig'), spec.dnsConfig, spec.dnsPolicy);
  gates(out, path, spec.readinessGates, spec.schedulingGates);
  if (spec.topologySpreadConstraints)
    topologySpread(out, path.child('topologySpreadConstraints'), spec.topologySpreadConstraints);
  hostProcess(out, path, spec);
  hostUsers(out, path, spec);
  names(out, path, spec);
  scheduling(out, path, spec);
  if (spec.os) operatingSystem(out, path, spec);
}

/** The template of a workload's pods. */
export function podTemplate(out: Findings, path: Path, template: PodTemplateSpec): void {
  const meta = template.metadata ?? {};
  const spec: PodSpec = template.spec ?? { containers: [] };
  labels(out, path.child('labels'), meta.labels);
  annotations(out, path.child('annotations'), meta.annotations);
  podAnnotations(out, path.child('annotations'), meta.annotations, spec);
  podSpec(out, path.child('spec'), spec);
  profileAnnotationsMatch(out, path.child('spec'), meta, spec);
  if (spec.ephemeralContainers?.length) {
    out.push(finding.forbidden(
      path.child('spec', 'ephemeralContainers'),
      'ephemeral containers not allowed in pod template',
    ));
  }
}

