import type { ControllerRevision, KubeObject, Live, PodTemplateSpec } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { semanticEqual } from '../kit/equality';
import { hashOf } from '../kit/hash';
import { controllerOf, controllerRef, ownedBy } from '../kit/pods';
import type { OwnerKind } from '../kit/pods';

export const REVISION_LABEL = 'controller-revision-hash';

export interface History {
  /** Oldest first; `update` is among them. */
  readonly all: readonly Live<ControllerRevision>[];
  /** The revision of the present template. */
  readonly update: Live<ControllerRevision>;
}

export interface HistorySetup<O extends KubeObject> {
  readonly owner: Live<O>;
  readonly kind: OwnerKind;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number | undefined;
  readonly informer: Informer<ControllerRevision>;
  readonly client: ResourceClient<ControllerRevision>;
}

/** What a rollback patches the owner with: the template as a whole. */
export const revisionData = (template: PodTemplateSpec): object => ({ spec: { template: { ...template, $patch: 'replace' } } });

export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (revision.data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec.template;
  return template;
}

/** Thrown when another object has the name that the hash gives; the owner counts the collision and tries again. */
export class HashCollision extends Error {
  override readonly name = 'HashCollision';
}

/** Finds or makes the revision of the present template, and gives it the highest number. */
export async function syncHistory<O extends KubeObject>(setup: HistorySetup<O>): Promise<History> {
  const { owner, template, informer, client } = setup;
  const all = ownedBy(informer, owner.metadata.uid).sort((a, b) => a.revision - b.revision);
  const highest = all.at(-1)?.revision ?? 0;
  const data = revisionData(template);
  const same = all.filter((revision) => semanticEqual(revision.data, data)).at(-1);
  if (!same) {
    const update = await createRevision(setup, highest + 1, data);
    return { all: [...all.filter(({ metadata }) => metadata.uid !== update.metadata.uid), update], update };
  }
  if (same.revision === highest) return { all, update: same };
  const update = await client.update({ ...same, revision: highest + 1 });
  return { all: [...all.filter((revision) => revision !== same), update], update };
}

async function createRevision<O extends KubeObject>(
  { owner, kind, template, collisionCount, client }: HistorySetup<O>, revision: number, data: object,
): Promise<Live<ControllerRevision>> {
  const hash = hashOf(template, collisionCount);
  const name = `${owner.metadata.name}-${hash}`;
  const draft: ControllerRevision = {
    apiVersion: 'apps/v1', kind: 'ControllerRevision', revision, data,
    metadata: {
      name, namespace: owner.metadata.namespace ?? '', labels: { ...template.metadata?.labels, [REVISION_LABEL]: hash },
      ownerReferences: [controllerRef(owner, kind)],
    },
  };
  try {
    return await client.create(draft);
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error;
    const existing = await client.get(name, owner.metadata.namespace);
    if (controllerOf(existing)?.uid === owner.metadata.uid && semanticEqual(existing.data, data)) return existing;
    throw new HashCollision(`controllerrevisions.apps ${JSON.stringify(name)} already exists`);
  }
}

/** Revisions beyond the limit that nothing uses, the oldest first. */
export async function trimHistory({ all }: History, used: ReadonlySet<string>, limit: number, client: ResourceClient<ControllerRevision>): Promise<void> {
  const idle = all.filter(({ metadata }) => !used.has(metadata.name));
  for (const { metadata } of idle.slice(0, Math.max(0, idle.length - limit))) {
    await client.delete(metadata.name, metadata.namespace).catch((error: unknown) => {
      if (!isStatusError(error, 'NotFound')) throw error;
    });
  }
}
