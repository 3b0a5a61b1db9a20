import type { WebSocket } from 'ws';

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path without query: `/api/v1/namespaces/default/pods`. */
  path: string;
  query?: Record<string, string | number | boolean | readonly string[] | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** `application/json` unless told. */
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

/** How a client reaches an API server: over HTTPS (kubeconfig), or in process (the control plane's own components). */
export interface Transport {
  /** The decoded JSON body, or text for other content types. Throws StatusError for a failure that the server answered. */
  request<T>(request: TransportRequest): Promise<T>;
  /** A response as it arrives, decoded line by line (watch). Ends when the server ends it or the signal aborts; throws StatusError. */
  stream(request: TransportRequest): AsyncIterable<unknown>;
  /** A response as raw bytes as they arrive (logs). */
  bytes(request: TransportRequest): AsyncIterable<Buffer>;
  /** An open WebSocket to a streaming subresource (exec, attach, portforward); `protocol` is the agreed one. HTTP transports only. */
  upgrade?(request: { path: string; query?: TransportRequest['query']; protocols: string[]; signal?: AbortSignal }): Promise<WebSocket>;
  close(): void;
}
