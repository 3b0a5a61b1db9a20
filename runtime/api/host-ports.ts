import type { Pod } from './kinds';

/** A port of the node that a container has for itself. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** What a pod's containers take while it runs: init containers that end give theirs back. */
export function hostPortsOf(pod: Pod): HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort) ports.push({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort });
    }
  }
  return ports;
}

/** A wildcard address conflicts with every address of the same port and protocol. */
export function portsConflict(wanted: HostPort, used: HostPort): boolean {
  return (
    wanted.port === used.port && wanted.protocol === used.protocol &&
    (wanted.ip === used.ip || wanted.ip === '0.0.0.0' || used.ip === '0.0.0.0')
  );
}
