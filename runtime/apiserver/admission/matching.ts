import type { LabelSelector, Namespace, RuleWithOperations } from '../../api/kinds';
import { selectorFromLabelSelector } from '../../api/labels';
import type { AdmissionAttributes, ApiLister } from '../request';
import { isFor, kinds } from './kit';

type Rule = RuleWithOperations & { readonly resourceNames?: readonly string[] };

const has = (list: readonly string[] | undefined, value: string) =>
  (list ?? []).some((item) => item === '*' || item === value);

/**
 * Whether a rule of a webhook or policy is about a request (apiserver/pkg/admission/plugin/webhook/predicates/rules).
 */
export function matchesRule(rule: Rule, attributes: AdmissionAttributes): boolean {
  const { operation, resource, subresource, name } = attributes;
  const names = rule.resourceNames ?? [];
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, resource.group) &&
    has(rule.apiVersions, resource.version) &&
    (rule.resources ?? []).some((pattern) => matchesResource(pattern, resource.resource, subresource)) &&
    inScope(rule.scope, attributes) &&
    (names.length === 0 || names.includes(name))
  );
}

function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const slash = pattern.indexOf('/');
  const [wanted, part] = slash < 0 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)];
  return (wanted === '*' || wanted === resource) && (part === '*' || part === subresource);
}

function inScope(scope: string | undefined, { resource }: AdmissionAttributes): boolean {
  if (scope === undefined || scope === '*') return true;
  return (scope === 'Namespaced') === resource.namespaced;
}

/**
 * By the labels of the request's namespace; of a namespace that is written, by those that it is to have. Cluster
 * objects always match.
 */
export function matchesNamespace(
  selector: LabelSelector | undefined,
  attributes: AdmissionAttributes,
  lister: ApiLister,
): boolean {
  if (isEmpty(selector)) return true;
  const { resource, namespace, name, object, operation } = attributes;
  const isNamespace = resource.group === '' && resource.resource === 'namespaces';
  if (!isNamespace && namespace === '') return true;
  const written = isFor(attributes, kinds.namespaces) && operation !== 'DELETE' ? object : undefined;
  const subject = written ?? lister.get<Namespace>(kinds.namespaces, undefined, isNamespace ? name : namespace);
  return subject !== undefined && selectorFromLabelSelector(selector).matches(subject.metadata.labels ?? {});
}

/** By the labels that the object has or had. */
export function matchesObject(
  selector: LabelSelector | undefined,
  { object, oldObject }: AdmissionAttributes,
): boolean {
  if (isEmpty(selector)) return true;
  const labels = selectorFromLabelSelector(selector);
  return [object, oldObject].some(
    (candidate) => candidate?.metadata !== undefined && labels.matches(candidate.metadata.labels ?? {}),
  );
}

const isEmpty = (selector: LabelSelector | undefined) =>
  !selector || (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0);

const configurations = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

/** What rules could lock themselves in with is never asked about. */
export const isExempt = ({ resource }: AdmissionAttributes) =>
  resource.group === 'admissionregistration.k8s.io' && configurations.has(resource.resource);
