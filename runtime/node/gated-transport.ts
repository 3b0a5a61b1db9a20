import type { Transport, TransportRequest } from '../client/transport';

/** A switch in a node's line to the API server. */
export interface TransportGate {
  open(): void;
  /** Cuts what is under way and lets nothing new through: what a paused or disconnected node looks like from outside. */
  close(): void;
}

class GateClosedError extends Error {
  override readonly name = 'GateClosedError';
  constructor() {
    super('the node is cut off');
  }
}

export function gateTransport(inner: Transport): { transport: Transport; gate: TransportGate } {
  let cut: AbortController | undefined = new AbortController();
  const through = (request: TransportRequest): TransportRequest => {
    if (!cut) throw new GateClosedError();
    return { ...request, signal: request.signal ? AbortSignal.any([request.signal, cut.signal]) : cut.signal };
  };
  const gate: TransportGate = {
    open: () => (cut ??= new AbortController()),
    close() {
      cut?.abort(new GateClosedError());
      cut = undefined;
    },
  };
  const transport: Transport = {
    request: async <T>(request: TransportRequest) => inner.request<T>(through(request)),
    async *stream(request) {
      yield* inner.stream(through(request));
    },
    async *bytes(request) {
      yield* inner.bytes(through(request));
    },
    close: () => inner.close(),
  };
  return { transport, gate };
}
