import type { PrinterColumn } from '../../api/table';
import type { ResourceInfo } from '../../api/resource';
import type { KubeObject } from '../../api/object';
import type { RequestInfo, UserInfo } from '../request';
import type { ListResult } from '../storage/resource-storage';
import type { Entry } from '../storage/entry';
import type { WatchConsumer, Watcher } from '../watch/watcher';
import type { Query } from './query';

/** A request once it is authenticated, whatever carried it (HTTPS, or a component in the same process). */
export interface ApiRequest {
  readonly method: string;
  readonly info: RequestInfo;
  readonly query: Query;
  readonly named: boolean;
  readonly rest: string;
  readonly user: UserInfo;
  readonly userAgent: string;
  readonly contentType: string;
  /** Bytes off the wire, or a value given in process. */
  readonly body: Buffer | { readonly value: unknown } | undefined;
  /** Texts of `Warning` headers, in order. */
  readonly warnings: string[];
}

/** How an endpoint presents its objects: its own version of the kind, which can differ from the stored one. */
export interface View {
  readonly info: ResourceInfo;
  /** Columns of a custom resource; undefined for a built-in kind. */
  readonly columns?: readonly PrinterColumn[];
  /** The object in this version. Stored objects are shared: never changed. */
  object(entry: Entry): KubeObject;
  /** The same as JSON. */
  bytes(entry: Entry): Buffer;
  /** Where it is there, to be awaited before entries are read: somebody else converts them. */
  prepare?(entries: readonly Entry[]): Promise<void> | undefined;
}

export type ApiResult =
  | { type: 'entry'; code: number; entry: Entry; view: View }
  | { type: 'list'; list: ListResult; view: View; /** Key to cache the encoded list by; undefined: don't. */ cacheKey?: string }
  | { type: 'object'; code: number; object: object; /** When it can be shown as a table. */ info?: ResourceInfo }
  | { type: 'raw'; code: number; contentType: string; body: Buffer | string; headers?: Readonly<Record<string, string>> }
  | { type: 'watch'; view: View; start(consumer: WatchConsumer): Watcher };
