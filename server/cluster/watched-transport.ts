import { ConnectionError } from '../../runtime/client/response-error';
import type { Transport } from '../../runtime/client/transport';

export interface Reachability {
  /** The server answered, if only to refuse. */
  answered(): void;
  failed(error: ConnectionError): void;
}

/** The same transport, whose outcomes tell whether the server can be reached. */
export function watchedTransport(transport: Transport, reachability: Reachability): Transport {
  const note = (error: unknown): void => {
    if (error instanceof ConnectionError) reachability.failed(error);
    else reachability.answered();
  };
  async function* watched<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      for await (const item of items) {
        reachability.answered();
        yield item;
      }
    } catch (error) {
      note(error);
      throw error;
    }
  }
  return {
    async request<T>(request: Parameters<Transport['request']>[0]): Promise<T> {
      try {
        const answer = await transport.request<T>(request);
        reachability.answered();
        return answer;
      } catch (error) {
        if (!request.signal?.aborted) note(error);
        throw error;
      }
    },
    stream: (request) => watched(transport.stream(request)),
    bytes: (request) => watched(transport.bytes(request)),
    close: () => transport.close(),
  };
}
