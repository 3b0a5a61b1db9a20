import type { Container, Probe } from '../../api/kinds';
import type { ContainerRuntime } from '../container-runtime';
import { ExecTimeoutError } from '../container-runtime';
import { formatDuration } from '../pods/backoff';
import { grpcProbe } from './grpc-probe';
import { httpProbe } from './http-probe';
import { longestOutput, type ProbeResult } from './probe-result';
import { tcpProbe } from './tcp-probe';

export const probeUserAgent = 'kube-probe/1.36';

export interface ProbeSubject {
  container: Container;
  containerId: string;
  podIP: string;
}

/** Where a probe's or hook's port is: a number, or the name of a port of the container. */
export function resolvePort(port: number | string, container: Container): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (named === undefined) throw new PortError(`couldn't find port: ${JSON.stringify(port)} in container ports`);
  return named;
}

export class PortError extends Error {
  override readonly name = 'PortError';
}

/** Tries a probe once. Connections go to the pod's address, from where the kubelet is. */
export async function runProbe(probe: Probe, subject: ProbeSubject, runtime: ContainerRuntime): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const { container, containerId, podIP } = subject;
  if (probe.exec) return execProbe(runtime, containerId, probe.exec.command ?? [], probe.timeoutSeconds ?? 1);
  if (probe.httpGet) {
    const { scheme = 'HTTP', host, port, path = '/', httpHeaders = [] } = probe.httpGet;
    return httpProbe({
      scheme,
      host: host || podIP,
      port: resolvePort(port, container),
      path,
      headers: httpHeaders,
      timeoutMs,
      userAgent: probeUserAgent,
    });
  }
  if (probe.tcpSocket)
    return tcpProbe(probe.tcpSocket.host || podIP, resolvePort(probe.tcpSocket.port, container), timeoutMs);
  if (probe.grpc) return grpcProbe(podIP, probe.grpc.port, probe.grpc.service ?? '', timeoutMs, probeUserAgent);
  return { result: 'unknown', output: `missing probe handler for ${container.name}` };
}

async function execProbe(
  runtime: ContainerRuntime,
  id: string,
  command: string[],
  timeoutSeconds: number,
): Promise<ProbeResult> {
  try {
    const { exitCode, output } = await runtime.execSync(id, command, timeoutSeconds);
    return { result: exitCode === 0 ? 'success' : 'failure', output: output.slice(0, longestOutput) };
  } catch (error) {
    if (!(error instanceof ExecTimeoutError)) throw error;
    return {
      result: 'failure',
      output: `command timed out: "${command.join(' ')}" timed out after ${formatDuration(timeoutSeconds * 1000)}`,
    };
  }
}
