import type { Live, Node } from '../api/kinds';
import type { Informer } from '../client/client';
import type { Logger } from '../log';
import { runCommand } from './command';
import { syncRoutes, wantedRoutes } from './network/node-routes';
import type { RoutedPodNetwork } from './network/pod-network';

/** A network that was cut and joined again has lost our routes, and nothing tells: look again this often. */
const resyncMs = 5000;

/** Follows the cluster's nodes: our podCIDR to the pod network, everybody else's into the kernel's routes. */
export function followNodes(options: {
  nodes: Informer<Node>;
  nodeName: string;
  network: RoutedPodNetwork;
  logger: Logger;
}): { stop(): void } {
  const { nodes, nodeName, network, logger } = options;
  let work = Promise.resolve();

  const sync = (): void => {
    work = work.then(async () => {
      try {
        const podCIDR = nodes.get(nodeName)?.spec?.podCIDR;
        if (podCIDR) await network.configure(podCIDR);
        await syncRoutes(wantedRoutes(nodes.list(), nodeName));
      } catch (error) {
        logger.warn({ error: (error as Error).message }, 'routes to other nodes');
      }
    });
  };
  const changed = (node: Live<Node>, previous?: Live<Node>): void => {
    if (!previous || routeInputs(node) !== routeInputs(previous)) sync();
  };
  const off = nodes.on({ added: changed, updated: changed, deleted: changed });
  const timer = setInterval(sync, resyncMs);
  return {
    stop() {
      clearInterval(timer);
      off();
    },
  };
}

function routeInputs(node: Node): string {
  return JSON.stringify([node.spec?.podCIDR, node.status?.addresses]);
}

/** Makes a Service's address the node's own, so that what listens here answers for it. */
export async function ownAddress(ip: string): Promise<void> {
  await runCommand('ip', ['addr', 'replace', `${ip}/32`, 'dev', 'lo']);
}
