import type { Pod, Toleration } from '../../api/kinds';
import type { AdmissionPlugin } from '../request';
import { isFor, kinds } from './kit';

const failures = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const defaultSeconds = 300;

/**
 * Pods stay five minutes on a node that fails, unless they say otherwise
 * (plugin/pkg/admission/defaulttolerationseconds).
 */
export function defaultTolerationSeconds(seconds = defaultSeconds): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    mutate(attributes) {
      const { operation } = attributes;
      if ((operation !== 'CREATE' && operation !== 'UPDATE') || !isFor(attributes, kinds.pods)) return;
      const spec = (attributes.object as Pod).spec!;
      const tolerations = spec.tolerations ?? [];
      const missing = failures.filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)));
      if (missing.length === 0) return;
      spec.tolerations = [
        ...tolerations,
        ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds })),
      ];
    },
  };
}

const tolerates = ({ key, effect }: Toleration, taint: string) =>
  (!key || key === taint) && (!effect || effect === 'NoExecute');
