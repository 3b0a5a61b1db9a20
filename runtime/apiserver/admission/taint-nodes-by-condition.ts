import type { Node } from '../../api/kinds';
import type { AdmissionPlugin } from '../request';
import { isFor, kinds } from './kit';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A node is new and untried: nothing is scheduled to it before its first Ready (plugin/pkg/admission/nodetaint). */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate(attributes) {
    if (attributes.operation !== 'CREATE' || !isFor(attributes, kinds.nodes)) return;
    const node = attributes.object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};
