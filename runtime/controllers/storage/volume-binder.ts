import type { Live, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { claimNames } from '../../scheduler/plugins/volume-binding';
import {
  BIND_COMPLETED, bindsLate, classOf, isBound, isClaimedBy, matchVolume, NO_PROVISIONER, SELECTED_NODE,
} from '../../scheduler/plugins/volume-match';
import { ControllerBase, eventsOf, keyOf, splitKey } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import { semanticEqual } from '../kit/equality';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';
import { defaultClass } from './default-class';
import { PROVISIONER } from './provision';
import { reclaimOf } from './reclaim';

const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const VOLUME = 'volume ';
const CLAIM = 'claim ';

/** Binds claims to volumes that exist, asks a provisioner for others by annotation, and keeps both phases true. */
class VolumeBinder extends ControllerBase {
  private readonly volumes: Informer<PersistentVolume>;
  private readonly claims: Informer<PersistentVolumeClaim>;
  private readonly classes: Informer<StorageClass>;
  private readonly pods: Informer<Pod>;
  private readonly volumeClient: ResourceClient<PersistentVolume>;
  private readonly claimClient: ResourceClient<PersistentVolumeClaim>;
  private readonly queue: Loop;
  private readonly events: EventSink;
  private readonly volumeEvents: EventSink;

  constructor(context: Context) {
    super(context);
    this.volumeClient = context.client.resource<PersistentVolume>(resources.persistentVolumes);
    this.claimClient = context.client.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    const events = context.events('persistentvolume-controller');
    this.events = eventsOf(events, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
    this.volumeEvents = eventsOf(events, { apiVersion: 'v1', kind: 'PersistentVolume' });
    // One at a time: two claims must never be given the same volume.
    this.queue = this.loop({ name: 'persistentvolume-binder-controller', workers: 1, reconcile: (key) => this.reconcile(key) });
    this.claims = this.read<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    this.pods = this.read<Pod>(resources.pods);
    this.classes = this.watchAll<StorageClass>(resources.storageClasses, () => this.allUnbound());
    this.watchAll<PersistentVolumeClaim>(resources.persistentVolumeClaims, (claim) => {
      this.queue.add(CLAIM + keyOf(claim));
      if (claim.spec?.volumeName) this.queue.add(VOLUME + claim.spec.volumeName);
    });
    this.volumes = this.watchAll<PersistentVolume>(resources.persistentVolumes, (volume) => {
      this.queue.add(VOLUME + volume.metadata.name);
      const reference = volume.spec?.claimRef;
      if (reference) this.queue.add(`${CLAIM}${reference.namespace}/${reference.name}`);
      else this.allUnbound();
    });
  }

  private allUnbound(): void {
    for (const claim of this.claims.list()) if (!isBound(claim)) this.queue.add(CLAIM + keyOf(claim));
  }

  private async reconcile(key: string): Promise<void> {
    if (key.startsWith(VOLUME)) {
      const volume = this.volumes.get(key.slice(VOLUME.length));
      if (volume) await this.syncVolume(volume);
      return;
    }
    const { namespace, name } = splitKey(key.slice(CLAIM.length));
    const claim = this.claims.get(name, namespace);
    if (claim) await this.syncClaim(claim);
  }

  private async syncClaim(claim: Live<PersistentVolumeClaim>): Promise<void> {
    if (isBound(claim)) {
      const volume = this.volumes.get(claim.spec?.volumeName ?? '');
      if (!volume) {
        return this.claimLost(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
      }
      if (volume.spec?.claimRef && !isClaimedBy(volume, claim)) {
        return this.claimLost(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
      }
      return this.bind(claim, volume);
    }
    if (claim.metadata.deletionTimestamp || (await this.assignDefaultClass(claim))) return;
    const reserved = this.volumes.list().find((volume) => isClaimedBy(volume, claim));
    const late = bindsLate(this.classes.get(classOf(claim))) && !claim.metadata.annotations?.[SELECTED_NODE];
    const wanted = claim.spec?.volumeName ? this.volumes.get(claim.spec.volumeName) : undefined;
    const free = late ? undefined : matchVolume(claim, this.volumes.list());
    const volume = reserved ?? (claim.spec?.volumeName ? wanted : free);
    if (volume && (!volume.spec?.claimRef || isClaimedBy(volume, claim))) return this.bind(claim, volume);
    await this.wait(claim, late);
  }

  private async wait(claim: Live<PersistentVolumeClaim>, late: boolean): Promise<void> {
    const storageClass = this.classes.get(classOf(claim));
    const provisioner = storageClass?.provisioner;
    if (late) this.waitForConsumer(claim);
    else if (provisioner && provisioner !== NO_PROVISIONER) {
      if (claim.metadata.annotations?.[PROVISIONER] !== provisioner) {
        const annotations = { [PROVISIONER]: provisioner, 'volume.beta.kubernetes.io/storage-provisioner': provisioner };
        await this.claimClient.patch(claim.metadata.name, claim.metadata.namespace, 'merge', { metadata: { annotations } });
        return;
      }
      this.events.event(claim, 'Normal', 'ExternalProvisioning',
        `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
        'If volume creation is delayed, please verify that the provisioner is running and correctly registered.');
    } else if (classOf(claim) && !storageClass) {
      this.events.event(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io ${JSON.stringify(classOf(claim))} not found`);
    } else {
      this.events.event(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
    }
    if (claim.status?.phase !== 'Pending') await this.claimClient.updateStatus({ ...claim, status: { ...claim.status, phase: 'Pending' } });
  }

  /** A claim that was made before there was a default class gets it as soon as there is one. */
  private async assignDefaultClass(claim: Live<PersistentVolumeClaim>): Promise<boolean> {
    const named = claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[BETA_CLASS] !== undefined;
    const found = named ? undefined : defaultClass(this.classes.list());
    if (!found) return false;
    await this.claimClient.update({ ...claim, spec: { ...claim.spec, storageClassName: found.metadata.name } });
    return true;
  }

  private waitForConsumer(claim: Live<PersistentVolumeClaim>): void {
    const pods = this.pods.list(claim.metadata.namespace)
      .filter((pod) => !pod.spec?.nodeName && claimNames(pod).includes(claim.metadata.name))
      .map(({ metadata }) => metadata.name);
    if (pods.length === 0) {
      const message = 'waiting for first consumer to be created before binding';
      return this.events.event(claim, 'Normal', 'WaitForFirstConsumer', message);
    }
    const message = `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`;
    this.events.event(claim, 'Normal', 'WaitForPodScheduled', message);
  }

  /** Four writes, each of which a crash may come before: claimRef, its phase, volumeName, its phase. */
  private async bind(claim: Live<PersistentVolumeClaim>, volume: Live<PersistentVolume>): Promise<void> {
    const { name, namespace, uid } = claim.metadata;
    let boundVolume = volume;
    if (volume.spec?.claimRef?.uid !== uid) {
      const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, uid, ...(namespace && { namespace }) };
      const annotations = volume.spec?.claimRef ? volume.metadata.annotations : { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
      const metadata = { ...volume.metadata, ...(annotations && { annotations }) };
      boundVolume = await this.volumeClient.update({ ...volume, metadata, spec: { ...volume.spec, claimRef } });
    }
    if (boundVolume.status?.phase !== 'Bound') await this.setPhase(boundVolume, 'Bound');
    let bound = claim;
    if (!isBound(claim)) {
      const annotations = {
        ...claim.metadata.annotations, [BIND_COMPLETED]: 'yes', ...(!claim.spec?.volumeName && { [BOUND_BY_CONTROLLER]: 'yes' }),
      };
      bound = await this.claimClient.update({ ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName: volume.metadata.name } });
    }
    const { accessModes, capacity } = volume.spec ?? {};
    const status = { ...bound.status, phase: 'Bound', ...(accessModes && { accessModes }), ...(capacity && { capacity: { storage: capacity['storage'] ?? '0' } }) };
    if (!semanticEqual(status, bound.status)) await this.claimClient.updateStatus({ ...bound, status });
  }

  private async claimLost(claim: Live<PersistentVolumeClaim>, reason: string, message: string): Promise<void> {
    if (claim.status?.phase === 'Lost') return;
    this.events.event(claim, 'Warning', reason, message);
    await this.claimClient.updateStatus({ ...claim, status: { ...claim.status, phase: 'Lost' } });
  }

  private async syncVolume(volume: Live<PersistentVolume>): Promise<void> {
    const reference = volume.spec?.claimRef;
    if (!reference?.uid) {
      if (volume.status?.phase !== 'Available') await this.setPhase(volume, 'Available');
      return;
    }
    const claim = this.claims.get(reference.name ?? '', reference.namespace);
    if (claim?.metadata.uid === reference.uid || (await this.claimExists(reference))) return;
    if (volume.status?.phase === 'Failed') return;
    const released = volume.status?.phase === 'Released' ? volume : await this.setPhase(volume, 'Released');
    await this.reclaim(released);
  }

  private async reclaim(volume: Live<PersistentVolume>): Promise<void> {
    const reclaim = reclaimOf(volume);
    if (reclaim.action === 'delete' && !volume.metadata.deletionTimestamp) await this.volumeClient.delete(volume.metadata.name);
    if (reclaim.action !== 'fail') return;
    this.volumeEvents.event(volume, 'Warning', reclaim.reason, reclaim.message);
    await this.setPhase(volume, 'Failed', reclaim.message);
  }

  private async claimExists({ name = '', namespace, uid }: NonNullable<NonNullable<PersistentVolume['spec']>['claimRef']>): Promise<boolean> {
    try {
      return (await this.claimClient.get(name, namespace)).metadata.uid === uid;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return false;
      throw error;
    }
  }

  private setPhase(volume: Live<PersistentVolume>, phase: string, message?: string): Promise<Live<PersistentVolume>> {
    return this.volumeClient.updateStatus({ ...volume, status: { ...volume.status, phase, ...(message && { message }) } });
  }
}

export const startVolumeBinder: StartController = (context) => new VolumeBinder(context).start();
