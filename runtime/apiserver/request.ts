import type { ResourceInfo } from '../api/resource';
import type { KubeObject } from '../api/object';

/** Who makes a request, once authenticated. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request is about, read off its method and path alone (apiserver/pkg/endpoints/request/requestinfo.go). */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `proxy`; lower-case method for other paths. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
}

/** What authentication reads: never the body. */
export interface Credentials {
  readonly authorization?: string;
  /** A client certificate whose chain the TLS layer has verified against the client CA, as DER. */
  readonly peerCertificate?: Buffer;
  /** Sec-WebSocket-Protocol, where browsers put a bearer token. */
  readonly webSocketProtocols?: string;
}

export interface Authenticator {
  /**
   * The user, or undefined when these credentials are not of this authenticator's kind.
   * Throws StatusError 401 for credentials that are of its kind and wrong. Synchronous when the answer is cached.
   */
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>;
}

export interface Decision {
  readonly allowed: boolean;
  /** A denial that later authorizers must not overrule. */
  readonly denied?: boolean;
  readonly reason?: string;
}

export interface Authorizer {
  authorize(user: UserInfo, request: RequestInfo): Decision;
}

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What an admission plugin sees. */
export interface AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly resource: ResourceInfo;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty on a create with generateName. */
  readonly name: string;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** The new object; absent on DELETE; of CONNECT its options (`PodExecOptions`), which have no metadata. `mutate` changes it in place. */
  readonly object?: KubeObject;
  readonly oldObject?: KubeObject;
  /** Options of the request (`CreateOptions`, …). */
  readonly options?: unknown;
  /** Added to the response's `Warning` headers. */
  warn(text: string): void;
}

export interface AdmissionPlugin {
  readonly name: string;
  /** Runs before validation, in the chain's order. Throws StatusError (usually Forbidden) to reject. */
  mutate?(attributes: AdmissionAttributes): void | Promise<void>;
  /** Runs after validation. */
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** Read access to what the API server itself stores, for authorizers and admission: always the newest state. */
export interface ApiLister {
  get<T extends KubeObject>(resource: { group: string; resource: string }, namespace: string | undefined, name: string): T | undefined;
  list<T extends KubeObject>(resource: { group: string; resource: string }, namespace?: string): readonly T[];
  /** A number that changes whenever an object of the resource does, to key caches by. */
  generation(resource: { group: string; resource: string }): number;
}
