import { isStatusError } from '../../api/status';
import type { Selector } from '../../api/labels';
import type { KubeObject, Live } from '../../api/kinds';
import type { Informer, ResourceClient } from '../../client/client';
import { controllerOf, controllerRef, orphansIn, ownedBy } from './pods';
import type { OwnerKind } from './pods';

export interface Claim<T extends KubeObject, O extends KubeObject> {
  readonly owner: Live<O>;
  readonly kind: OwnerKind;
  readonly selector: Selector;
  readonly informer: Informer<T>;
  readonly client: ResourceClient<T>;
  readonly owners: ResourceClient<O>;
  /** Put on what is adopted, and taken off what is let go. */
  readonly finalizer?: string;
  /** Only these orphans are worth adopting. */
  readonly adoptable?: (object: Live<T>) => boolean;
}

/**
 * The objects that an owner controls: takes in orphans that its selector matches and lets go of owned ones that it no
 * longer matches. The watch brings the changed objects; what was just adopted counts at once.
 */
export async function claim<T extends KubeObject, O extends KubeObject>(setup: Claim<T, O>): Promise<Live<T>[]> {
  const { owner, selector, informer, adoptable } = setup;
  const matches = (object: Live<T>) => selector.matches(object.metadata.labels ?? {});
  const owned = ownedBy(informer, owner.metadata.uid).filter(({ metadata }) => metadata.namespace === owner.metadata.namespace);
  const kept = owned.filter((object) => matches(object));
  if (owner.metadata.deletionTimestamp) return kept;
  await Promise.all(owned.filter((object) => !matches(object) && !object.metadata.deletionTimestamp).map((object) => release(setup, object)));
  const orphans = orphansIn(informer, owner.metadata.namespace ?? '').filter(
    (object) => !object.metadata.deletionTimestamp && matches(object) && (adoptable?.(object) ?? true));
  if (orphans.length === 0) return kept;
  await verifyOwner(setup);
  const adopted = await Promise.all(orphans.map((object) => adopt(setup, object)));
  return [...kept, ...adopted.filter((object) => object !== undefined)];
}

/** The cache may be old: a deleted owner must not adopt. */
async function verifyOwner<T extends KubeObject, O extends KubeObject>({ owner, owners }: Claim<T, O>): Promise<void> {
  const { name, namespace, uid } = owner.metadata;
  const fresh = await owners.get(name, namespace);
  if (fresh.metadata.uid !== uid) throw new Error(`original ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`);
  if (fresh.metadata.deletionTimestamp) throw new Error(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
}

async function adopt<T extends KubeObject, O extends KubeObject>({ owner, kind, client, finalizer }: Claim<T, O>, object: Live<T>): Promise<Live<T> | undefined> {
  const { name, namespace, uid } = object.metadata;
  const patch = { metadata: { ownerReferences: [controllerRef(owner, kind)], uid, ...(finalizer && { finalizers: [finalizer] }) } };
  try {
    return await client.patch(name, namespace, 'strategic', patch);
  } catch (error) {
    if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) return undefined;
    throw error;
  }
}

async function release<T extends KubeObject, O extends KubeObject>({ owner, client, finalizer }: Claim<T, O>, object: Live<T>): Promise<void> {
  const { name, namespace, uid } = object.metadata;
  if (controllerOf(object)?.uid !== owner.metadata.uid) return;
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
  const patch = { metadata: { ownerReferences, uid, ...(finalizer && { '$deleteFromPrimitiveList/finalizers': [finalizer] }) } };
  try {
    await client.patch(name, namespace, 'strategic', patch);
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Invalid') && !isStatusError(error, 'Conflict')) throw error;
  }
}
