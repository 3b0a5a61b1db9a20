import type { APIService } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** What this server answers itself is available as soon as it is named. */
export class ApiServiceStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    const service = object as unknown as APIService;
    service.status = service.spec?.service ? {} : { conditions: [localCondition(context.now)] };
  }
}

export function localCondition(now: string) {
  return {
    type: 'Available', status: 'True', lastTransitionTime: now as never, reason: 'Local',
    message: 'Local APIServices are always available',
  };
}
