import type { EndpointSlice, Namespace, Service } from '../../api/kinds';
import type { Informer } from '../../client/client';
import type { ClusterView } from './cluster-records';

/** The cluster's names out of informers. Expects the slices' `service` index that ServiceProxy adds. */
export function informerView(
  domain: string,
  informers: { services: Informer<Service>; endpointSlices: Informer<EndpointSlice>; namespaces: Informer<Namespace> },
): ClusterView {
  const { services, endpointSlices, namespaces } = informers;
  services.addIndex('clusterIP', ({ spec }) => (spec?.clusterIP && spec.clusterIP !== 'None' ? [spec.clusterIP] : []));
  endpointSlices.addIndex('address', ({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
  return {
    domain,
    service: (namespace, name) => services.get(name, namespace),
    slices: (namespace, name) => endpointSlices.byIndex('service', `${namespace}/${name}`),
    namespaceExists: (namespace) => namespaces.get(namespace) !== undefined,
    slicesByIP: (ip) => endpointSlices.byIndex('address', ip),
    serviceByIP: (ip) => services.byIndex('clusterIP', ip)[0],
  };
}
