import type { Live, Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../api/kinds';

const integer = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;

function compares(actual: string | undefined, values: string[], holds: (a: bigint, b: bigint) => boolean): boolean {
  const [a, b] = [integer(actual), integer(values[0])];
  return a !== undefined && b !== undefined && holds(a, b);
}

export function requirementMatches(requirement: NodeSelectorRequirement, actual: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
      return compares(actual, values, (a, b) => a > b);
    case 'Lt':
      return compares(actual, values, (a, b) => a < b);
    default:
      return false;
  }
}

type NodeLike = Pick<Live<Node>, 'metadata'>;

/** A term without requirements matches nothing. */
export function termMatchesNode(term: NodeSelectorTerm, node: NodeLike): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((requirement) => requirementMatches(requirement, labels[requirement.key])) &&
    matchFields.every((field) => field.key === 'metadata.name' && requirementMatches(field, node.metadata.name))
  );
}

/** Terms are alternatives. */
export function nodeSelectorMatches(selector: NodeSelector, node: NodeLike): boolean {
  return selector.nodeSelectorTerms.some((term) => termMatchesNode(term, node));
}

/** `spec.nodeSelector` and required node affinity together. Also what the daemon set controller asks. */
export function podSelectsNode(pod: Pod, node: NodeLike): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || nodeSelectorMatches(required, node);
}
