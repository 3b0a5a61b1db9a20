import type {
  KubeObject,
  Live,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  VolumeAttributesClass,
} from '../../api/kinds';
import type { Informer } from '../../client/client';
import { ControllerBase, keyOf, splitKey } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { isTerminal } from '../kit/pods';
import { resources } from '../kit/resources';
import type { Resource } from '../kit/resources';

const attributesClasses: Resource = {
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattributesclasses',
  namespaced: false,
};

/**
 * The finalizers that this object should have: the protection is put on what lacks it, and taken off what is to go once
 * nobody uses it. Undefined when they are as they should be.
 */
export function protectedFinalizers({ metadata }: KubeObject, finalizer: string, inUse: boolean): string[] | undefined {
  const finalizers = metadata.finalizers ?? [];
  const has = finalizers.includes(finalizer);
  if (!metadata.deletionTimestamp) return has ? undefined : [...finalizers, finalizer];
  return has && !inUse ? finalizers.filter((name) => name !== finalizer) : undefined;
}

/**
 * The claims that a pod may have mounted. One that isn't scheduled yet has none: a kubelet starts no pod with a claim
 * that goes.
 */
export function claimsInUse(pod: Pod): string[] {
  if (!pod.spec?.nodeName) return [];
  return (pod.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => [
    ...(persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []),
    ...(ephemeral && !isTerminal(pod) ? [`${pod.metadata.name}-${name}`] : []),
  ]);
}

interface Protection<T extends KubeObject> {
  readonly name: string;
  readonly resource: Resource;
  readonly finalizer: string;
  /** Asked of the API server, as a cache may not have seen the newest user yet. */
  isUsed(context: Context, object: Live<T>): Promise<boolean> | boolean;
  /** Attaches whatever else makes an object worth a second look. */
  watchUsers?(controller: ControllerBase, look: (key: string) => void, objects: Informer<T>): void;
}

class ProtectionController<T extends KubeObject> extends ControllerBase {
  private readonly objects: Informer<T>;
  private readonly queue: Loop;

  constructor(
    context: Context,
    private readonly protection: Protection<T>,
  ) {
    super(context);
    this.queue = this.loop({ name: protection.name, reconcile: (key) => this.reconcile(key) });
    const look = (key: string) => this.queue.add(key);
    this.objects = this.watch<T>(protection.resource, {
      added: (object) => look(keyOf(object)),
      updated: (object) => look(keyOf(object)),
    });
    protection.watchUsers?.(this, look, this.objects);
  }

  private async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const object = this.objects.get(name, namespace);
    if (!object) return;
    const { finalizer, resource, isUsed } = this.protection;
    const goes = object.metadata.deletionTimestamp && object.metadata.finalizers?.includes(finalizer);
    const finalizers = protectedFinalizers(object, finalizer, goes ? await isUsed(this.context, object) : true);
    if (!finalizers) return;
    await this.context.client.resource<T>(resource).update({ ...object, metadata: { ...object.metadata, finalizers } });
  }
}

const claims: Protection<PersistentVolumeClaim> = {
  name: 'persistentvolumeclaim-protection-controller',
  resource: resources.persistentVolumeClaims,
  finalizer: 'kubernetes.io/pvc-protection',
  async isUsed({ client }, { metadata: { namespace, name } }) {
    const pods = await client.resource<Pod>(resources.pods).list({ ...(namespace && { namespace }) });
    return pods.items.some((pod) => claimsInUse(pod).includes(name));
  },
  watchUsers(controller, look) {
    const users = (pod: Live<Pod>) => claimsInUse(pod).forEach((name) => look(`${pod.metadata.namespace}/${name}`));
    controller.watchAll<Pod>(resources.pods, users);
  },
};

const volumes: Protection<PersistentVolume> = {
  name: 'persistentvolume-protection-controller',
  resource: resources.persistentVolumes,
  finalizer: 'kubernetes.io/pv-protection',
  isUsed: (_context, { status }) => status?.phase === 'Bound',
};

const classes: Protection<VolumeAttributesClass> = {
  name: 'volumeattributesclass-protection-controller',
  resource: attributesClasses,
  finalizer: 'kubernetes.io/vac-protection',
  async isUsed({ client }, { metadata: { name } }) {
    const [claimed, provided] = await Promise.all([
      client.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims).list(),
      client.resource<PersistentVolume>(resources.persistentVolumes).list(),
    ]);
    return (
      provided.items.some(({ spec }) => spec?.volumeAttributesClassName === name) ||
      claimed.items.some(({ spec, status }) =>
        [
          spec?.volumeAttributesClassName,
          status?.currentVolumeAttributesClassName,
          status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
        ].includes(name),
      )
    );
  },
  watchUsers(controller, look, objects) {
    const all = () => objects.list().forEach((object) => look(keyOf(object)));
    controller.watchAll<PersistentVolumeClaim>(resources.persistentVolumeClaims, all);
    controller.watchAll<PersistentVolume>(resources.persistentVolumes, all);
  },
};

export const startClaimProtection: StartController = (context) => new ProtectionController(context, claims).start();
export const startVolumeProtection: StartController = (context) => new ProtectionController(context, volumes).start();
export const startAttributesClassProtection: StartController = (context) =>
  new ProtectionController(context, classes).start();
