import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { LogOptions } from '../container-runtime';
import { RuntimeError } from '../container-runtime';
import { findPod, HttpError, loggedContainer } from './find-container';
import type { KubeletServerOptions } from './options';

export interface LogRequest {
  request: IncomingMessage;
  response: ServerResponse;
  parts: string[];
  query: URLSearchParams;
}

interface LogQuery extends Omit<LogOptions, 'signal'> {
  previous: boolean;
  timestamps: boolean;
  limitBytes?: number;
  stream?: 'stdout' | 'stderr';
}

/** `/containerLogs/NAMESPACE/POD/CONTAINER`: lines as plain text, each as it comes when followed. */
export async function serveContainerLogs(
  options: KubeletServerOptions,
  { request, response, parts, query }: LogRequest,
): Promise<void> {
  const { runtime, clock } = options;
  const wanted = logQuery(query, clock.now());
  const pod = findPod(options.pods(), parts);
  const name = parts.at(-1) ?? '';
  const id = loggedContainer(pod, name, wanted.previous);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  request.on('error', () => gone.abort());
  const { follow, tailLines, sinceTime } = wanted;
  const lines = runtime.logs(id, {
    follow,
    signal: gone.signal,
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceTime !== undefined && { sinceTime }),
  });
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  // A client that follows is answered before there is a line.
  if (follow) response.flushHeaders();
  try {
    await copy(lines, response, wanted, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof RuntimeError) || response.headersSent) throw error;
    throw new HttpError(500, `failed to open log file of container ${name}: ${error.message}`);
  }
  response.end();
}

async function copy(
  lines: ReturnType<KubeletServerOptions['runtime']['logs']>,
  response: ServerResponse,
  wanted: LogQuery,
  signal: AbortSignal,
): Promise<void> {
  let left = wanted.limitBytes ?? Infinity;
  for await (const { stream, timestamp, content } of lines) {
    if (wanted.stream && stream !== wanted.stream) continue;
    const line = wanted.timestamps ? Buffer.concat([Buffer.from(`${timestamp} `), content]) : content;
    const more = response.write(line.length > left ? line.subarray(0, left) : line);
    left -= line.length;
    if (left <= 0 || signal.aborted) return;
    if (!more)
      await Promise.race([once(response, 'drain', { signal }), once(response, 'close')]).catch(() => undefined);
  }
}

function logQuery(query: URLSearchParams, now: number): LogQuery {
  const flag = (name: string): boolean => ['true', '1', ''].includes(query.get(name) ?? 'false');
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null || text === '' || text === 'all') return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0)
      throw new HttpError(400, `{"error":"Unable to decode query: invalid ${name} ${JSON.stringify(text)}"}`);
    return value;
  };
  const tailLines = number('tailLines');
  const limitBytes = number('limitBytes');
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime')
    ? Date.parse(query.get('sinceTime') ?? '')
    : sinceSeconds !== undefined
      ? now - sinceSeconds * 1000
      : undefined;
  if (sinceTime !== undefined && Number.isNaN(sinceTime))
    throw new HttpError(400, '{"error":"Unable to decode query: invalid sinceTime"}');
  const stream = query.get('stream')?.toLowerCase();
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceTime !== undefined && { sinceTime }),
    ...((stream === 'stdout' || stream === 'stderr') && { stream }),
  };
}
