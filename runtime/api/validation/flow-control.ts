import type { Path } from '../finding';
import { finding } from '../finding';
import type {
  FlowcontrolV1Subject, FlowSchema, LimitedPriorityLevelConfiguration, LimitResponse, NonResourcePolicyRule,
  PolicyRulesWithSubjects, PriorityLevelConfiguration, PriorityLevelConfigurationSpec,
  QueuingConfiguration, ResourcePolicyRule,
} from '../kinds';
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '../mandatory-flow-control';
import { dns1123LabelProblems, dns1123SubdomainProblems } from '../names';
import type { Findings } from './common';
import { invalidEach, semanticallyEqual, SPEC, STATUS } from './common';
import type { KindRules } from './rules';

const EXEMPT = 'exempt';
const MAX_PRECEDENCE = 10_000;
const MAX_QUEUES = 10_000_000;
const MAX_HASH_BITS = 60;
const DISTINGUISHERS = ['ByNamespace', 'ByUser'];
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const SUBJECTS = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const;

type SubjectKind = keyof typeof SUBJECTS;

const positive = (out: Findings, path: Path, value: number, detail = 'must be positive') => {
  if (value <= 0) out.push(finding.invalid(path, value, detail));
};

function subject(out: Findings, path: Path, given: FlowcontrolV1Subject): void {
  const kind = given.kind as SubjectKind;
  if (!Object.hasOwn(SUBJECTS, kind)) {
    out.push(finding.notSupported(path.child('kind'), given.kind ?? '', Object.keys(SUBJECTS)));
    return;
  }
  const field = SUBJECTS[kind];
  const own = given[field];
  if (!own) out.push(finding.required(path.child(field), `${field} is required when subject kind is '${kind}'`));
  else if (!own.name) out.push(finding.required(path.child(field, 'name')));
  if (given.serviceAccount && kind === 'ServiceAccount') serviceAccount(out, path.child(field), given.serviceAccount);
  for (const other of ['ServiceAccount', 'User', 'Group'] as const) {
    if (other === kind || !given[SUBJECTS[other]]) continue;
    const name = SUBJECTS[other];
    out.push(finding.forbidden(path.child(name), `${name} is forbidden when subject kind is not '${other}'`));
  }
}

function serviceAccount(out: Findings, path: Path, { name, namespace }: { name: string; namespace: string }): void {
  if (name && name !== '*') invalidEach(out, path.child('name'), name, dns1123SubdomainProblems(name));
  if (namespace) invalidEach(out, path.child('namespace'), namespace, dns1123LabelProblems(namespace));
  else out.push(finding.required(path.child('namespace'), 'must specify namespace for service account'));
}

const mixed = (list: readonly string[]) => list.length > 1 && list.includes('*');

function verbs(out: Findings, path: Path, list: readonly string[] = []): void {
  if (!list.length) out.push(finding.required(path, 'verbs must contain at least one value'));
  else if (mixed(list)) out.push(finding.invalid(path, list, "if '*' is present, must not specify other verbs"));
  else if (!list.includes('*') && !list.every((verb) => VERBS.includes(verb))) {
    out.push(finding.notSupported(path, list, VERBS));
  }
}

function urlProblem(url: string): string | undefined {
  if (!url) return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const stars = url.split('*').length - 1;
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined;
}

function nonResourceRule(out: Findings, path: Path, rule: NonResourcePolicyRule): void {
  verbs(out, path.child('verbs'), rule.verbs);
  const urls = rule.nonResourceURLs ?? [];
  const at = path.child('nonResourceURLs');
  if (!urls.length) out.push(finding.required(at, 'nonResourceURLs must contain at least one value'));
  else if (mixed(urls)) {
    out.push(finding.invalid(at, urls, "if '*' is present, must not specify other non-resource URLs"));
  } else if (!urls.includes('*')) {
    urls.forEach((url, i) => {
      const problem = urlProblem(url);
      if (problem) out.push(finding.invalid(at.index(i), url, problem));
    });
  }
}

function atLeastOne(out: Findings, path: Path, list: readonly string[], one: string, others: string): void {
  if (!list.length) out.push(finding.required(path, `resource rules must supply at least one ${one}`));
  else if (mixed(list)) out.push(finding.invalid(path, list, `if '*' is present, must not specify other ${others}`));
}

function resourceRule(out: Findings, path: Path, rule: ResourcePolicyRule): void {
  verbs(out, path.child('verbs'), rule.verbs);
  atLeastOne(out, path.child('apiGroups'), rule.apiGroups ?? [], 'api group', 'api groups');
  atLeastOne(out, path.child('resources'), rule.resources ?? [], 'resource', 'resources');
  const { namespaces = [], clusterScope } = rule;
  const at = path.child('namespaces');
  if (!namespaces.length && !clusterScope) {
    const detail = 'resource rules that are not cluster scoped must supply at least one namespace';
    out.push(finding.required(at, detail));
  } else if (mixed(namespaces)) {
    out.push(finding.invalid(at, namespaces, "if '*' is present, must not specify other namespaces"));
  } else if (!namespaces.includes('*')) {
    const intro = "each member of this list must be '*' or a DNS-1123 label; ";
    namespaces.forEach((name, i) =>
      invalidEach(out, at.index(i), name, dns1123LabelProblems(name).map((problem) => intro + problem)),
    );
  }
}

function policyRules(out: Findings, path: Path, rule: PolicyRulesWithSubjects): void {
  if (rule.subjects?.length) {
    rule.subjects.forEach((item, i) => subject(out, path.child('subjects').index(i), item));
  } else out.push(finding.required(path.child('subjects'), 'subjects must contain at least one value'));
  const { resourceRules = [], nonResourceRules = [] } = rule;
  if (!resourceRules.length && !nonResourceRules.length) {
    out.push(finding.required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  resourceRules.forEach((item, i) => resourceRule(out, path.child('resourceRules').index(i), item));
  nonResourceRules.forEach((item, i) => nonResourceRule(out, path.child('nonResourceRules').index(i), item));
}

function conditions(out: Findings, list: readonly { type?: string }[] = []): void {
  const seen = new Set<string>();
  list.forEach(({ type = '' }, i) => {
    const at = STATUS.child('conditions').index(i).child('type');
    if (seen.has(type)) out.push(finding.duplicate(at, type));
    seen.add(type);
    if (!type) out.push(finding.required(at, 'must not be empty'));
  });
}

function precedence(out: Findings, value: number, name: string | undefined): void {
  const at = SPEC.child('matchingPrecedence');
  positive(out, at, value, 'must be a positive value');
  if (value > MAX_PRECEDENCE) out.push(finding.invalid(at, value, `must not be greater than ${MAX_PRECEDENCE}`));
  if (value === 1 && name !== EXEMPT) {
    out.push(finding.invalid(at, value, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
}

export const flowSchema: KindRules<FlowSchema> = {
  create({ metadata, spec, status }) {
    const out: Findings = [];
    precedence(out, spec?.matchingPrecedence ?? 0, metadata.name);
    const method = spec?.distinguisherMethod;
    if (method && !DISTINGUISHERS.includes(method.type)) {
      const at = SPEC.child('distinguisherMethod', 'type');
      out.push(finding.notSupported(at, { Type: method.type }, DISTINGUISHERS));
    }
    const level = spec?.priorityLevelConfiguration?.name;
    const at = SPEC.child('priorityLevelConfiguration', 'name');
    if (level) invalidEach(out, at, level, dns1123SubdomainProblems(level));
    else out.push(finding.required(at, 'must reference a priority level'));
    spec?.rules?.forEach((rule, i) => policyRules(out, SPEC.child('rules').index(i), rule));
    const mandatory = mandatoryFlowSchemas().find((schema) => schema.metadata.name === metadata.name);
    if (mandatory && !semanticallyEqual(spec, mandatory.spec)) {
      out.push(finding.invalid(SPEC, spec, `spec of '${metadata.name}' must equal the fixed value`));
    }
    conditions(out, status?.conditions);
    return out;
  },
};

/** Bits of hash that dealing a hand from so many queues takes. */
function entropyBits(queues: number, hand: number): number {
  let bits = 0;
  for (let i = 0; i < hand; i++) bits += Math.log2(queues - i);
  return Math.ceil(bits);
}

function queuing(out: Findings, path: Path, given: QueuingConfiguration): void {
  const { queues = 0, handSize: hand = 0, queueLengthLimit = 0 } = given;
  positive(out, path.child('queueLengthLimit'), queueLengthLimit);
  positive(out, path.child('queues'), queues);
  if (queues > MAX_QUEUES) {
    out.push(finding.invalid(path.child('queues'), queues, `must not be greater than ${MAX_QUEUES}`));
  }
  const at = path.child('handSize');
  if (hand <= 0) positive(out, at, hand);
  else if (hand > queues) out.push(finding.invalid(at, hand, `should not be greater than queues (${queues})`));
  else if (entropyBits(queues, hand) > MAX_HASH_BITS) {
    const sizes = `deckSize ${queues} and handSize ${hand}`;
    const detail = `required entropy bits of ${sizes} should not be greater than ${MAX_HASH_BITS}`;
    out.push(finding.invalid(at, hand, detail));
  }
}

function limitResponse(out: Findings, path: Path, given: Partial<LimitResponse>): void {
  const at = path.child('queuing');
  if (given.type === 'Reject') {
    const detail = 'must be nil if limited.limitResponse.type is not Limited';
    if (given.queuing) out.push(finding.forbidden(at, detail));
  } else if (given.type === 'Queue') {
    if (given.queuing) queuing(out, at, given.queuing);
    else out.push(finding.required(at, 'must not be empty if limited.limitResponse.type is Limited'));
  } else out.push(finding.notSupported(path.child('type'), given.type ?? '', ['Queue', 'Reject']));
}

function lendable(out: Findings, path: Path, percent: number | undefined): void {
  if (percent !== undefined && (percent < 0 || percent > 100)) {
    out.push(finding.invalid(path.child('lendablePercent'), percent, 'must be between 0 and 100, inclusive'));
  }
}

function limited(out: Findings, path: Path, given: LimitedPriorityLevelConfiguration): void {
  const shares = given.nominalConcurrencyShares ?? 0;
  const at = path.child('nominalConcurrencyShares');
  if (shares < 0) out.push(finding.invalid(at, shares, 'must be a non-negative integer'));
  limitResponse(out, path.child('limitResponse'), given.limitResponse ?? {});
  lendable(out, path, given.lendablePercent);
  const borrowing = given.borrowingLimitPercent;
  if (borrowing !== undefined && borrowing < 0) {
    const detail = 'if specified, must be a non-negative integer';
    out.push(finding.invalid(path.child('borrowingLimitPercent'), borrowing, detail));
  }
}

/** The mandatory levels stay as they are; of the exempt one the shares may change. */
function fixedLevel(out: Findings, name: string, spec: PriorityLevelConfigurationSpec | undefined): void {
  const mandatory = mandatoryPriorityLevels().find(({ metadata }) => metadata.name === name);
  if (!mandatory) return;
  const part = (given: PriorityLevelConfigurationSpec | undefined) =>
    name === EXEMPT ? { ...given, exempt: undefined } : given;
  if (semanticallyEqual(part(spec), part(mandatory.spec))) return;
  const except = name === EXEMPT ? " except the 'spec.exempt' field" : '';
  out.push(finding.invalid(SPEC, spec, `spec of '${name}'${except} must equal the fixed value`));
}

export const priorityLevelConfiguration: KindRules<PriorityLevelConfiguration> = {
  create({ metadata, spec, status }) {
    const out: Findings = [];
    const type = spec?.type ?? '';
    if ((metadata.name === EXEMPT) !== (type === 'Exempt')) {
      const detail = "type must be 'Exempt' if and only if name is 'exempt'";
      out.push(finding.invalid(SPEC.child('type'), type, detail));
    }
    if (type === 'Exempt') {
      if (spec?.limited) out.push(finding.forbidden(SPEC.child('limited'), 'must be nil if the type is not Limited'));
      lendable(out, SPEC.child('exempt'), spec?.exempt?.lendablePercent);
      const shares = spec?.exempt?.nominalConcurrencyShares ?? 0;
      const at = SPEC.child('exempt', 'nominalConcurrencyShares');
      if (shares < 0) out.push(finding.invalid(at, shares, 'must be a non-negative integer'));
    } else if (type === 'Limited') {
      if (spec?.exempt) out.push(finding.forbidden(SPEC.child('exempt'), 'must be nil if the type is Limited'));
      if (spec?.limited) limited(out, SPEC.child('limited'), spec.limited);
      else out.push(finding.required(SPEC.child('limited'), 'must not be empty when type is Limited'));
    } else out.push(finding.notSupported(SPEC.child('type'), type, ['Exempt', 'Limited']));
    fixedLevel(out, metadata.name ?? '', spec);
    conditions(out, status?.conditions);
    return out;
  },
};
