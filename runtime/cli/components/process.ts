import pino from 'pino';
import type { Logger } from '../../log';

/** A component's log, to standard error. */
export function componentLogger(component: string): Logger {
  return pino({ base: { component } }, pino.destination({ fd: 2, sync: false }));
}

/** Keeps the process until it is told to end, then stops what runs. */
export async function runUntilSignal(stop: () => Promise<void> | void): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await stop();
}
