import type { KindId } from '../references/kind-id';
import type { ObjectLinks, SelectorReference } from '../references/reference';
import type { ReferenceIndex } from '../references/reference-index';
import { isOwnSelector, selected } from '../references/resolve';
import type { CheckContext, CheckFinding } from './check';
import { areBeside } from './surroundings';
import { objectAndFile, objectText } from './words';

const controllers: ReadonlySet<KindId> = new Set([
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
]);

/** Two workloads whose selectors match each other's pods: each counts the other's as its own. */
export function* rivalWorkloads(links: ObjectLinks, { index }: CheckContext): Iterable<CheckFinding> {
  const own = selectorOf(links);
  if (!own || !controllers.has(links.id) || own.selector.empty) return;
  const rivals = index.podsMatching(own.selector).filter((other) => isRival(links, other, index) && controllers.has(other.id));
  const rival = rivals.find((other) => selectorOf(other)?.selector.matches(links.pod?.labels));
  if (!rival) return;
  yield {
    at: own.at,
    key: true,
    severity: 'warning',
    code: 'rival-selectors',
    message: `selector matches the pods of ${objectAndFile(rival, links)} too, and that one's matches these`,
    related: [{ object: rival, at: ['spec', 'selector'], message: objectText(rival) }],
  };
}

/** An eviction is refused while two budgets mean its pod. */
export function* rivalBudgets(links: ObjectLinks, { index }: CheckContext): Iterable<CheckFinding> {
  const own = links.id === 'PodDisruptionBudget' ? selectorOf(links) : undefined;
  if (!own || own.selector.empty) return;
  for (const workload of selected(index, own)) {
    const rival = index
      .selectorsFor(workload.pod?.labels ?? {})
      .find((other) => other.from.id === links.id && isRival(links, other.from, index) && selected(index, other).includes(workload));
    if (!rival) continue;
    yield {
      at: own.at,
      key: true,
      severity: 'warning',
      code: 'rival-budgets',
      message: `${objectAndFile(rival.from, links)} selects the pods of ${objectAndFile(workload, links)} too: they can't be evicted`,
      related: [{ object: rival.from, at: rival.at, message: objectText(rival.from) }],
    };
    return;
  }
}

function selectorOf({ references }: ObjectLinks): SelectorReference | undefined {
  return references.find(
    (each): each is SelectorReference => each.type === 'selector' && each.at.join('.') === 'spec.selector' &&
      (isOwnSelector(each) || each.from.id === 'PodDisruptionBudget'),
  );
}

/** Another object of the same application: variants of it in folders beside each other aren't rivals. */
function isRival(links: ObjectLinks, other: ObjectLinks, index: ReferenceIndex): boolean {
  if (other === links || (other.name === links.name && other.id === links.id) || other.name === '' || links.name === '') return false;
  if (links.namespace !== other.namespace) return false;
  return links.object.uri === other.object.uri || areBeside(links, other, index);
}
