import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { KubeObject } from '../../api/object';
import type { RequestInfo, UserInfo } from '../request';
import type { Query } from './query';

export type ConnectKind = 'exec' | 'attach' | 'portforward' | 'log' | 'proxy';

/** A request that is handed on to a kubelet, a pod or a Service, already authenticated, authorized and admitted. */
export interface ConnectRequest {
  readonly kind: ConnectKind;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly query: Query;
  /** What follows the subresource in the path: `/index.html`; empty without. */
  readonly rest: string;
  /** The pod, node or Service. */
  readonly object: KubeObject;
}

/** Where the answer goes: an ordinary response, or the connection of a request that asks for an upgrade. */
export type ConnectTarget = { response: ServerResponse } | { socket: Duplex; head: Buffer };

/** Throws (or rejects with) a StatusError only before it has answered. */
export type ConnectHandler = (
  request: ConnectRequest, httpRequest: IncomingMessage, target: ConnectTarget,
) => void | Promise<void>;

const kinds = new Set<string>(['exec', 'attach', 'portforward', 'log', 'proxy']);

export function connectKind(info: RequestInfo): ConnectKind | undefined {
  return info.isResourceRequest && kinds.has(info.subresource) ? (info.subresource as ConnectKind) : undefined;
}

/** `name`, `name:port` or `scheme:name:port`, as the names of proxied pods, Services and nodes are written. */
export function splitProxyName(text: string): { scheme: string; name: string; port: string } {
  const parts = text.split(':');
  if (parts.length === 1) return { scheme: '', name: text, port: '' };
  if (parts.length === 2) return { scheme: '', name: parts[0] ?? '', port: parts[1] ?? '' };
  return { scheme: parts[0] ?? '', name: parts[1] ?? '', port: parts.slice(2).join(':') };
}
