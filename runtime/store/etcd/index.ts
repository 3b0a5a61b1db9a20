import { noop } from 'cockatiel';
import { Etcd3, GRPCOutOfRangeError } from 'etcd3';
import type { IRangeResponse, IRequestOp, IResponseHeader } from 'etcd3';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../clock';
import type { Clock } from '../../clock';
import { CompactedError, FutureRevisionError, StoreClosedError } from '../store';
import type {
  Compare, KeyValue, RangeOptions, RangeResult, Revision, Store, TransactionResult, Watch, WatchOptions, WatchSink, Write,
} from '../store';
import { assertDistinctKeys } from '../transactions';
import { isUnavailable, typedError } from './errors';
import { KeySpace, rangeEnd } from './keys';
import { LeasePool } from './leases';
import { compactedRevision, EtcdWatch } from './watch';

export { StoreTimeoutError, StoreUnavailableError } from './errors';

export interface EtcdStoreOptions {
  /** `http://host:port` or `https://host:port`. */
  endpoints: string[];
  /** Before every key; `/podium` unless told. */
  prefix?: string;
  credentials?: { username: string; password: string };
  /** PEM. */
  tls?: { ca: Buffer; cert?: Buffer; key?: Buffer };
  /** A call that takes longer fails. */
  timeoutMs?: number;
  /** What is older than one to two such spans is compacted; 0: never, others do. */
  compactionIntervalMs?: number;
  clock?: Clock;
}

const readAttempts = 3;
const mostMessageBytes = 512 << 20;

/** Opens a store in etcd ≥ 3.4. Throws StoreUnavailableError or StoreTimeoutError when none answers. */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  const store = new EtcdStore(options);
  try {
    await store.currentRevision();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class EtcdStore implements Store {
  private readonly etcd: Etcd3;
  private readonly keys: KeySpace;
  private readonly leases: LeasePool;
  private readonly clock: Clock;
  private readonly watches = new Set<EtcdWatch>();
  /** The newest revision that any answer told of: watches without a start begin after it. */
  private seen: Revision = 1;
  private closed = false;
  private cancelCompaction: (() => void) | undefined;

  constructor(private readonly options: EtcdStoreOptions) {
    const { endpoints, prefix = '/podium', credentials, tls, timeoutMs = 10_000 } = options;
    this.clock = options.clock ?? systemClock;
    this.etcd = new Etcd3({
      hosts: endpoints,
      ...(credentials && { auth: credentials }),
      ...(tls && { credentials: { rootCertificate: tls.ca, ...(tls.key && { privateKey: tls.key }), ...(tls.cert && { certChain: tls.cert }) } }),
      grpcOptions: {
        'grpc.max_receive_message_length': mostMessageBytes,
        'grpc.max_send_message_length': mostMessageBytes,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 2000,
        'grpc.keepalive_time_ms': 30_000,
        'grpc.keepalive_timeout_ms': 10_000,
      },
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + timeoutMs }),
      // A write must not be repeated unasked: done at the first attempt, its guards would fail at the second.
      faultHandling: { host: () => noop, global: noop },
    });
    this.keys = new KeySpace(prefix);
    this.leases = new LeasePool(this.etcd.leaseClient, this.clock);
    this.scheduleCompaction(undefined);
  }

  async get(key: string, { revision }: { revision?: Revision } = {}): Promise<{ kv: KeyValue | undefined; revision: Revision }> {
    const { kvs, header } = await this.read(revision, () => this.etcd.kv.range({ key: this.keys.encode(key), ...(revision && { revision }) }));
    return { kv: kvs[0] && this.keys.keyValue(kvs[0]), revision: revision || Number(header.revision) };
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    const { revision, limit } = options;
    const [page, count] = await this.read(revision, () => this.rangeAndCount(prefix, options));
    return {
      kvs: page.kvs.map((kv) => this.keys.keyValue(kv)),
      revision: revision || Number(page.header.revision),
      more: Boolean(limit) && page.more,
      count,
    };
  }

  async transact(compares: readonly Compare[], writes: readonly Write[]): Promise<TransactionResult> {
    assertDistinctKeys(writes);
    return this.call(true, async () => {
      const success = await Promise.all(writes.map((write) => this.operation(write)));
      const { succeeded, header, responses } = await this.etcd.kv.txn({
        compare: compares.map(({ key, modRevision }) => ({ key: this.keys.encode(key), target: 'Mod', result: 'Equal', mod_revision: modRevision })),
        success,
        failure: compares.map(({ key }) => ({ request_range: { key: this.keys.encode(key) } })),
      });
      const revision = this.saw(header);
      if (succeeded) return { succeeded: true, revision };
      const current = responses.map(({ response_range: { kvs } }) => kvs[0] && this.keys.keyValue(kvs[0]));
      return { succeeded: false, revision, current };
    });
  }

  watch(prefix: string, { from }: WatchOptions, sink: WatchSink): Watch {
    if (this.closed) {
      queueMicrotask(() => sink.end(new StoreClosedError()));
      return { cancel() {} };
    }
    const watch: EtcdWatch = new EtcdWatch({
      client: this.etcd.watchClient, keys: this.keys, prefix, from: from ?? this.seen + 1, sink,
      compacted: (revision) => (this.seen = Math.max(this.seen, revision)),
      ended: () => this.watches.delete(watch),
    });
    this.watches.add(watch);
    return watch;
  }

  async currentRevision(): Promise<Revision> {
    const { header } = await this.read(undefined, () => this.etcd.kv.range({ key: this.keys.encode(''), keys_only: true }));
    return Number(header.revision);
  }

  async compact(revision: Revision): Promise<void> {
    await this.read(revision, () => this.etcd.kv.compact({ revision }));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.cancelCompaction?.();
    for (const watch of [...this.watches]) watch.end(new StoreClosedError());
    this.etcd.close();
  }

  /** etcd counts from the start key on; behind a page, the whole is counted beside, at the same revision. */
  private async rangeAndCount(prefix: string, { revision, limit, after }: RangeOptions): Promise<[IRangeResponse, number]> {
    const first = this.keys.encode(prefix);
    const start = after === undefined ? first : later(first, this.keys.encode(`${after}\0`));
    const page = { key: start, range_end: rangeEnd(first), ...(revision && { revision }), ...(limit && { limit }) };
    if (after === undefined) {
      const response = await this.etcd.kv.range(page);
      return [response, Number(response.count)];
    }
    const whole = { key: first, range_end: rangeEnd(first), count_only: true, ...(revision && { revision }) };
    const { header, responses } = await this.etcd.kv.txn({ success: [{ request_range: page }, { request_range: whole }] });
    return [{ ...responses[0]!.response_range, header }, Number(responses[1]!.response_range.count)];
  }

  private async operation(write: Write): Promise<IRequestOp> {
    const key = this.keys.encode(write.key);
    if (write.type === 'delete') return { request_delete_range: { key } };
    const lease = write.ttlSeconds ? { lease: await this.leases.forSeconds(write.ttlSeconds) } : {};
    return { request_put: { key, value: write.value, ...lease } };
  }

  /** A call that may be repeated; `revision` is what an out-of-range error is about. */
  private async read<R extends { header: IResponseHeader } | [{ header: IResponseHeader }, number]>(
    revision: Revision | undefined, run: () => Promise<R>,
  ): Promise<R> {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.call(false, run);
        this.saw(Array.isArray(response) ? response[0].header : response.header);
        return response;
      } catch (error) {
        if (error instanceof GRPCOutOfRangeError && revision) throw await this.outOfRange(revision);
        if (attempt === readAttempts || !isUnavailable(error)) throw error;
        await delay(100 * attempt);
      }
    }
  }

  private async outOfRange(revision: Revision): Promise<Error> {
    const current = await this.currentRevision();
    return revision > current
      ? new FutureRevisionError(revision, current)
      : new CompactedError(revision, await compactedRevision(this.etcd.watchClient, revision));
  }

  private async call<R>(writing: boolean, run: () => Promise<R>): Promise<R> {
    if (this.closed) throw new StoreClosedError();
    try {
      return await run();
    } catch (error) {
      throw this.closed ? new StoreClosedError() : typedError(error, this.options.endpoints, writing);
    }
  }

  private saw({ revision }: IResponseHeader): Revision {
    this.seen = Math.max(this.seen, Number(revision));
    return Number(revision);
  }

  /** What was current an interval ago is compacted to, as the real API server does. */
  private scheduleCompaction(mark: Revision | undefined): void {
    const interval = this.options.compactionIntervalMs ?? 5 * 60_000;
    if (interval === 0) return;
    this.cancelCompaction = this.clock.after(interval, () => {
      void this.compactAt(mark).then((next) => !this.closed && this.scheduleCompaction(next));
    });
  }

  /** etcd that is away, or that somebody else has compacted, is for the next time. */
  private async compactAt(mark: Revision | undefined): Promise<Revision | undefined> {
    try {
      const next = await this.currentRevision();
      if (mark) await this.compact(mark);
      return next;
    } catch {
      return undefined;
    }
  }
}

function later(a: Buffer, b: Buffer): Buffer {
  return Buffer.compare(a, b) > 0 ? a : b;
}
