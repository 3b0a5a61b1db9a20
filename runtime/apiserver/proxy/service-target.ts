import type { EndpointSlice, Pod, Service } from '../../api/kinds';
import { errors } from '../../api/status';
import type { ApiLister } from '../request';
import { proxyName, type ProxyTarget } from './proxy-target';

const serviceNameLabel = 'kubernetes.io/service-name';

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

/**
 * An endpoint behind `services/[scheme:]name[:port]/proxy`, any that is ready (registry/core/service/storage/storage.go).
 * A port is meant by its name, or by its number; without one, it is the port without a name.
 */
export function serviceTarget(service: Service, id: string, lister: ApiLister): ProxyTarget {
  const { scheme, name, port } = proxyName(id, 'service');
  const { namespace } = service.metadata;
  let portName = port;
  if (/^[+-]?\d+$/.test(port)) {
    const found = service.spec?.ports?.find((candidate) => candidate.port === Number(port));
    if (!found) throw errors.serviceUnavailable(`no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
    portName = found.name ?? '';
  }
  const slices = lister.list<EndpointSlice>({ group: 'discovery.k8s.io', resource: 'endpointslices' }, namespace)
    .filter(({ metadata, addressType }) => metadata.labels?.[serviceNameLabel] === name && addressType === 'IPv4');
  const targets = slices.flatMap(({ endpoints, ports }) => {
    const number = ports?.find((candidate) => (candidate.name ?? '') === portName)?.port;
    if (!number) return [];
    const usable = (endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false && isOwnPod(endpoint, namespace, lister));
    return usable.flatMap(({ addresses: [host] }) => (host ? [{ host, port: number, tls: scheme === 'https' }] : []));
  });
  const target = targets[Math.floor(Math.random() * targets.length)];
  if (target) return target;
  const empty = slices.every(({ endpoints }) => (endpoints ?? []).length === 0);
  throw errors.serviceUnavailable(`no endpoints available for service ${JSON.stringify(empty ? name : id)}`);
}

/** Who may write endpoints must not reach other namespaces' pods by them. */
function isOwnPod({ addresses, targetRef }: Endpoint, namespace: string | undefined, lister: ApiLister): boolean {
  if (!targetRef) return true;
  if (targetRef.namespace !== namespace) return false;
  const pod = lister.get<Pod>({ group: '', resource: 'pods' }, namespace, targetRef.name ?? '');
  return pod !== undefined && (pod.status?.podIPs ?? [{ ip: pod.status?.podIP }]).some(({ ip }) => ip === addresses[0]);
}
