import type { KubeObject, Live } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { createInformer } from '../../client/informer';
import type { Clock } from '../../clock';
import type { Logger } from '../../log';

interface Reference<T extends KubeObject> {
  owners: Set<string>;
  informer?: Informer<T>;
  cached?: { object: Live<T> | undefined; readAt: number };
}

export interface ReferencedObjectsOptions {
  clock: Clock;
  logger: Logger;
  /** Follow each object by a watch; else what was read is good for a minute. */
  watch: boolean;
  changed(owners: ReadonlySet<string>): void;
}

const cacheMs = 60_000;

/**
 * The config maps (or secrets) that pods of this node name: one watch an object, as a node may not list them all, for
 * as long as a pod names it.
 */
export class ReferencedObjects<T extends KubeObject> {
  private readonly references = new Map<string, Reference<T>>();

  constructor(
    private readonly client: ResourceClient<T>,
    private readonly options: ReferencedObjectsOptions,
  ) {}

  /** Undefined: there is none. Throws when the API server can't say. */
  async get(namespace: string, name: string): Promise<Live<T> | undefined> {
    const reference = this.references.get(`${namespace}/${name}`);
    if (reference?.informer?.hasSynced) return reference.informer.get(name, namespace);
    if (reference?.cached && this.options.clock.now() - reference.cached.readAt < cacheMs)
      return reference.cached.object;
    const object = await this.read(namespace, name);
    // An absent one may be there at the next look.
    if (reference && object) reference.cached = { object, readAt: this.options.clock.now() };
    return object;
  }

  /** The names that a pod's spec has; called again when they change. */
  retain(owner: string, namespace: string, names: Iterable<string>): void {
    const wanted = new Set([...names].map((name) => `${namespace}/${name}`));
    for (const key of wanted) {
      const reference = this.references.get(key) ?? this.open(key);
      reference.owners.add(owner);
    }
    for (const [key, reference] of this.references) if (!wanted.has(key)) this.drop(key, reference, owner);
  }

  release(owner: string): void {
    for (const [key, reference] of this.references) this.drop(key, reference, owner);
  }

  stop(): void {
    for (const { informer } of this.references.values()) informer?.stop();
    this.references.clear();
  }

  private async read(namespace: string, name: string): Promise<Live<T> | undefined> {
    try {
      return await this.client.get(name, namespace);
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  private open(key: string): Reference<T> {
    const reference: Reference<T> = { owners: new Set() };
    this.references.set(key, reference);
    if (!this.options.watch) return reference;
    const [namespace = '', name = ''] = key.split('/');
    const { clock, logger } = this.options;
    const informer = createInformer(this.client, {
      clock,
      logger,
      listOptions: { namespace, fieldSelector: `metadata.name=${name}` },
    });
    reference.informer = informer;
    const changed = (): void => this.options.changed(reference.owners);
    informer.on({ added: changed, updated: changed, deleted: changed });
    return reference;
  }

  private drop(key: string, reference: Reference<T>, owner: string): void {
    if (!reference.owners.delete(owner) || reference.owners.size > 0) return;
    reference.informer?.stop();
    this.references.delete(key);
  }
}
