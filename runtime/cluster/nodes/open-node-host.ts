import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Logger } from '../../log';
import type { ClusterConfig } from '../config';
import { connectEngine } from '../engine';
import { ensureNodeImage } from '../images/node-image';
import { ensurePauseImage } from '../images/pause-image';
import type { Progress } from '../progress';
import { DockerNodeHost } from './docker-node-host';
import { type ClusterNetwork, ensureNetwork } from './docker-network';
import { followEngineEvents } from './engine-events';
import type { NodeHost } from './node-host';
import { SimulatedNodeHost } from './simulated-node-host';

/** A node host, ready to take nodes, and what the control plane has to know of it. */
export interface OpenNodeHost {
  nodes: NodeHost;
  network?: ClusterNetwork;
  /** Host under which the nodes reach this machine. */
  serverHost: string;
  pauseImage: string;
  /** Called when the engine answers again after it was gone: whatever it carried may have stopped. */
  onReturn(listener: () => void): void;
  stop(): void;
}

/** @param bundle folder of the running bundle: the agent and the simulated nodes' program are beside it. */
export async function openNodeHost(config: ClusterConfig, progress: Progress, logger: Logger, bundle = __dirname): Promise<OpenNodeHost> {
  if (config.runtime === 'simulated') {
    const nodes = new SimulatedNodeHost(join(bundle, 'simulated-nodes.js'), (reason) => logger.error({}, reason));
    return { nodes, serverHost: '127.0.0.1', pauseImage: 'podium/pause', onReturn() {}, stop() {} };
  }
  progress.step('connecting to the Docker Engine');
  const engine = await connectEngine();
  const [pauseImage, nodeImage, network] = await Promise.all([
    ensurePauseImage(engine),
    ensureNodeImage(engine, join(bundle, '../agent'), (step) => progress.step(step)),
    ensureNetwork(engine, config.name, config.network),
  ]);
  progress.reached('imagesReady');
  const nodes = new DockerNodeHost({ engine, cluster: config.name, network, nodeImage });
  let gone = false;
  let returned = (): void => {};
  const stop = followEngineEvents(engine, config.name, {
    event: (node, action) => void nodes.handleEngineEvent(node, action).catch((error: Error) => logger.warn({ node, error: error.message }, 'engine event')),
    connected() {
      logger.info({}, 'following the engine');
      if (gone) returned();
      gone = false;
    },
    disconnected() {
      logger.warn({}, 'the engine does not answer');
      gone = true;
    },
  }, logger);
  return { nodes, network, serverHost: (await isOwnAddress(network.gateway)) ? network.gateway : 'host.docker.internal', pauseImage, onReturn: (listener) => (returned = listener), stop };
}

/**
 * False where the engine runs in a VM: its bridges are not this machine's. Asked by listening there, for a bridge that has no
 * container yet isn't among the running interfaces.
 */
function isOwnAddress(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(0, address, () => probe.close(() => resolve(true)));
  });
}
