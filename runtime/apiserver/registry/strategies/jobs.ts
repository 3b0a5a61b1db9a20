import type { UntypedObject } from '../../../api/object';
import { generateJobSelector } from '../../../api/preparation';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** pkg/registry/batch/job/strategy.go: a job selects its own pods by a label that is made of its uid. */
export class JobStrategy extends GenericStrategy {
  readonly orphaningWarning =
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or ' +
    'set propagationPolicy=Orphan to suppress this warning';

  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    generateJobSelector(object);
  }
}
