import { connect } from 'node:net';
import { dialError } from './http-probe';
import type { ProbeResult } from './probe-result';

/** Success is a connection. */
export function tcpProbe(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => done({ result: 'failure', output: `dial tcp ${host}:${port}: i/o timeout` }),
      timeoutMs,
    );
    socket.once('connect', () => done({ result: 'success', output: '' }));
    socket.once('error', (error) => done({ result: 'failure', output: dialError(error, host, port) }));
  });
}
