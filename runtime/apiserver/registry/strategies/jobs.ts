import type { Job } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

const controllerUid = 'batch.kubernetes.io/controller-uid';

/** pkg/registry/batch/job/strategy.go: a job selects its own pods by a label that is made of its uid. */
export class JobStrategy extends GenericStrategy {
  readonly orphaningWarning =
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or ' +
    'set propagationPolicy=Orphan to suppress this warning';

  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    const job = object as unknown as Job;
    if (job.spec && !job.spec.manualSelector) generateSelector(job);
  }
}

/** What the user wrote stays: where it conflicts with what the job needs, validation refuses it. */
function generateSelector({ metadata = {}, spec }: Job): void {
  const { uid = '', name = '' } = metadata;
  const { template } = spec!;
  const own = { 'job-name': name, 'batch.kubernetes.io/job-name': name, 'controller-uid': uid, [controllerUid]: uid };
  template.metadata = { ...template.metadata, labels: { ...own, ...template.metadata?.labels } };
  spec!.selector = { ...spec!.selector, matchLabels: { [controllerUid]: uid, ...spec!.selector?.matchLabels } };
}
