import type { PersistentVolume } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { normalizeDataSources } from '../../../api/preparation';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** pkg/registry/core/persistentvolume/strategy.go */
export class PersistentVolumeStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime: context.now };
  }

  /** Whoever changes the phase needn't say when; but may. */
  override prepareForStatusUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForStatusUpdate(object, old, context);
    const { status } = object as unknown as PersistentVolume;
    const before = (old as unknown as PersistentVolume).status;
    if (!status) return;
    if (status.phase === before?.phase) {
      status.lastPhaseTransitionTime ??= before?.lastPhaseTransitionTime;
      if (status.lastPhaseTransitionTime === undefined) delete status.lastPhaseTransitionTime;
    } else if (!status.lastPhaseTransitionTime || status.lastPhaseTransitionTime === before?.lastPhaseTransitionTime) {
      status.lastPhaseTransitionTime = context.now as never;
    }
  }
}

/** pkg/registry/core/persistentvolumeclaim/strategy.go */
export class PersistentVolumeClaimStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    object['status'] = { phase: 'Pending' };
    normalizeDataSources(object);
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    normalizeDataSources(object);
  }
}
