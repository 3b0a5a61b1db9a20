import type { Live, PersistentVolumeClaim, Pod, Volume } from '../../api/kinds';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, keyOf, splitKey } from '../kit/context';
import type { Context, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';

/** A claim of the name that an ephemeral volume's would have belongs to somebody else. */
class ForeignClaim extends Error {
  override readonly name = 'ForeignClaim';
}

/** The claim of a pod's ephemeral volume: it goes with the pod, which owns it. */
export function ephemeralClaim(pod: Live<Pod>, { name, ephemeral }: Volume): PersistentVolumeClaim | undefined {
  const template = ephemeral?.volumeClaimTemplate;
  if (!template) return undefined;
  const { annotations, labels } = template.metadata ?? {};
  const { name: podName, namespace, uid } = pod.metadata;
  return {
    metadata: {
      name: `${podName}-${name}`,
      ...(namespace && { namespace }),
      ...(annotations && { annotations }),
      ...(labels && { labels }),
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: template.spec,
  };
}

class EphemeralVolumes extends ControllerBase {
  private readonly pods: Informer<Pod>;
  private readonly claims: Informer<PersistentVolumeClaim>;
  private readonly claimClient: ResourceClient<PersistentVolumeClaim>;
  private readonly queue: Loop;

  constructor(context: Context) {
    super(context);
    this.claimClient = context.client.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    this.queue = this.loop({ name: 'ephemeral-volume-controller', reconcile: (key) => this.reconcile(key) });
    const look = (pod: Live<Pod>) => {
      if (pod.spec?.volumes?.some(({ ephemeral }) => ephemeral)) this.queue.add(keyOf(pod));
    };
    this.pods = this.watch<Pod>(resources.pods, { added: look, updated: look });
    // A claim that was deleted by hand is made again.
    this.claims = this.watch<PersistentVolumeClaim>(resources.persistentVolumeClaims, {
      deleted: ({ metadata }) => {
        const owner = metadata.ownerReferences?.find(({ controller }) => controller);
        if (owner?.kind === 'Pod') this.queue.add(`${metadata.namespace}/${owner.name}`);
      },
    });
  }

  private async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = this.pods.get(name, namespace);
    if (!pod || pod.metadata.deletionTimestamp) return;
    for (const volume of pod.spec?.volumes ?? []) await this.ensure(pod, volume);
  }

  private async ensure(pod: Live<Pod>, volume: Volume): Promise<void> {
    const wanted = ephemeralClaim(pod, volume);
    if (!wanted) return;
    const { namespace, name, uid } = pod.metadata;
    const found = this.claims.get(wanted.metadata.name!, namespace);
    if (!found) return void (await this.claimClient.create(wanted));
    if (found.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid)) return;
    throw new ForeignClaim(
      `PVC ${keyOf(found)} was not created for pod ${namespace}/${name} (pod is not owner)`,
    );
  }
}

export const startEphemeralVolumes: StartController = (context) => new EphemeralVolumes(context).start();
