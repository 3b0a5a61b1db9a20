import { podLogs, type PodRef } from '../../runtime/client/pods/streams';
import type { Client } from '../../runtime/client/resource-client';
import { describeFailure } from '../errors';
import { LineSplitter } from './line-splitter';
import type { LogLine, LogOptions } from './protocol';

export interface LogSourceRef {
  id: number;
  pod: PodRef;
  container: string;
}

/** Lines of the beginning that are asked for, so that the log of a year doesn't come first. */
const tailLines = 2_000;
const retryMs = 2_000;

/**
 * Follows the log of one container and passes its lines on. A container that isn't there yet, or restarts, is followed
 * again; `isWanted` says whether it is still one of those to be shown.
 */
export async function followLog(
  client: Client,
  source: LogSourceRef,
  options: LogOptions,
  sink: (lines: LogLine[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { id, pod, container } = source;
  let sinceTime: string | undefined;
  let told = '';
  while (!signal.aborted) {
    const splitter = new LineSplitter(id);
    const since = sinceTime
      ? { sinceTime }
      : options.sinceSeconds > 0
        ? { sinceSeconds: options.sinceSeconds }
        : { tailLines };
    try {
      const chunks = podLogs(client, pod, {
        container,
        follow: options.follow,
        previous: options.previous,
        timestamps: true,
        signal,
        ...since,
      });
      for await (const chunk of chunks) {
        const lines = after(splitter.push(chunk), sinceTime);
        sinceTime = lines.at(-1)?.[1] || sinceTime;
        if (lines.length > 0) await sink(lines);
      }
      const rest = splitter.end();
      if (rest.length > 0) await sink(rest);
    } catch (error) {
      if (signal.aborted) return;
      const { message } = describeFailure(error);
      if (message !== told) await sink([[id, '', `${pod.name}/${container}: ${message}`]]);
      told = message;
    }
    if (!options.follow) return;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

/** The server counts `sinceTime` in whole seconds: what was shown already comes again. */
function after(lines: LogLine[], time: string | undefined): LogLine[] {
  return time === undefined ? lines : lines.filter(([, each]) => each === '' || each > time);
}
