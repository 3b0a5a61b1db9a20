import type { KubeList, KubeObject, Live } from '../../../runtime/api/kinds';
import type { ListOptions, ResourceClient, WatchEvent, WatchOptions } from '../../../runtime/client/client';

/** Small, so that what is read of objects only to be left out is soon free again. */
const pageSize = 100;

/**
 * A resource client for an informer that wants some objects alone, by more than a server can select by: others are as
 * if they weren't there, and one that matches no longer is deleted. Lists come in pages: a server may serve a list "at
 * any version" whole, however small the page that is asked for.
 */
export function matchingClient<T extends KubeObject>(
  client: ResourceClient<T>,
  matches: (object: KubeObject) => boolean,
): ResourceClient<T> {
  const list = async (options: ListOptions = {}): Promise<KubeList<Live<T>>> => {
    const { resourceVersion, ...others } = options;
    const paged = options.limit ? { ...(resourceVersion === '0' ? others : options), limit: pageSize } : options;
    const page = await client.list(paged);
    return { ...page, items: page.items.filter(matches) };
  };
  async function* watch(options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    for await (const { type, object } of client.watch(options)) {
      yield { type: type === 'BOOKMARK' || matches(object) ? type : 'DELETED', object };
    }
  }
  return Object.assign(Object.create(client) as ResourceClient<T>, { list, watch, resource: client.resource });
}
