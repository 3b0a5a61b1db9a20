import type { LabelMap, Selector } from '../../runtime/api/labels';
import type { KindId } from './kind-id';

/** What exists beside the workspace's files. Each answer is undefined where it isn't known. */
export interface LiveObjects {
  has(id: KindId, namespace: string | undefined, name: string): boolean | undefined;
  /** Whether objects of a kind (or `pods`) with such labels are there. */
  matches(selects: KindId, namespace: string | undefined, selector: Selector): boolean | undefined;
  /** Keys of a ConfigMap or Secret. */
  keys(id: KindId, namespace: string | undefined, name: string): readonly string[] | undefined;
  names(id: KindId, namespace: string | undefined): readonly string[];
  /** Labels of objects of a kind (or `pods`). */
  labels(selects: KindId, namespace: string | undefined): readonly LabelMap[];
}

/** Nothing is known of any cluster. */
export const nothingLive: LiveObjects = {
  has: () => undefined,
  matches: () => undefined,
  keys: () => undefined,
  names: () => [],
  labels: () => [],
};
