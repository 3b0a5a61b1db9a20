import type { Binding, Node, Pod } from '../../api/kinds';
import type { AdmissionPlugin, ApiLister } from '../request';
import { isFor, kinds } from './kit';

const labels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod knows the zone and region of its node by labels of its own (KEP-4742). */
export function podTopologyLabels(lister: ApiLister): AdmissionPlugin {
  const labelsOf = (name: string): Record<string, string> => {
    const own = lister.get<Node>(kinds.nodes, undefined, name)?.metadata.labels ?? {};
    return Object.fromEntries(labels.filter((label) => own[label] !== undefined).map((label) => [label, own[label]!]));
  };
  return {
    name: 'PodTopologyLabels',
    mutate(attributes) {
      if (attributes.operation !== 'CREATE') return;
      const node = isFor(attributes, kinds.pods)
        ? (attributes.object as Pod).spec?.nodeName
        : isFor(attributes, kinds.pods, 'binding') ? boundTo(attributes.object as Binding) : undefined;
      if (!node) return;
      const { metadata } = attributes.object!;
      const added = labelsOf(node);
      if (Object.keys(added).length > 0) metadata.labels = { ...added, ...metadata.labels };
    },
  };
}

const boundTo = ({ target }: Binding) => (target.kind === 'Node' ? target.name : undefined);
