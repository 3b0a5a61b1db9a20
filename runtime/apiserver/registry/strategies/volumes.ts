import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
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

/** The old and the new field that name a claim's data source say the same, unless it is in another namespace. */
export function normalizeDataSources(object: UntypedObject): void {
  const { spec } = object as unknown as PersistentVolumeClaim;
  if (!spec) return;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _namespace, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}
