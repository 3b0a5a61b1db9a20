import { readFileSync } from 'node:fs';
import pino from 'pino';
import { startAgent } from './agent';
import { nodeJoin, nodeJoinFile } from './join';

const logger = pino({ base: undefined });

process.on('unhandledRejection', (error) => logger.error({ error: String(error) }, 'unhandled rejection'));

async function main(): Promise<void> {
  const join = nodeJoin.parse(JSON.parse(readFileSync(process.argv[2] ?? nodeJoinFile, 'utf8')));
  const agent = await startAgent(join, logger);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping; the pods go on');
      void agent.stop().finally(() => process.exit(0));
    });
  }
}

main().catch((error: Error) => {
  logger.error({ error: error.stack }, 'the node agent did not start');
  process.exit(1);
});
