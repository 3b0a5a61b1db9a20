import type { ClusterView, NamedKind } from '../cluster/cluster-view';
import { catalogue } from '../../runtime/api/catalogue';
import { isNamespaced, type KindId, kindName } from './kind-id';
import { type LiveObjects, nothingLive } from './live-objects';

/** What a connected cluster has; nothing is known of any other. */
export function liveObjects(cluster: ClusterView): LiveObjects {
  if (cluster.state !== 'connected') return nothingLive;
  const inNamespace = (id: KindId, namespace: string | undefined): string | undefined =>
    isNamespaced(id) ? (namespace ?? cluster.namespace) : undefined;
  return {
    has(id, namespace, name) {
      return cluster.exists({ ...kindOf(id), namespace: inNamespace(id, namespace) ?? '', name });
    },
    matches(selects, namespace, selector) {
      const id = selects === 'pods' ? 'Pod' : selects;
      return cluster.named(kindOf(id), inNamespace(id, namespace))?.some(({ metadata }) => selector.matches(metadata.labels));
    },
    keys(id, namespace, name) {
      return cluster.keys({ ...kindOf(id), namespace: namespace ?? cluster.namespace, name });
    },
    labels(selects, namespace) {
      const id = selects === 'pods' ? 'Pod' : selects;
      const found = cluster.named(kindOf(id), inNamespace(id, namespace)) ?? [];
      return found.map(({ metadata }) => metadata.labels ?? {});
    },
    names(id, namespace) {
      return (cluster.named(kindOf(id), inNamespace(id, namespace)) ?? []).map(({ metadata }) => metadata.name);
    },
  };
}

function kindOf(id: KindId): NamedKind {
  const kind = kindName(id);
  if (kind !== id) return { kind, group: id.slice(kind.length + 1) };
  return { kind, group: catalogue.resources().find((info) => info.kind === kind)?.group ?? '' };
}
