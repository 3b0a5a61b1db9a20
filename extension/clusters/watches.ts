import type { KubeObject, Live } from '../../runtime/api/kinds';
import { isStatusError } from '../../runtime/api/status';
import type { Informer } from '../../runtime/client/client';
import { createInformer, type InformerOptions } from '../../runtime/client/informer';
import type { Client, Resource } from '../../runtime/client/resource-client';
import type { Clock } from '../../runtime/clock';
import type { Logger } from '../../runtime/log';
import { kept } from './kept-fields';

export interface WatchRequest {
  resource: Resource;
  /** All namespaces unless told. */
  namespace?: string;
  fieldSelector?: string;
}

export interface WatchChange {
  /** `reset`: any of the objects may have come, changed or gone. */
  kind: 'added' | 'updated' | 'deleted' | 'reset' | 'failed';
  object?: Live<KubeObject>;
  /** Of an update. */
  previous?: Live<KubeObject>;
}

export interface WatchesOptions {
  clock: Clock;
  logger: Logger;
  /** A watch failed in a way that may be the connection's; the owner asks the server and suspends all watches. */
  onTrouble(error: unknown): void;
  /** A watch that nobody uses goes on this long, so that what is closed and opened again is there at once. */
  lingerMs?: number;
}

const lingerMs = 30_000;

/** Objects of one resource, kept by a watch that all who ask share. While suspended it shows what was last known. */
export class Watched<T extends KubeObject = KubeObject> {
  private informer: Informer<T> | undefined;
  private starting: Informer<T> | undefined;
  private readonly listeners = new Set<(change: WatchChange) => void>();
  /** Why the server doesn't let it be watched; undefined while it does. */
  error: unknown;

  constructor(private readonly start: (onError: (error: unknown) => void) => Informer<T>) {
    this.resume();
  }

  /** False until the first list is complete; pages of it are shown before. */
  get isSynced(): boolean {
    return this.informer?.hasSynced ?? false;
  }

  list(namespace?: string): Live<T>[] {
    return this.informer?.list(namespace) ?? [];
  }

  get(name: string, namespace?: string): Live<T> | undefined {
    return this.informer?.get(name, namespace);
  }

  /** Those that this object controls. */
  ownedBy(uid: string): Live<T>[] {
    return this.informer?.byIndex('owner', uid) ?? [];
  }

  /** Pods of a node. */
  onNode(name: string): Live<T>[] {
    return this.informer?.byIndex('node', name) ?? [];
  }

  onDidChange(listener: (change: WatchChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  suspend(): void {
    this.informer?.stop();
    if (this.starting !== this.informer) this.starting?.stop();
    this.starting = undefined;
  }

  /** Watches again; what was known stays until the new list is complete. */
  resume(): void {
    if (this.starting) return;
    this.error = undefined;
    const informer = this.start((error) => this.failed(informer, error));
    this.starting = informer;
    informer.addIndex('owner', ownerUids);
    informer.addIndex('node', nodeName);
    if (this.informer) void informer.synced.then(() => this.take(informer));
    else this.take(informer);
  }

  private take(informer: Informer<T>): void {
    if (this.starting !== informer) return;
    const first = !this.informer;
    this.informer = informer;
    if (!first) this.tell({ kind: 'reset' });
    informer.on({
      added: (object) => (first ? this.tell({ kind: 'added', object }) : undefined),
      updated: (object, previous) => this.tell({ kind: 'updated', object, previous }),
      deleted: (object) => this.tell({ kind: 'deleted', object }),
    });
    if (!first) informer.on({ added: (object) => this.tell({ kind: 'added', object }) });
    void informer.synced.then(() => this.tell({ kind: 'reset' }));
  }

  /** What the server forbids, or doesn't know, is not asked for again and again. */
  private failed(informer: Informer<T>, error: unknown): void {
    if (this.starting !== informer || !isRefusal(error)) return;
    this.error = error;
    this.suspend();
    this.tell({ kind: 'failed' });
  }

  private tell(change: WatchChange): void {
    for (const listener of [...this.listeners]) listener(change);
  }
}

interface Shared {
  watched: Watched;
  users: number;
  cancelEnd?: () => void;
}

/** The watches of one connection: shared by those who look at the same, ended a while after the last of them. */
export class Watches {
  private readonly shared = new Map<string, Shared>();

  constructor(
    private readonly client: Client,
    private readonly options: WatchesOptions,
  ) {}

  /** How many are open, with those that nobody uses any more. */
  get count(): number {
    return this.shared.size;
  }

  /** Each `open` is answered by one call of `release`. */
  open<T extends KubeObject>(request: WatchRequest): { watched: Watched<T>; release(): void } {
    const key = keyOf(request);
    const shared = this.shared.get(key) ?? this.begin(key, request);
    shared.users++;
    shared.cancelEnd?.();
    if (shared.watched.error !== undefined) shared.watched.resume();
    let released = false;
    return {
      watched: shared.watched as unknown as Watched<T>,
      release: () => {
        if (!released) this.release(key, shared);
        released = true;
      },
    };
  }

  /** The watch if somebody has it open. */
  peek<T extends KubeObject>(request: WatchRequest): Watched<T> | undefined {
    return this.shared.get(keyOf(request))?.watched as unknown as Watched<T> | undefined;
  }

  suspend(): void {
    for (const { watched } of this.shared.values()) watched.suspend();
  }

  resume(): void {
    for (const { watched } of this.shared.values()) watched.resume();
  }

  close(): void {
    for (const { watched, cancelEnd } of this.shared.values()) {
      cancelEnd?.();
      watched.suspend();
    }
    this.shared.clear();
  }

  private begin(key: string, request: WatchRequest): Shared {
    const shared: Shared = { watched: new Watched((onError) => this.informer(request, onError)), users: 0 };
    this.shared.set(key, shared);
    return shared;
  }

  private informer(request: WatchRequest, onError: (error: unknown) => void): Informer<KubeObject> {
    const { resource, namespace, fieldSelector } = request;
    const options: InformerOptions = {
      clock: this.options.clock,
      logger: this.options.logger,
      listOptions: { ...(namespace && { namespace }), ...(fieldSelector && { fieldSelector }) },
      byPages: true,
      transform: kept,
      onError: (error) => {
        onError(error);
        if (!isRefusal(error)) this.options.onTrouble(error);
      },
    };
    return createInformer(this.client.resource<KubeObject>(resource), options);
  }

  private release(key: string, shared: Shared): void {
    shared.users--;
    if (shared.users > 0) return;
    shared.cancelEnd = this.options.clock.after(this.options.lingerMs ?? lingerMs, () => {
      shared.watched.suspend();
      if (this.shared.get(key) === shared) this.shared.delete(key);
    });
  }
}

function keyOf({ resource, namespace = '', fieldSelector = '' }: WatchRequest): string {
  return [resource.group, resource.version, resource.resource, namespace, fieldSelector].join('/');
}

function isRefusal(error: unknown): boolean {
  return ['Forbidden', 'NotFound', 'MethodNotAllowed'].some((reason) => isStatusError(error) && error.reason === reason);
}

function ownerUids({ metadata }: Live<KubeObject>): string[] {
  return (metadata.ownerReferences ?? []).filter(({ controller }) => controller).map(({ uid }) => uid);
}

function nodeName(object: Live<KubeObject>): string[] {
  const { spec } = object as { spec?: { nodeName?: string } };
  return spec?.nodeName ? [spec.nodeName] : [];
}
