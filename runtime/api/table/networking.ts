import {
  ageColumn,
  ageOf,
  column,
  labelsCell,
  nameColumn,
  nameOf,
  orNone,
  selectorCell,
  selectorColumn,
  someOf,
} from './printer';
import type { Printer } from './printer';
import type { View } from './view';

/** What isn't asked for with `-o wide` upstream is clipped; the server always prints wide, so addresses come whole. */
function loadBalancerAddresses(object: View): string {
  const addresses = object.list('status', 'loadBalancer', 'ingress').map((i) => i.text('ip') || i.text('hostname'));
  return [...new Set(addresses.filter((address) => address))].sort().join(',');
}

function externalIPs(service: View): string {
  const own = service.values('spec', 'externalIPs').map(String);
  switch (service.text('spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(own.join(','));
    case 'LoadBalancer': {
      const balancer = loadBalancerAddresses(service);
      return [...(balancer ? [balancer] : []), ...own].join(',') || '<pending>';
    }
    case 'ExternalName':
      return service.text('spec', 'externalName');
    default:
      return '<unknown>';
  }
}

function servicePorts(service: View): string {
  const ports = service.list('spec', 'ports').map((port) => {
    const nodePort = port.number('nodePort');
    return `${port.number('port')}${nodePort > 0 ? `:${nodePort}` : ''}/${port.text('protocol')}`;
  });
  return orNone(ports.join(','));
}

const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

function endpointsCell(endpoints: View): string {
  const subsets = endpoints.list('subsets');
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap((subset) => {
    const addresses = subset.list('addresses').map((address) => address.text('ip'));
    const ports = subset.list('ports');
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) => addresses.map((address) => hostPort(address, port.number('port'))));
  });
  return someOf(all, 3, '');
}

function slicePort(port: View): string {
  if (port.has('port')) return String(port.number('port'));
  return port.has('name') ? port.text('name') : '*';
}

/** Rules without a host count among those that are left out, as upstream counts them. */
function ingressHosts(ingress: View): string {
  const rules = ingress.list('spec', 'rules');
  const shown: string[] = [];
  let more = false;
  for (const rule of rules) {
    if (shown.length === 3) more = true;
    else if (rule.text('host')) shown.push(rule.text('host'));
  }
  if (shown.length === 0) return '*';
  return more ? `${shown.join(',')} + ${rules.length - 3} more...` : shown.join(',');
}

function ingressParameters(ingressClass: View): string {
  if (!ingressClass.has('spec', 'parameters')) return '<none>';
  const parameters = ingressClass.at('spec', 'parameters');
  const group = parameters.has('apiGroup') ? `.${parameters.text('apiGroup')}` : '';
  return `${parameters.text('kind')}${group}/${parameters.text('name')}`;
}

function parentRef(address: View): string {
  if (!address.has('spec', 'parentRef')) return '<none>';
  const ref = address.at('spec', 'parentRef');
  const resource = ref.text('group') ? `${ref.text('resource')}.${ref.text('group')}` : ref.text('resource');
  const namespace = ref.text('namespace') ? `/${ref.text('namespace')}` : '';
  return `${resource.toLowerCase()}${namespace}/${ref.text('name')}`;
}

export const networkingPrinters: Record<string, Printer> = {
  'Service': {
    columns: [
      nameColumn,
      column('Type', 'string', 'How the service is reached.'),
      column('Cluster-IP', 'string', 'Address inside the cluster.'),
      column('External-IP', 'string', 'Addresses from outside.'),
      column('Port(s)', 'string', 'Ports, with node port and protocol.'),
      ageColumn,
      selectorColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('spec', 'type'),
      String(o.values('spec', 'clusterIPs')[0] ?? orNone(o.text('spec', 'clusterIP'))),
      externalIPs(o),
      servicePorts(o),
      ageOf(o, now),
      labelsCell(o.map('spec', 'selector')),
    ],
  },
  'Endpoints': {
    columns: [nameColumn, column('Endpoints', 'string', 'Addresses and ports behind the service.'), ageColumn],
    cells: (o, now) => [nameOf(o), endpointsCell(o), ageOf(o, now)],
  },
  'discovery.k8s.io/EndpointSlice': {
    columns: [
      nameColumn,
      column('AddressType', 'string', 'Kind of the addresses.'),
      column('Ports', 'string', 'Ports of every endpoint.'),
      column('Endpoints', 'string', 'Addresses of the endpoints.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.text('addressType'),
      someOf(o.list('ports').map(slicePort), 3, '<unset>'),
      someOf(
        o.list('endpoints').flatMap((e) => e.values('addresses').map(String)),
        3,
        '<unset>',
      ),
      ageOf(o, now),
    ],
  },
  'networking.k8s.io/Ingress': {
    columns: [
      nameColumn,
      column('Class', 'string', 'Ingress class that serves it.'),
      column('Hosts', 'string', 'Host names that are routed.'),
      column('Address', 'string', 'Where the load balancer listens.'),
      column('Ports', 'string', 'Ports that are open.'),
      ageColumn,
    ],
    cells: (o, now) => [
      nameOf(o),
      o.has('spec', 'ingressClassName') ? o.text('spec', 'ingressClassName') : '<none>',
      ingressHosts(o),
      loadBalancerAddresses(o),
      o.values('spec', 'tls').length > 0 ? '80, 443' : '80',
      ageOf(o, now),
    ],
  },
  'networking.k8s.io/IngressClass': {
    columns: [
      nameColumn,
      column('Controller', 'string', 'Controller that serves the class.'),
      column('Parameters', 'string', 'Object with further settings.'),
      ageColumn,
    ],
    cells: (o, now) => [nameOf(o), o.text('spec', 'controller'), ingressParameters(o), ageOf(o, now)],
  },
  'networking.k8s.io/NetworkPolicy': {
    columns: [nameColumn, column('Pod-Selector', 'string', 'Pods that the policy is for.'), ageColumn],
    cells: (o, now) => [nameOf(o), selectorCell(o.value('spec', 'podSelector')), ageOf(o, now)],
  },
  'networking.k8s.io/ServiceCIDR': {
    columns: [nameColumn, column('CIDRs', 'string', 'Ranges that service addresses come from.'), ageColumn],
    cells: (o, now) => [nameOf(o), o.values('spec', 'cidrs').join(','), ageOf(o, now)],
  },
  'networking.k8s.io/IPAddress': {
    columns: [nameColumn, column('ParentRef', 'string', 'Object that has the address.')],
    cells: (o) => [nameOf(o), parentRef(o)],
  },
};
