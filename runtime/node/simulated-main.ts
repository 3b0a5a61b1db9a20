import pino from 'pino';
import { SimulatedNodes } from './simulated-nodes';
import type { SimulatedCommand, SimulatedReply } from './simulated-protocol';

/** The process of all simulated nodes of a cluster; it ends when the cluster daemon's channel closes. */
const logger = pino({ base: undefined });
const nodes = new SimulatedNodes(logger);

process.on('unhandledRejection', (error) => logger.error({ error: String(error) }, 'unhandled rejection'));
process.on('disconnect', () => process.exit(0));
process.on('message', (command: SimulatedCommand & { id: number }) => {
  nodes.carryOut(command).then(
    (reply) => answer({ id: command.id, ...reply }),
    (error: Error) => answer({ id: command.id, error: error.message }),
  );
});

function answer(reply: SimulatedReply): void {
  process.send?.(reply);
}
