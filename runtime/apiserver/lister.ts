import { catalogue } from '../api/catalogue';
import type { KubeObject } from '../api/object';
import type { ApiLister } from './request';
import type { Cacher } from './storage/cacher';
import { objectKey, resourcePrefix } from './storage/keys';
import type { ResourceCache } from './storage/resource-cache';

interface GroupResource {
  group: string;
  resource: string;
}

/** What is stored, in stored versions, for the parts of the server that decide about requests. */
export class CacheLister implements ApiLister {
  private readonly prefixes = new Map<string, string>();

  constructor(private readonly cacher: Cacher) {}

  get<T extends KubeObject>(resource: GroupResource, namespace: string | undefined, name: string): T | undefined {
    return this.cache(resource).get(objectKey(namespace ?? '', name))?.object as T | undefined;
  }

  list<T extends KubeObject>(resource: GroupResource, namespace?: string): readonly T[] {
    const entries = this.cache(resource).range(namespace ? `${namespace}/` : '');
    return entries.map((entry) => entry.object as unknown as T);
  }

  generation(resource: GroupResource): number {
    return this.cache(resource).generation;
  }

  private cache({ group, resource }: GroupResource): ResourceCache {
    const key = `${group}/${resource}`;
    let prefix = this.prefixes.get(key);
    if (prefix === undefined) {
      const builtIn = catalogue.resources().some((info) => info.group === group && info.resource === resource);
      this.prefixes.set(key, (prefix = resourcePrefix(group, resource, builtIn)));
    }
    return this.cacher.cache(prefix);
  }
}
