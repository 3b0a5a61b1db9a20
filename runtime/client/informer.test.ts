import { afterEach, describe, expect, it } from 'vitest';
import type { KubeList, Live, Pod } from '../api/kinds';
import { errors, statusError } from '../api/status';
import { FakeClock } from '../clock';
import { silentLogger } from '../log';
import type { Informer, ListOptions, ResourceClient, WatchEvent, WatchOptions } from './client';
import { createInformer } from './informer';
import type { InformerOptions } from './informer';
import { InformerFactory } from './informer-factory';
import { ConnectionError } from './response-error';

const pod = (name: string, resourceVersion: number, more: { uid?: string; namespace?: string; node?: string } = {}): Live<Pod> => ({
  metadata: { name, namespace: more.namespace ?? 'default', uid: more.uid ?? `uid-${name}`, resourceVersion: String(resourceVersion), creationTimestamp: '' },
  ...(more.node && { spec: { nodeName: more.node, containers: [] } }),
});

/** A server of pods as a test writes it: lists as they come, watches that it feeds. */
class FakeServer {
  pods: Live<Pod>[] = [];
  version = 10;
  pageLimit = Infinity;
  readonly lists: ListOptions[] = [];
  readonly watches: WatchOptions[] = [];
  listErrors: unknown[] = [];
  watchErrors: unknown[] = [];
  private feed: ((event: WatchEvent<Pod> | Error | 'end') => void) | undefined;

  readonly client = {
    resource: { group: '', version: 'v1', resource: 'pods', namespaced: true },
    list: (options: ListOptions = {}) => this.list(options),
    watch: (options: WatchOptions) => this.watch(options),
  } as unknown as ResourceClient<Pod>;

  get watching(): boolean {
    return this.feed !== undefined;
  }

  send(event: WatchEvent<Pod> | Error | 'end'): void {
    this.feed?.(event);
  }

  set(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Live<Pod>): void {
    this.pods = this.pods.filter(({ metadata }) => metadata.name !== object.metadata.name);
    if (type !== 'DELETED') this.pods.push(object);
    this.version = Number(object.metadata.resourceVersion);
    this.send({ type, object });
  }

  private async list(options: ListOptions): Promise<KubeList<Live<Pod>>> {
    this.lists.push(options);
    const error = this.listErrors.shift();
    if (error) throw error;
    const start = Number(options.continue ?? 0);
    const end = start + Math.min(this.pageLimit, options.limit ?? Infinity);
    const more = end < this.pods.length;
    return { metadata: { resourceVersion: String(this.version), ...(more && { continue: String(end) }) }, items: this.pods.slice(start, end) };
  }

  private async *watch(options: WatchOptions): AsyncGenerator<WatchEvent<Pod>> {
    this.watches.push(options);
    const error = this.watchErrors.shift();
    if (error) throw error;
    const waiting: (WatchEvent<Pod> | Error | 'end')[] = [];
    let wake: () => void = () => {};
    this.feed = (event) => (waiting.push(event), wake());
    options.signal?.addEventListener('abort', () => this.send('end'));
    for (;;) {
      const event = waiting.shift();
      if (event === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (event === 'end' || event instanceof Error) {
        this.feed = undefined;
        if (event instanceof Error) throw event;
        return;
      } else yield event;
    }
  }
}

const started: Informer<Pod>[] = [];
afterEach(() => started.splice(0).forEach((informer) => informer.stop()));

function start(server: FakeServer, options: Partial<InformerOptions> = {}): { informer: Informer<Pod>; clock: FakeClock; log: string[] } {
  const clock = new FakeClock();
  const informer = createInformer(server.client, { clock, logger: silentLogger, ...options });
  started.push(informer);
  const log: string[] = [];
  informer.on({
    added: (object) => log.push(`+${object.metadata.name}@${object.metadata.resourceVersion}`),
    updated: (object, previous) => log.push(`~${object.metadata.name}@${previous.metadata.resourceVersion}>${object.metadata.resourceVersion}`),
    deleted: (object) => log.push(`-${object.metadata.name}@${object.metadata.resourceVersion}`),
  });
  return { informer, clock, log };
}

describe('an informer', () => {
  it('lists from the server\'s cache, then watches from there with bookmarks', async () => {
    const server = new FakeServer();
    server.pods = [pod('a', 1), pod('b', 2)];
    const { informer, clock, log } = start(server);
    await informer.synced;
    expect(log).toEqual(['+a@1', '+b@2']);
    await clock.advance(0);
    expect(server.lists).toEqual([{ resourceVersion: '0', limit: 500 }]);
    expect(server.watches[0]).toMatchObject({ resourceVersion: '10', allowWatchBookmarks: true });
    expect(server.watches[0]!.timeoutSeconds).toBeGreaterThanOrEqual(300);
    server.set('MODIFIED', pod('a', 11));
    server.set('ADDED', pod('c', 12));
    server.set('DELETED', pod('b', 13));
    await clock.advance(0);
    expect(log.slice(2)).toEqual(['~a@1>11', '+c@12', '-b@13']);
    expect(informer.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
  });

  it('delivers the pages of a list as they come, without what nobody reads, and hears its failures', async () => {
    const server = new FakeServer();
    server.pods = [pod('a', 1, { node: 'n' }), pod('b', 2), pod('c', 3)];
    server.pageLimit = 2;
    server.listErrors = [statusError('Forbidden', 'pods is forbidden')];
    const failures: unknown[] = [];
    const { informer, clock, log } = start(server, {
      byPages: true,
      transform: (object) => ({ metadata: (object as Live<Pod>).metadata }),
      onError: (error) => failures.push((error as Error).message),
    });
    let atSecondPage: string[] = [];
    const { list } = server.client;
    server.client.list = (options) => {
      if (options?.continue) atSecondPage = [...log];
      return list(options);
    };
    await clock.advance(5000);
    expect(failures).toEqual(['pods is forbidden']);
    expect(server.lists.at(-2)).toEqual({ limit: 500 });
    expect(atSecondPage).toEqual(['+a@1', '+b@2']);
    expect(log).toEqual(['+a@1', '+b@2', '+c@3']);
    expect(informer.get('a', 'default')?.spec).toBeUndefined();
  });

  it('goes on from the last bookmark when the watch ends, without listing', async () => {
    const server = new FakeServer();
    const { informer, clock } = start(server);
    await informer.synced;
    await clock.advance(0);
    server.send({ type: 'BOOKMARK', object: pod('', 42) });
    await clock.advance(5000);
    server.send('end');
    await clock.advance(0);
    expect(server.lists).toHaveLength(1);
    expect(server.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(['10', '42']);
  });

  it('watches again from where it was when the connection breaks, after a while', async () => {
    const server = new FakeServer();
    const { informer, clock } = start(server);
    await informer.synced;
    await clock.advance(0);
    server.set('ADDED', pod('a', 11));
    await clock.advance(0);
    server.watchErrors = [new ConnectionError('https://x', new Error('refused'))];
    server.send(new ConnectionError('https://x', new Error('reset')));
    await clock.advance(100);
    expect(server.watches).toHaveLength(1);
    await clock.advance(10_000);
    expect(server.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(['10', '11', '11']);
    expect(server.lists).toHaveLength(1);
  });

  it('lists afresh when its version is gone, and tells what it missed', async () => {
    const server = new FakeServer();
    server.pods = [pod('kept', 1), pod('changed', 2), pod('gone', 3), pod('replaced', 4)];
    const { informer, clock, log } = start(server);
    await informer.synced;
    await clock.advance(0);
    log.length = 0;
    server.pods = [pod('kept', 1), pod('changed', 20), pod('replaced', 21, { uid: 'other' }), pod('new', 22)];
    server.version = 30;
    server.send(errors.expired('too old resource version: 10 (25)'));
    await clock.advance(0);
    expect(server.lists.at(-1)).toEqual({ limit: 500 });
    expect(log).toEqual(['~changed@2>20', '-replaced@4', '+replaced@21', '+new@22', '-gone@3']);
    expect(server.watches.at(-1)!.resourceVersion).toBe('30');
  });

  it('keeps trying to list, less and less often', async () => {
    const server = new FakeServer();
    server.listErrors = Array.from({ length: 6 }, () => new ConnectionError('https://x', new Error('refused')));
    const { informer, clock } = start(server);
    await clock.advance(2000);
    const soon = server.lists.length;
    expect(soon).toBeGreaterThan(1);
    expect(soon).toBeLessThan(4);
    expect(informer.hasSynced).toBe(false);
    await clock.advance(120_000);
    expect(informer.hasSynced).toBe(true);
  });

  it('reads long lists in pages, and as a whole when a page\'s token has expired', async () => {
    const server = new FakeServer();
    server.pods = Array.from({ length: 7 }, (_, i) => pod(`p${i}`, i + 1));
    server.pageLimit = 3;
    const first = start(server);
    await first.informer.synced;
    expect(first.informer.list()).toHaveLength(7);
    expect(server.lists.map((options) => options.continue)).toEqual([undefined, '3', '6']);
    server.lists.length = 0;
    server.pageLimit = 4;
    const second = createInformer({ ...server.client, list: (options: ListOptions = {}) => {
      server.pageLimit = options.limit ? 4 : Infinity;
      if (options.continue) server.listErrors = [errors.expired('The provided continue parameter is too old')];
      return server.client.list(options);
    } }, { clock: new FakeClock(), logger: silentLogger });
    started.push(second);
    await second.synced;
    expect(second.list()).toHaveLength(7);
  });

  it('lists from the newest state when its version is ahead of the server\'s', async () => {
    const server = new FakeServer();
    const tooLarge = statusError('Timeout', 'Too large resource version', { causes: [{ reason: 'ResourceVersionTooLarge', message: '' }] });
    server.listErrors = [tooLarge];
    const { informer, clock } = start(server);
    await clock.advance(5000);
    expect(server.lists.map(({ resourceVersion }) => resourceVersion)).toEqual(['0', undefined]);
    expect(informer.hasSynced).toBe(true);
  });

  it('has handlers see the cache with the event already in it', async () => {
    const server = new FakeServer();
    const { informer, clock } = start(server);
    await informer.synced;
    const seen: boolean[] = [];
    informer.on({ added: ({ metadata }) => seen.push(informer.get(metadata.name, 'default') !== undefined), deleted: () => seen.push(informer.list().length === 0) });
    await clock.advance(0);
    server.set('ADDED', pod('a', 11));
    server.set('DELETED', pod('a', 12));
    await clock.advance(0);
    expect(seen).toEqual([true, true]);
  });

  it('delivers what is cached to handlers that come later, until they are removed', async () => {
    const server = new FakeServer();
    server.pods = [pod('a', 1)];
    const { informer, clock } = start(server);
    await informer.synced;
    await clock.advance(0);
    const seen: string[] = [];
    const remove = informer.on({ added: ({ metadata }) => seen.push(metadata.name) });
    server.set('ADDED', pod('b', 11));
    await clock.advance(0);
    remove();
    server.set('ADDED', pod('c', 12));
    await clock.advance(0);
    expect(seen).toEqual(['a', 'b']);
  });

  it('goes on when a handler throws', async () => {
    const server = new FakeServer();
    server.pods = [pod('a', 1), pod('b', 2)];
    const { informer, log } = start(server);
    informer.on({ added: () => { throw new Error('broken handler'); } });
    await informer.synced;
    expect(log).toEqual(['+a@1', '+b@2']);
  });

  it('finds by namespace and by index, as objects move and go', async () => {
    const server = new FakeServer();
    server.pods = [pod('a', 1, { node: 'n1' }), pod('b', 2, { node: 'n2', namespace: 'other' })];
    const { informer, clock } = start(server);
    informer.addIndex('node', ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
    await informer.synced;
    await clock.advance(0);
    const on = (node: string) => informer.byIndex('node', node).map(({ metadata }) => metadata.name);
    expect([on('n1'), on('n2'), informer.list('other').length, informer.get('b', 'default')]).toEqual([['a'], ['b'], 1, undefined]);
    server.set('MODIFIED', pod('a', 11, { node: 'n2' }));
    server.set('DELETED', pod('b', 12, { node: 'n2', namespace: 'other' }));
    await clock.advance(0);
    expect([on('n1'), on('n2'), informer.list('other')]).toEqual([[], ['a'], []]);
    informer.addIndex('name', ({ metadata }) => [metadata.name]);
    expect(informer.byIndex('name', 'a')).toHaveLength(1);
    expect(() => informer.byIndex('none', 'a')).toThrow('Index with name none does not exist');
  });

  it('delivers everything again at each resync', async () => {
    const server = new FakeServer();
    server.pods = [pod('a', 1)];
    const { informer, clock, log } = start(server, { resyncMs: 30_000 });
    await informer.synced;
    await clock.advance(60_000);
    expect(log).toEqual(['+a@1', '~a@1>1', '~a@1>1']);
  });

  it('stops: no more requests, no more events', async () => {
    const server = new FakeServer();
    const { informer, clock, log } = start(server);
    await informer.synced;
    await clock.advance(0);
    informer.stop();
    await clock.advance(0);
    server.set('ADDED', pod('a', 11));
    await clock.advance(60_000);
    expect(log).toEqual([]);
    expect(server.watches).toHaveLength(1);
  });
});

describe('an informer factory', () => {
  it('shares one informer a resource', async () => {
    const server = new FakeServer();
    const client = { resource: () => server.client } as unknown as ConstructorParameters<typeof InformerFactory>[0];
    const factory = new InformerFactory(client, { clock: new FakeClock(), logger: silentLogger });
    const pods = { group: '', version: 'v1', resource: 'pods', namespaced: true };
    expect(factory.for(pods)).toBe(factory.for({ ...pods }));
    await factory.synced();
    expect(server.lists).toHaveLength(1);
    factory.stop();
  });
});
