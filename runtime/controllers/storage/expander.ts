import type { Live, PersistentVolume, PersistentVolumeClaim } from '../../api/kinds';
import { hostPathProvisioner } from '../../api/provisioned-volumes';
import { parseQuantity } from '../../api/quantity';
import type { Informer, ResourceClient } from '../../client/client';
import { isBound, isClaimedBy } from '../../scheduler/plugins/volume-match';
import { ControllerBase, eventsOf, keyOf, splitKey } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';
import { PROVISIONED_BY } from './provision';

const storage = (list: Record<string, string> | undefined) => parseQuantity(list?.['storage'] ?? '0');

/** The size that a bound claim asks for and doesn't have yet. */
export function wantedSize({ spec, status }: PersistentVolumeClaim): string | undefined {
  const wanted = spec?.resources?.requests?.['storage'];
  return wanted && storage({ storage: wanted }).compare(storage(status?.capacity)) > 0 ? wanted : undefined;
}

/** Grows the volumes that the cluster provisions itself: they are as large as their node's disk whatever they say. */
class VolumeExpander extends ControllerBase {
  private readonly claims: Informer<PersistentVolumeClaim>;
  private readonly volumes: Informer<PersistentVolume>;
  private readonly claimClient: ResourceClient<PersistentVolumeClaim>;
  private readonly volumeClient: ResourceClient<PersistentVolume>;
  private readonly queue: Loop;
  private readonly events: { own: EventSink; others: EventSink };

  constructor(context: Context) {
    super(context);
    this.claimClient = context.client.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    this.volumeClient = context.client.resource<PersistentVolume>(resources.persistentVolumes);
    const about = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
    this.events = {
      own: eventsOf(context.events(`external-resizer ${hostPathProvisioner}`), about),
      others: eventsOf(context.events('volume_expand'), about),
    };
    this.queue = this.loop({ name: 'persistentvolume-expander-controller', reconcile: (key) => this.reconcile(key) });
    const look = (claim: Live<PersistentVolumeClaim>) => {
      if (isBound(claim) && claim.status?.phase === 'Bound' && wantedSize(claim)) this.queue.add(keyOf(claim));
    };
    this.claims = this.watch<PersistentVolumeClaim>(resources.persistentVolumeClaims, { added: look, updated: look });
    this.volumes = this.read<PersistentVolume>(resources.persistentVolumes);
  }

  private async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const claim = this.claims.get(name, namespace);
    const size = claim && wantedSize(claim);
    const volume = claim && this.volumes.get(claim.spec?.volumeName ?? '');
    if (!claim || !volume || !size || !isBound(claim) || !isClaimedBy(volume, claim)) return;
    if (volume.metadata.annotations?.[PROVISIONED_BY] !== hostPathProvisioner) {
      this.events.others.event(claim, volume.spec?.csi ? 'Normal' : 'Warning', 'ExternalExpanding',
        "Ignoring the PVC: didn't find a plugin capable of expanding the volume; " +
        'waiting for an external controller to process this PVC.');
      return;
    }
    await this.grow(claim, volume, size);
  }

  private async grow(claim: Live<PersistentVolumeClaim>, volume: Live<PersistentVolume>, size: string): Promise<void> {
    this.events.own.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`);
    if (storage(volume.spec?.capacity).compare(storage({ storage: size })) < 0) {
      const capacity = { ...volume.spec?.capacity, storage: size };
      await this.volumeClient.update({ ...volume, spec: { ...volume.spec, capacity } });
    }
    const { capacity, allocatedResources } = claim.status ?? {};
    const status = {
      ...claim.status,
      capacity: { ...capacity, storage: size },
      allocatedResources: { ...allocatedResources, storage: size },
    };
    await this.claimClient.updateStatus({ ...claim, status });
    this.events.own.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
  }
}

export const startVolumeExpander: StartController = (context) => new VolumeExpander(context).start();
