import type { APIService, EndpointSlice, Service } from '../../api/kinds';
import type { ApiLister } from '../request';

/** The condition Available of an APIService. */
export interface Availability {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export const passed: Availability = { status: 'True', reason: 'Passed', message: 'all checks passed' };

export const failedCheck = (path: string, error: Error): Availability => ({
  status: 'False', reason: 'FailedDiscoveryCheck',
  message: `failing or missing response from ${path}: ${error.message}`,
});

const serviceNameLabel = 'kubernetes.io/service-name';
export const defaultPort = 443;

/** Why the server behind an APIService can't even be asked, as kube-aggregator words it. */
export function unavailable({ spec }: APIService, lister: ApiLister): Availability | undefined {
  const { name = '', namespace = '', port = defaultPort } = spec?.service ?? {};
  const no = (reason: string, message: string): Availability => ({ status: 'False', reason, message });
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = lister.get<Service>({ group: '', resource: 'services' }, namespace, name);
  if (!service) return no('ServiceNotFound', `${where} is not present`);
  if (service.spec?.type === 'ExternalName') return undefined;
  const found = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (!found) return no('ServicePortError', `${where} is not listening on port ${port}`);
  const slices = lister.list<EndpointSlice>({ group: 'discovery.k8s.io', resource: 'endpointslices' }, namespace)
    .filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === name);
  if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  const has = slices.some(({ endpoints, ports }) =>
    (ports ?? []).some((candidate) => (candidate.name ?? '') === (found.name ?? '')) &&
    (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false));
  const portName = JSON.stringify(found.name ?? '');
  if (has) return undefined;
  return no('MissingEndpoints', `endpointslices for ${where} have no addresses with port name ${portName}`);
}
