import type { Container, Pod } from '../../api/kinds';
import { parseQuantity } from '../../api/quantity';

/** What a fieldRef sees of a pod before its status says so. */
export interface PodFacts {
  podIPs: string[];
  hostIP: string;
  hostIPs: string[];
  nodeName: string;
  allocatable: Record<string, string>;
}

export class FieldRefError extends Error {
  override readonly name = 'FieldRefError';
}

const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/;

/** The value of `fieldRef.fieldPath`; undefined while an address isn't known. */
export function fieldValue(pod: Pod, path: string, facts: PodFacts): string {
  const keyed = subscript.exec(path);
  if (keyed)
    return (
      (keyed[1] === 'metadata.labels' ? pod.metadata.labels : pod.metadata.annotations)?.[keyed[2] as string] ?? ''
    );
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return facts.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'spec.host':
      return facts.nodeName;
    case 'status.hostIP':
      return facts.hostIP;
    case 'status.hostIPs':
      return facts.hostIPs.join(',');
    case 'status.podIP':
      return facts.podIPs[0] ?? '';
    case 'status.podIPs':
      return facts.podIPs.join(',');
    default:
      throw new FieldRefError(`unsupported fieldPath: ${path}`);
  }
}

/** Lines of `key="value"`, sorted, values quoted as Go does. */
function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** The value of a resourceFieldRef: divided and rounded up; a missing limit is the node's allocatable. */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
  facts: PodFacts,
): string {
  const [, kind, name] = /^(limits|requests)\.(.+)$/.exec(resource) ?? [];
  if (!kind || !name) throw new FieldRefError(`unsupported container resource : ${resource}`);
  const { limits = {}, requests = {} } = container.resources ?? {};
  const fallback = kind === 'limits' ? facts.allocatable[name] : undefined;
  const amount = parseQuantity((kind === 'limits' ? limits : requests)[name] ?? fallback ?? '0');
  const by = parseQuantity(divisor && divisor !== '0' ? divisor : '1');
  if (name === 'cpu') return String(divideUp(amount.milliValue(), by.milliValue()));
  return String(divideUp(amount.value(), by.value()));
}

const divideUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;
