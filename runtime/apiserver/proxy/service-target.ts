import type { EndpointSlice, Pod, Service } from '../../api/kinds';
import { errors } from '../../api/status';
import { splitProxyName } from '../http/connect';
import type { ApiLister } from '../request';

export interface ProxyTarget {
  host: string;
  port: number;
  tls: boolean;
}

const serviceNameLabel = 'kubernetes.io/service-name';

/** Address behind `pods/[scheme:]name[:port]/proxy`: the named port, or the first that the pod declares, or 80. */
export function podTarget(pod: Pod, name: string): ProxyTarget {
  const { scheme, port } = splitProxyName(name);
  const host = pod.status?.podIP;
  if (!host) throw errors.serviceUnavailable('address not allowed');
  const declared = pod.spec?.containers.flatMap(({ ports = [] }) => ports) ?? [];
  const named = declared.find((candidate) => candidate.name === port)?.containerPort;
  const number = port ? (named ?? Number(port)) : (declared[0]?.containerPort ?? 80);
  if (!Number.isInteger(number) || number < 1 || number > 65535) throw errors.badRequest(`invalid pod request ${JSON.stringify(name)}`);
  return { host, port: number, tls: scheme === 'https' };
}

/** An endpoint behind `services/[scheme:]name[:port]/proxy`, any that is ready (registry/core/service/storage/storage.go). */
export function serviceTarget(service: Service, name: string, lister: ApiLister): ProxyTarget {
  const { scheme, port } = splitProxyName(name);
  const ports = service.spec?.ports ?? [];
  const chosen = port ? ports.find((candidate) => candidate.name === port || String(candidate.port) === port) : ports.length === 1 ? ports[0] : ports.find((candidate) => !candidate.name);
  if (!chosen) throw errors.serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(service.metadata.name)}`);
  const slices = lister.list<EndpointSlice>({ group: 'discovery.k8s.io', resource: 'endpointslices' }, service.metadata.namespace)
    .filter(({ metadata, addressType }) => metadata.labels?.[serviceNameLabel] === service.metadata.name && addressType === 'IPv4');
  const targets = slices.flatMap(({ endpoints, ports: slicePorts }) => {
    const number = slicePorts?.find((candidate) => (candidate.name ?? '') === (chosen.name ?? ''))?.port;
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready ?? true);
    return number ? ready.flatMap(({ addresses }) => (addresses[0] ? [{ host: addresses[0], port: number }] : [])) : [];
  });
  const target = targets[Math.floor(Math.random() * targets.length)];
  if (!target) throw errors.serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return { ...target, tls: scheme === 'https' };
}
