import { cidrContains, parseCidr, parseIp } from '../cidr';
import type { Path } from '../finding';
import { finding, Path as FieldPath } from '../finding';
import type {
  HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressClassParametersReference, IngressRule, IngressTLS,
  IPBlock,
  NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, TypedLocalObjectReference,
} from '../kinds';
import {
  byteLength, dns1035LabelProblems, dns1123LabelProblems, dns1123SubdomainProblems, pathSegmentProblems,
  portNameProblems,
  portNumberProblems, wildcardSubdomainProblems,
} from '../names';
import { domainPrefixedPath } from './batch';
import type { Findings } from './common';
import { cidrRange, immutable, invalidEach, labelSelector, optionalOneOf, SPEC, STATUS } from './common';
import { cidrWarnings } from './ip-warnings';
import type { KindRules } from './rules';
import { ingressPoints } from './service';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

function host(out: Findings, path: Path, name: string): void {
  const problems = name.includes('*') ? wildcardSubdomainProblems(name) : dns1123SubdomainProblems(name);
  invalidEach(out, path, name, problems);
}

function localReference(
  out: Findings,
  path: Path,
  ref: TypedLocalObjectReference | IngressClassParametersReference,
): void {
  if (ref.apiGroup !== undefined)
    invalidEach(out, path.child('apiGroup'), ref.apiGroup, dns1123SubdomainProblems(ref.apiGroup));
  for (const field of ['kind', 'name'] as const) {
    if (!ref[field]) out.push(finding.required(path.child(field)));
    else invalidEach(out, path.child(field), ref[field], pathSegmentProblems(ref[field]));
  }
}

function backend(out: Findings, path: Path, { resource, service }: IngressBackend): void {
  if (resource && service) {
    out.push(finding.invalid(path, '', 'cannot set both resource and service backends'));
    return;
  }
  if (resource) localReference(out, path.child('resource'), resource);
  else if (!service) out.push(finding.invalid(path, '', 'resource or service backend is required'));
  else {
    const at = path.child('service');
    if (!service.name) out.push(finding.required(at.child('name')));
    else invalidEach(out, at.child('name'), service.name, dns1035LabelProblems(service.name));
    const { name, number } = service.port ?? {};
    if (name && number) out.push(finding.invalid(path, '', 'cannot set both port name & port number'));
    else if (name) invalidEach(out, at.child('port', 'name'), name, portNameProblems(name));
    else if (number) invalidEach(out, at.child('port', 'number'), number, portNumberProblems(number));
    else out.push(finding.required(path, 'port name or number is required'));
  }
}

const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_ENDS = ['/..', '/.'];

function httpPath(out: Findings, path: Path, { pathType, path: value = '', backend: to }: HTTPIngressPath): void {
  if (!pathType) {
    out.push(finding.required(path.child('pathType'), 'pathType must be specified'));
    return;
  }
  const at = path.child('path');
  const strict = pathType === 'Exact' || pathType === 'Prefix';
  const types = ['Exact', 'ImplementationSpecific', 'Prefix'];
  if (!types.includes(pathType)) out.push(finding.notSupported(path.child('pathType'), pathType, types));
  else if ((strict || value) && !value.startsWith('/'))
    out.push(finding.invalid(at, value, 'must be an absolute path'));
  if (strict) {
    for (const part of BAD_SEQUENCES)
      if (value.includes(part)) out.push(finding.invalid(at, value, `must not contain '${part}'`));
    for (const end of BAD_ENDS)
      if (value.endsWith(end)) out.push(finding.invalid(at, value, `cannot end with '${end}'`));
  }
  backend(out, path.child('backend'), to ?? {});
}

function ruleHost(out: Findings, path: Path, name: string | undefined): void {
  if (!name) return;
  if (parseIp(name)) out.push(finding.invalid(path, name, 'must be a DNS name, not an IP address'));
  host(out, path, name);
}

function httpRule(out: Findings, path: Path, { http }: IngressRule): void {
  if (!http) return;
  const at = path.child('http', 'paths');
  if (!http.paths?.length) out.push(finding.required(at));
  http.paths?.forEach((item, i) => httpPath(out, at.index(i), item));
}

function tls(out: Findings, path: Path, { hosts, secretName }: IngressTLS, anySecretName: boolean): void {
  hosts?.forEach((name, i) => host(out, path.child('hosts').index(i), name));
  if (!secretName || anySecretName) return;
  invalidEach(out, path.child('secretName'), secretName, dns1123SubdomainProblems(secretName));
}

/** What a stored object has may stay: a secret's name that is none, and rules of wildcard hosts that aren't in order. */
function tolerated({ spec = {} }: Ingress): { secretNames: boolean; wildcardRules: boolean } {
  const faulty = (item: IngressRule) => {
    const found: Findings = [];
    httpRule(found, SPEC, item);
    return found.length > 0;
  };
  return {
    secretNames: spec.tls?.some(({ secretName }) => secretName && dns1123SubdomainProblems(secretName).length) ?? false,
    wildcardRules: spec.rules?.some((item) => item.host?.includes('*') && faulty(item)) ?? false,
  };
}

function ingressSpec({ spec = {} }: Ingress, old?: Ingress): Findings {
  const out: Findings = [];
  const { secretNames, wildcardRules } = tolerated(old ?? { metadata: {} });
  const { rules = [], defaultBackend, ingressClassName } = spec;
  if (!rules.length && !defaultBackend) {
    out.push(finding.invalid(SPEC, rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend) backend(out, SPEC.child('defaultBackend'), defaultBackend);
  rules.forEach((item, i) => {
    const path = SPEC.child('rules').index(i);
    ruleHost(out, path.child('host'), item.host);
    if (!wildcardRules || !item.host?.includes('*')) httpRule(out, path, item);
  });
  spec.tls?.forEach((item, i) => tls(out, SPEC.child('tls').index(i), item, secretNames));
  if (ingressClassName !== undefined) {
    invalidEach(out, SPEC.child('ingressClassName'), ingressClassName, dns1123SubdomainProblems(ingressClassName));
  }
  return out;
}

export const ingress: KindRules<Ingress> = {
  create(object) {
    const out = ingressSpec(object);
    const annotation = object.metadata.annotations?.[CLASS_ANNOTATION];
    const className = object.spec?.ingressClassName;
    if (annotation !== undefined && className !== undefined && annotation !== className) {
      const detail = 'must match `ingressClassName` when both are specified';
      out.push(finding.invalid(FieldPath.of('annotations', CLASS_ANNOTATION), annotation, detail));
    }
    return out;
  },
  update: ingressSpec,
  updateStatus({ status }) {
    const out: Findings = [];
    ingressPoints(out, STATUS.child('loadBalancer'), status?.loadBalancer, false);
    return out;
  },
  warnings({ metadata, spec }) {
    const annotated = metadata.annotations?.[CLASS_ANNOTATION] !== undefined && spec?.ingressClassName === undefined;
    return annotated ? [`annotation ${JSON.stringify(CLASS_ANNOTATION)} is deprecated, please use 'spec.ingressClassName' instead`] : [];
  },
};

function parameters(out: Findings, path: Path, ref: IngressClassParametersReference): void {
  localReference(out, path, ref);
  if (ref.scope === undefined) {
    out.push(finding.required(path.child('scope')));
    return;
  }
  optionalOneOf(out, path.child('scope'), ref.scope, ['Cluster', 'Namespace']);
  const at = path.child('namespace');
  if (ref.scope === 'Namespace') {
    if (ref.namespace === undefined) out.push(finding.required(at, "`parameters.scope` is set to 'Namespace'"));
    else invalidEach(out, at, ref.namespace, dns1123LabelProblems(ref.namespace));
  } else if (ref.scope === 'Cluster' && ref.namespace !== undefined) {
    out.push(finding.forbidden(at, "`parameters.scope` is set to 'Cluster'"));
  }
}

function createClass({ spec }: IngressClass): Findings {
  const out: Findings = [];
  const at = SPEC.child('controller');
  const controller = spec?.controller ?? '';
  if (byteLength(controller) > 250) out.push(finding.tooLong(at, 250));
  domainPrefixedPath(out, at, controller);
  if (spec?.parameters) parameters(out, SPEC.child('parameters'), spec.parameters);
  return out;
}

export const ingressClass: KindRules<IngressClass> = {
  create: createClass,
  update(object, old) {
    const out: Findings = [];
    immutable(out, SPEC.child('controller'), object.spec?.controller, old.spec?.controller);
    return [...out, ...createClass(object)];
  },
};

function policyPort(out: Findings, path: Path, { protocol, port, endPort }: NetworkPolicyPort): void {
  optionalOneOf(out, path.child('protocol'), protocol, ['TCP', 'UDP', 'SCTP']);
  const end = path.child('endPort');
  if (port === undefined) {
    if (endPort !== undefined)
      out.push(finding.invalid(end, endPort, 'may not be specified when `port` is not specified'));
  } else if (typeof port === 'number') {
    invalidEach(out, path.child('port'), port, portNumberProblems(port));
    if (endPort === undefined) return;
    // Upstream puts the port in place of the end.
    if (endPort < port) out.push(finding.invalid(end, port, 'must be greater than or equal to `port`'));
    invalidEach(out, end, endPort, portNumberProblems(endPort));
  } else {
    if (endPort !== undefined)
      out.push(finding.invalid(end, endPort, 'may not be specified when `port` is non-numeric'));
    invalidEach(out, path.child('port'), port, portNameProblems(port));
  }
}

function ipBlock(out: Findings, path: Path, { cidr, except = [] }: IPBlock): void {
  if (!cidr) {
    out.push(finding.required(path.child('cidr')));
    return;
  }
  const range = parseCidr(cidr);
  if (!cidrRange(out, path.child('cidr'), cidr) || !range) return;
  except.forEach((text, i) => {
    const at = path.child('except').index(i);
    const inner = parseCidr(text);
    if (!cidrRange(out, at, text) || !inner) return;
    if (cidrContains(range, inner.network) && range.prefix < inner.prefix) return;
    out.push(finding.invalid(at, text, 'must be a strict subset of `cidr`'));
  });
}

function peer(out: Findings, path: Path, { podSelector, namespaceSelector, ipBlock: block }: NetworkPolicyPeer): void {
  labelSelector(out, path.child('podSelector'), podSelector);
  labelSelector(out, path.child('namespaceSelector'), namespaceSelector);
  if (block) ipBlock(out, path.child('ipBlock'), block);
  if (!podSelector && !namespaceSelector && !block) out.push(finding.required(path, 'must specify a peer'));
  else if (block && (podSelector || namespaceSelector)) {
    out.push(finding.forbidden(path, 'may not specify both ipBlock and another peer'));
  }
}

export const networkPolicy: KindRules<NetworkPolicy> = {
  create({ spec }) {
    const out: Findings = [];
    labelSelector(out, SPEC.child('podSelector'), spec?.podSelector);
    spec?.ingress?.forEach(({ ports, from }, i) => {
      const at = SPEC.child('ingress').index(i);
      ports?.forEach((port, j) => policyPort(out, at.child('ports').index(j), port));
      from?.forEach((item, j) => peer(out, at.child('from').index(j), item));
    });
    spec?.egress?.forEach(({ ports, to }, i) => {
      const at = SPEC.child('egress').index(i);
      ports?.forEach((port, j) => policyPort(out, at.child('ports').index(j), port));
      to?.forEach((item, j) => peer(out, at.child('to').index(j), item));
    });
    const types = spec?.policyTypes ?? [];
    const path = SPEC.child('policyTypes');
    if (types.length > 2) out.push(finding.invalid(path, types, 'may not specify more than two policyTypes'));
    else types.forEach((type, i) => optionalOneOf(out, path.index(i), type, ['Ingress', 'Egress']));
    return out;
  },
  warnings({ spec }) {
    const out: string[] = [];
    const blocks = (path: Path, peers: readonly NetworkPolicyPeer[] = []) => peers.forEach(({ ipBlock: block }, i) => {
      if (!block) return;
      const at = path.index(i).child('ipBlock');
      out.push(...cidrWarnings(at.child('cidr'), block.cidr));
      block.except?.forEach((text, j) => out.push(...cidrWarnings(at.child('except').index(j), text)));
    });
    spec?.ingress?.forEach(({ from }, i) => blocks(SPEC.child('ingress').index(i).child('from'), from));
    spec?.egress?.forEach(({ to }, i) => blocks(SPEC.child('egress').index(i).child('to'), to));
    return out;
  },
};
