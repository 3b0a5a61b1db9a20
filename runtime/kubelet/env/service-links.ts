import type { Service, ServicePort } from '../../api/kinds';

/** The Service that every pod is told of, links enabled or not. */
const masterServices = new Set(['kubernetes']);
const masterNamespace = 'default';

/** Services whose variables a pod gets: those of its namespace, and `kubernetes`; headless ones have none. */
export function linkedServices(
  services: readonly Service[],
  namespace: string,
  enableServiceLinks: boolean,
): Service[] {
  const byName = new Map<string, Service>();
  for (const service of services) {
    const name = service.metadata.name as string;
    const address = service.spec?.clusterIP;
    if (!address || address === 'None') continue;
    const master = service.metadata.namespace === masterNamespace && masterServices.has(name);
    if (service.metadata.namespace === namespace && (enableServiceLinks || master)) byName.set(name, service);
    else if (master && !byName.has(name)) byName.set(name, service);
  }
  return [...byName.values()];
}

/** `FOO_SERVICE_HOST`, `FOO_SERVICE_PORT[_NAME]` and Docker's link variables (pkg/kubelet/envvars). */
export function serviceVariables(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    const name = variableName(service.metadata.name as string);
    const { clusterIP = '', ports = [] } = service.spec ?? {};
    variables.set(`${name}_SERVICE_HOST`, clusterIP);
    variables.set(`${name}_SERVICE_PORT`, String(ports[0]?.port ?? ''));
    for (const port of ports) {
      if (port.name) variables.set(`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
    }
    linkVariables(variables, name, clusterIP, ports);
  }
  return variables;
}

function linkVariables(
  variables: Map<string, string>,
  name: string,
  address: string,
  ports: readonly ServicePort[],
): void {
  const host = address.includes(':') ? `[${address}]` : address;
  ports.forEach((port, index) => {
    const protocol = port.protocol ?? 'TCP';
    const url = `${protocol.toLowerCase()}://${host}:${port.port}`;
    const prefix = `${name}_PORT_${port.port}_${protocol}`;
    if (index === 0) variables.set(`${name}_PORT`, url);
    variables.set(prefix, url);
    variables.set(`${prefix}_PROTO`, protocol.toLowerCase());
    variables.set(`${prefix}_PORT`, String(port.port));
    variables.set(`${prefix}_ADDR`, address);
  });
}

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_');
