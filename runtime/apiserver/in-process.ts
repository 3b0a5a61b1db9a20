import { setMaxListeners } from 'node:events';
import { errors } from '../api/status';
import type { Transport, TransportRequest } from '../client/transport';
import type { Clock } from '../clock';
import type { ApiRequest, ApiResult } from './http/api-request';
import { presented } from './http/encode';
import { forbidden } from './http/forbidden';
import { plainJson } from './http/negotiate';
import { emptyQuery, queryOf } from './http/query';
import { parseRequestParts } from './http/request-info';
import { dispatch } from './registry/dispatch';
import type { Handlers } from './registry/dispatch';
import type { Core } from './registry/core';
import type { Authorizer, UserInfo } from './request';
import { FrameEncoder } from './watch/frames';
import type { WatchEvent } from './watch/watcher';

export interface InProcessOptions {
  core: Core;
  handlers: Handlers;
  authorizer: Authorizer;
  clock: Clock;
  /** Documents that aren't resources, as values (discovery). */
  document(path: string): object | undefined;
}

/**
 * Requests of components in the API server's own process. They are authorized and admitted like any other, but objects
 * pass as they are: what comes back is shared and must not be changed.
 */
export class InProcessTransport implements Transport {
  private readonly closing = new AbortController();

  constructor(private readonly options: InProcessOptions, private readonly user: UserInfo, private readonly userAgent: string) {
    // Each open watch listens; a controller manager has one a kind.
    setMaxListeners(0, this.closing.signal);
  }

  async request<T>(request: TransportRequest): Promise<T> {
    const result = await this.run(request);
    if (result.type === 'watch') throw errors.badRequest('a watch is a stream');
    if (result.type === 'raw') return (result.contentType === 'application/json' ? JSON.parse(String(result.body)) : String(result.body)) as T;
    return presented(result, plainJson, emptyQuery, this.options.clock) as T;
  }

  async *stream(request: TransportRequest): AsyncIterable<unknown> {
    const result = await this.run({ ...request, query: { ...request.query, watch: true } });
    if (result.type !== 'watch') throw errors.badRequest('this request is not a watch');
    const queue: WatchEvent[] = [];
    let ended = false;
    let wake = (): void => undefined;
    const watcher = result.start({
      events: (events) => {
        for (const event of events) queue.push(event);
        wake();
      },
      end: () => {
        ended = true;
        wake();
      },
    });
    const stop = () => {
      ended = true;
      watcher.stop();
      wake();
    };
    const signals = [this.closing.signal, ...(request.signal ? [request.signal] : [])];
    if (request.signal) setMaxListeners(0, request.signal);
    for (const signal of signals) signal.addEventListener('abort', stop, { once: true });
    if (signals.some((signal) => signal.aborted)) stop();
    const encoder = new FrameEncoder(result.view, plainJson, emptyQuery, this.options.clock);
    try {
      if (!ended) watcher.start();
      for (;;) {
        const batch = queue.splice(0);
        for (const event of batch) yield eventObject(event, result, encoder);
        if (queue.length > 0) continue;
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      watcher.stop();
      for (const signal of signals) signal.removeEventListener('abort', stop);
    }
  }

  async *bytes(request: TransportRequest): AsyncIterable<Buffer> {
    const result = await this.run(request);
    if (result.type !== 'raw') throw errors.badRequest('only documents can be read as bytes in process');
    yield Buffer.from(result.body);
  }

  close(): void {
    this.closing.abort();
  }

  private async run(request: TransportRequest): Promise<ApiResult> {
    const { core, handlers, authorizer, document } = this.options;
    const query = request.query ? queryOf(request.query) : emptyQuery;
    const { info, named, rest } = parseRequestParts(request.method, request.path, query);
    const decision = authorizer.authorize(this.user, info);
    if (!decision.allowed) throw forbidden(this.user, info, decision.reason);
    if (!info.isResourceRequest) {
      const object = document(info.path);
      if (!object) throw errors.notFound({ kind: 'path', name: info.path });
      return { type: 'object', code: 200, object };
    }
    const apiRequest: ApiRequest = {
      method: request.method, info, query, named, rest, user: this.user, userAgent: this.userAgent,
      contentType: request.contentType ?? 'application/json', warnings: [],
      body: request.body === undefined ? undefined : { value: request.body },
    };
    return dispatch(core, handlers, apiRequest);
  }
}

function eventObject(event: WatchEvent, { view }: Extract<ApiResult, { type: 'watch' }>, encoder: FrameEncoder): object {
  if (event.type === 'ERROR') return { type: 'ERROR', object: event.status };
  if (event.type === 'BOOKMARK') return { type: 'BOOKMARK', object: encoder.bookmark(event) };
  return { type: event.type, object: view.object(event.entry) };
}
