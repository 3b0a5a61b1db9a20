import type { Namespace } from '../../../api/kinds';
import type { UntypedObject } from '../../../api/object';
import { GenericStrategy } from '../strategy';
import type { StrategyContext } from '../strategy';

const kubernetes = 'kubernetes';

/** pkg/registry/core/namespace/strategy.go: a namespace stays until the finalizers in its spec are gone. */
export class NamespaceStrategy extends GenericStrategy {
  override prepareForCreate(object: UntypedObject, context: StrategyContext): void {
    super.prepareForCreate(object, context);
    const namespace = object as unknown as Namespace;
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = { ...namespace.spec, finalizers: finalizers.includes(kubernetes) ? finalizers : [...finalizers, kubernetes] };
  }

  override prepareForUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext): void {
    super.prepareForUpdate(object, old, context);
    const namespace = object as unknown as Namespace;
    const before = old as unknown as Namespace;
    // Spec and its finalizers change through /finalize alone.
    if (before.spec) namespace.spec = before.spec;
    else delete namespace.spec;
  }

  holdsDeletion(object: UntypedObject): boolean {
    return ((object as unknown as Namespace).spec?.finalizers ?? []).length > 0;
  }

  /** What a delete does first (pkg/registry/core/namespace/storage). */
  markDeleted(object: UntypedObject): void {
    const namespace = object as unknown as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  }
}
