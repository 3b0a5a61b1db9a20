import type { KubeObject, Live } from '../api/kinds';
import type { Handlers, Informer, ResourceClient } from './client';
import { Reflector } from './reflector';
import type { ReflectorOptions, ReflectorSink } from './reflector';

export interface InformerOptions extends ReflectorOptions {
  /** Cached objects are delivered again as `updated` this often. */
  resyncMs?: number;
}

/** Starts listing and watching at once; see {@link Informer} for what is promised. */
export function createInformer<T extends KubeObject>(client: ResourceClient<T>, options: InformerOptions): Informer<T> {
  return new CachingInformer(client, options);
}

interface Index<T extends KubeObject> {
  values(object: Live<T>): string[];
  readonly objects: Map<string, Set<string>>;
}

class CachingInformer<T extends KubeObject> implements Informer<T>, ReflectorSink<T> {
  readonly synced: Promise<void>;
  hasSynced = false;
  private readonly objects = new Map<string, Live<T>>();
  /** Keys of each namespace, so that listing one does not walk all. */
  private readonly namespaces = new Map<string, Set<string>>();
  private readonly indexes = new Map<string, Index<T>>();
  private readonly handlers = new Set<Handlers<T>>();
  private readonly reflector: Reflector<T>;
  private resolveSynced: () => void = () => {};
  private cancelResync: (() => void) | undefined;

  constructor(client: ResourceClient<T>, private readonly options: InformerOptions) {
    this.synced = new Promise((resolve) => (this.resolveSynced = resolve));
    this.reflector = new Reflector(client, options, this);
    void this.reflector.run();
    this.scheduleResync();
  }

  get(name: string, namespace?: string): Live<T> | undefined {
    return this.objects.get(cacheKey(namespace, name));
  }

  list(namespace?: string): Live<T>[] {
    if (namespace === undefined) return [...this.objects.values()];
    return this.at(this.namespaces.get(namespace));
  }

  byIndex(index: string, value: string): Live<T>[] {
    const found = this.indexes.get(index);
    if (!found) throw new Error(`Index with name ${index} does not exist`);
    return this.at(found.objects.get(value));
  }

  addIndex(name: string, values: (object: Live<T>) => string[]): void {
    const index: Index<T> = { values, objects: new Map() };
    this.indexes.set(name, index);
    for (const [key, object] of this.objects) link(index, key, object);
  }

  on(handlers: Handlers<T>): () => void {
    for (const object of this.objects.values()) this.notify(() => handlers.added?.(object));
    this.handlers.add(handlers);
    return () => this.handlers.delete(handlers);
  }

  stop(): void {
    this.cancelResync?.();
    this.reflector.stop();
  }

  replace(items: readonly Live<T>[]): void {
    const gone = new Set(this.objects.keys());
    for (const object of items) {
      gone.delete(keyOf(object));
      this.upsert(object);
    }
    for (const key of gone) this.remove(key);
    if (this.hasSynced) return;
    this.hasSynced = true;
    this.resolveSynced();
  }

  page(items: readonly Live<T>[]): void {
    for (const object of items) this.upsert(object);
  }

  upsert(object: Live<T>): void {
    const key = keyOf(object);
    const previous = this.objects.get(key);
    // A relist brings what is known already.
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion && previous.metadata.uid === object.metadata.uid) return;
    this.store(key, object, previous);
    if (!previous) this.each((handlers) => handlers.added?.(object));
    else if (previous.metadata.uid === object.metadata.uid) this.each((handlers) => handlers.updated?.(object, previous));
    else this.replaced(object, previous);
  }

  deleted(object: Live<T>): void {
    this.remove(keyOf(object), object);
  }

  /** Deleted and made again while nobody watched. client-go tells of an update; two events keep what is counted by uid right. */
  private replaced(object: Live<T>, previous: Live<T>): void {
    this.each((handlers) => handlers.deleted?.(previous));
    this.each((handlers) => handlers.added?.(object));
  }

  private remove(key: string, last = this.objects.get(key)): void {
    const cached = this.objects.get(key);
    if (!cached || !last) return;
    this.objects.delete(key);
    drop(this.namespaces, cached.metadata.namespace ?? '', key);
    for (const index of this.indexes.values()) unlink(index, key, cached);
    this.each((handlers) => handlers.deleted?.(last));
  }

  private store(key: string, object: Live<T>, previous: Live<T> | undefined): void {
    this.objects.set(key, object);
    if (!previous) put(this.namespaces, object.metadata.namespace ?? '', key);
    for (const index of this.indexes.values()) {
      if (previous) unlink(index, key, previous);
      link(index, key, object);
    }
  }

  private at(keys: Iterable<string> | undefined): Live<T>[] {
    return keys ? Array.from(keys, (key) => this.objects.get(key)!) : [];
  }

  private each(deliver: (handlers: Handlers<T>) => void): void {
    for (const handlers of [...this.handlers]) this.notify(() => deliver(handlers));
  }

  /** One handler's failure is its own. */
  private notify(deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      this.options.logger.error({ error }, 'informer handler failed');
    }
  }

  private scheduleResync(): void {
    if (!this.options.resyncMs) return;
    this.cancelResync = this.options.clock.after(this.options.resyncMs, () => {
      for (const object of this.objects.values()) this.each((handlers) => handlers.updated?.(object, object));
      this.scheduleResync();
    });
  }
}

function cacheKey(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

function keyOf({ metadata: { namespace, name } }: Live<KubeObject>): string {
  return cacheKey(namespace, name);
}

function put(sets: Map<string, Set<string>>, value: string, key: string): void {
  const set = sets.get(value);
  if (set) set.add(key);
  else sets.set(value, new Set([key]));
}

function drop(sets: Map<string, Set<string>>, value: string, key: string): void {
  const set = sets.get(value);
  if (set?.delete(key) && set.size === 0) sets.delete(value);
}

function link<T extends KubeObject>(index: Index<T>, key: string, object: Live<T>): void {
  for (const value of index.values(object)) put(index.objects, value, key);
}

function unlink<T extends KubeObject>(index: Index<T>, key: string, object: Live<T>): void {
  for (const value of index.values(object)) drop(index.objects, value, key);
}
