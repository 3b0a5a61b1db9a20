import type { DaemonSet } from '../../../api/kinds';
import type { ObjectMeta } from '../../../api/generated/types';
import type { UntypedObject } from '../../../api/object';
import { deepEqual } from '../../../api/equality';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

/** pkg/registry/apps/deployment/strategy.go: annotations are part of what a deployment's users want. */
export class DeploymentStrategy extends GenericStrategy {
  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    const before = old.metadata.annotations ?? {};
    if (deepEqual(object.metadata.annotations ?? {}, before)) return;
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
}

const templateGeneration = 'deprecated.daemonset.template.generation';

/** The version of the pod template, which apps/v1 keeps in an annotation (pkg/apis/apps/v1/conversion.go). */
export class DaemonSetStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    setTemplateGeneration(object.metadata, Math.max(1, templateGenerationOf(object.metadata)));
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    const [now, before] = [object, old] as unknown as [DaemonSet, DaemonSet];
    const changed = !deepEqual(now.spec?.template, before.spec?.template);
    setTemplateGeneration(object.metadata, templateGenerationOf(old.metadata) + (changed ? 1 : 0));
  }
}

function templateGenerationOf({ annotations }: ObjectMeta): number {
  const text = annotations?.[templateGeneration] ?? '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

function setTemplateGeneration(metadata: ObjectMeta, value: number): void {
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(value) };
}
