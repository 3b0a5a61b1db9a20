import type { UntypedObject } from '../../../api/object';
import { mergeStringData } from '../../../api/preparation';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** `stringData` is write-only: it becomes `data`, over what `data` has. */
export class SecretStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    mergeStringData(object);
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    mergeStringData(object);
    if (!object['type']) object['type'] = old['type'];
  }
}
