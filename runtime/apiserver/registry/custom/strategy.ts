import type { CustomResourceDefinition } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** A definition stays until its objects are gone, and remembers every version in which objects were stored. */
export class CustomResourceDefinitionStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    nameDefaults(object);
    const definition = object as unknown as CustomResourceDefinition;
    definition.status = { ...definition.status, storedVersions: storageVersions(definition) };
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    nameDefaults(object);
    const definition = object as unknown as CustomResourceDefinition;
    const stored = definition.status?.storedVersions ?? [];
    const added = storageVersions(definition).filter((version) => !stored.includes(version));
    if (added.length > 0) definition.status = { ...definition.status!, storedVersions: [...stored, ...added] };
  }

  beforeDelete(object: UntypedObject): void {
    const finalizers = object.metadata.finalizers ?? [];
    if (object.metadata.deletionTimestamp || finalizers.includes(cleanupFinalizer)) return;
    object.metadata.finalizers = [...finalizers, cleanupFinalizer];
  }

  markDeleted(object: UntypedObject, { now }: StrategyContext): void {
    const definition = object as unknown as CustomResourceDefinition;
    const conditions = (definition.status?.conditions ?? []).filter(({ type }) => type !== 'Terminating');
    conditions.push({
      type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      lastTransitionTime: now,
    });
    definition.status = { ...definition.status!, conditions };
  }
}

function storageVersions({ spec }: CustomResourceDefinition): string[] {
  return (spec?.versions ?? []).filter((version) => version.storage).map((version) => version.name);
}

function nameDefaults(object: UntypedObject): void {
  const names = (object as unknown as CustomResourceDefinition).spec?.names;
  if (!names?.kind) return;
  names.singular ||= names.kind.toLowerCase();
  names.listKind ||= `${names.kind}List`;
}
