import { valueAt } from '../references/field-tree';
import type { ObjectLinks, ObjectReference } from '../references/reference';
import { objectsNamed } from '../references/resolve';
import type { CheckContext, CheckFinding } from './check';
import { objectAndFile, objectText } from './words';

const replicas = ['spec', 'replicas'];
const target = ['spec', 'scaleTargetRef'];

/** The autoscalers that mean a workload. */
function autoscalersOf(links: ObjectLinks, { index }: CheckContext): ObjectLinks[] {
  const references = [...index.referencesTo(links.id, links.name)].filter(
    ({ from, at }) => from.id === 'HorizontalPodAutoscaler' && at[1] === target[1],
  );
  return references.filter((each) => objectsNamed(index, each).includes(links)).map(({ from }) => from);
}

/** An autoscaler sets the replicas; whoever applies the file again sets them back. */
export function* fixedReplicas(links: ObjectLinks, context: CheckContext): Iterable<CheckFinding> {
  if (!links.pod || typeof valueAt(links.object.value, replicas) !== 'number') return;
  const [autoscaler] = autoscalersOf(links, context);
  if (!autoscaler) return;
  yield {
    at: replicas,
    key: true,
    severity: 'warning',
    code: 'replicas-and-autoscaler',
    message: `${objectAndFile(autoscaler, links)} sets the replicas: each time that the file is applied they are set back`,
    related: [{ object: autoscaler, at: target, message: objectText(autoscaler) }],
    fixes: [{ title: 'Remove replicas', at: replicas, value: undefined }],
  };
}

/** Two autoscalers of one workload undo each other's work. */
export function* rivalAutoscalers(links: ObjectLinks, context: CheckContext): Iterable<CheckFinding> {
  if (links.id !== 'HorizontalPodAutoscaler') return;
  const reference = links.references.find((each): each is ObjectReference => each.type === 'object' && each.at[1] === target[1]);
  const [workload] = reference ? objectsNamed(context.index, reference) : [];
  const rival = workload && autoscalersOf(workload, context).find((each) => each !== links && each.name !== links.name);
  if (!workload || !rival) return;
  yield {
    at: [...target, 'name'],
    severity: 'warning',
    code: 'rival-autoscalers',
    message: `${objectAndFile(rival, links)} scales ${objectText(workload)} too`,
    related: [{ object: rival, at: [...target, 'name'], message: objectText(rival) }],
  };
}
