import pino from 'pino';
import { Daemon } from '../../cluster/daemon';

/** The cluster's process; its output is the cluster's log. */
export async function runDaemon(name: string): Promise<void> {
  const logger = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 1, sync: false }));
  process.on('unhandledRejection', (error) => logger.error({ error: String((error as Error)?.stack ?? error) }, 'unhandled rejection'));
  const daemon = await Daemon.start(name, logger);
  // The user ends a cluster with `podium down`; a signal ends the process and keeps the cluster for the next `up`.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void daemon.leave());
  await daemon.finished;
  process.exit(0);
}
