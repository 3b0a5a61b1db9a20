import type { KubeObject } from '../api/kinds';
import type { Informer } from './client';
import { createInformer } from './informer';
import type { InformerOptions } from './informer';
import type { Client, Resource } from './resource-client';

/** One informer a resource, started when first asked for and shared by all who ask. */
export class InformerFactory {
  private readonly informers = new Map<string, Informer<KubeObject>>();

  constructor(private readonly client: Pick<Client, 'resource'>, private readonly options: InformerOptions) {}

  for<T extends KubeObject>(resource: Resource): Informer<T> {
    const id = `${resource.group}/${resource.version}/${resource.resource}`;
    const shared = this.informers.get(id) as Informer<T> | undefined;
    if (shared) return shared;
    const informer = createInformer<T>(this.client.resource<T>(resource), this.options);
    this.informers.set(id, informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Resolves when all informers asked for so far are synced. */
  async synced(): Promise<void> {
    await Promise.all([...this.informers.values()].map((informer) => informer.synced));
  }

  stop(): void {
    for (const informer of this.informers.values()) informer.stop();
  }
}
