import { request } from 'node:http';
import type { DaemonFile } from './local-clusters';

/**
 * Tells a cluster's daemon that a window has it open; the connection itself is the message, so a window that crashes lets go
 * too. `ended` is called when the daemon goes away. Returns the release.
 */
export function holdCluster(daemon: DaemonFile, endWithLast: boolean, ended: () => void): () => void {
  let released = false;
  const finish = (): void => {
    if (!released) ended();
    released = true;
  };
  const held = request({
    host: '127.0.0.1',
    port: daemon.port,
    path: `/hold?end=${endWithLast}`,
    agent: false,
    headers: { authorization: `Bearer ${daemon.token}` },
  });
  held.on('response', (response) => response.on('error', finish).on('close', finish).resume());
  held.on('error', finish).end();
  return () => {
    released = true;
    held.destroy();
  };
}
