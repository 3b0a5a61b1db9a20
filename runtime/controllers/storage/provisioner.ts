import type { Live, Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../api/kinds';
import { hostPathProvisioner } from '../../api/provisioned-volumes';
import { isStatusError } from '../../api/status';
import type { Informer, ResourceClient } from '../../client/client';
import { bindsLate, classOf, SELECTED_NODE } from '../../scheduler/plugins/volume-match';
import { ControllerBase, eventsOf, keyOf, messageOf, splitKey } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';
import {
  chooseNode, disposalOf, nodeOfVolume, provisionedName, PROVISIONER_FINALIZER, unsupported, volumeFor, wantsVolume,
} from './provision';

const CLAIM = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
const VOLUME = { apiVersion: 'v1', kind: 'PersistentVolume' };
const volumePrefix = 'volume ';

/** A claim can't have its volume; said in an event, and tried again. */
class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError';
}

/** Milliseconds between attempts, doubling from the first to the last. */
const retry = { first: 1_000, last: 300_000 };

/**
 * Makes volumes of nodes' folders for the claims that ask for them, as an external provisioner does, and removes the data
 * of those that are to go.
 */
class HostPathProvisioner extends ControllerBase {
  private readonly claims: Informer<PersistentVolumeClaim>;
  private readonly volumes: Informer<PersistentVolume>;
  private readonly classes: Informer<StorageClass>;
  private readonly nodes: Informer<Node>;
  private readonly claimClient: ResourceClient<PersistentVolumeClaim>;
  private readonly volumeClient: ResourceClient<PersistentVolume>;
  private readonly failures = new Map<string, number>();
  private readonly queue: Loop;
  private readonly claimEvents: EventSink;
  private readonly volumeEvents: EventSink;

  constructor(context: Context) {
    super(context);
    this.claimClient = context.client.resource<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    this.volumeClient = context.client.resource<PersistentVolume>(resources.persistentVolumes);
    const events = context.events(hostPathProvisioner);
    this.claimEvents = eventsOf(events, CLAIM);
    this.volumeEvents = eventsOf(events, VOLUME);
    this.queue = this.loop({ name: 'hostpath-provisioner-controller', reconcile: (key) => this.reconcile(key) });
    this.claims = this.read<PersistentVolumeClaim>(resources.persistentVolumeClaims);
    this.nodes = this.watch<Node>(resources.nodes, { added: () => this.waiting() });
    this.classes = this.watchAll<StorageClass>(resources.storageClasses, () => this.waiting());
    this.watch<PersistentVolumeClaim>(resources.persistentVolumeClaims, {
      added: (claim) => this.look(claim),
      updated: (claim) => this.look(claim),
    });
    const look = (volume: Live<PersistentVolume>) => this.queue.add(volumePrefix + volume.metadata.name);
    this.volumes = this.watch<PersistentVolume>(resources.persistentVolumes, { added: look, updated: look });
  }

  private look(claim: Live<PersistentVolumeClaim>): void {
    if (wantsVolume(claim)) this.queue.add(keyOf(claim));
  }

  /** Claims that what has come may help. Those that a node was chosen for have all that they need. */
  private waiting(): void {
    for (const claim of this.claims.list()) if (!claim.metadata.annotations?.[SELECTED_NODE]) this.look(claim);
  }

  private async reconcile(key: string): Promise<number | void> {
    if (key.startsWith(volumePrefix)) {
      const volume = this.volumes.get(key.slice(volumePrefix.length));
      return volume && this.dispose(volume);
    }
    const { namespace, name } = splitKey(key);
    const claim = this.claims.get(name, namespace);
    const storageClass = claim && this.classes.get(classOf(claim));
    if (!claim || !wantsVolume(claim)) this.failures.delete(key);
    if (!claim || !wantsVolume(claim) || storageClass?.provisioner !== hostPathProvisioner) return;
    if (bindsLate(storageClass) && !claim.metadata.annotations?.[SELECTED_NODE]) return;
    return this.provision(claim, storageClass);
  }

  private async provision(claim: Live<PersistentVolumeClaim>, storageClass: Live<StorageClass>): Promise<number | void> {
    if (this.volumes.get(provisionedName(claim))) return;
    this.claimEvents.event(claim, 'Normal', 'Provisioning',
      `External provisioner is provisioning volume for claim ${JSON.stringify(keyOf(claim))}`);
    try {
      const problem = unsupported(claim, storageClass);
      if (problem) throw new ProvisioningError(problem);
      const volume = volumeFor(claim, storageClass, await this.nodeFor(claim, storageClass));
      await this.volumeClient.create(volume);
      this.claimEvents.event(claim, 'Normal', 'ProvisioningSucceeded',
        `Successfully provisioned volume ${volume.metadata.name}`);
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) return;
      this.claimEvents.event(claim, 'Warning', 'ProvisioningFailed',
        `failed to provision volume with StorageClass ${JSON.stringify(storageClass.metadata.name)}: ${messageOf(error)}`);
      const failures = this.failures.get(keyOf(claim)) ?? 0;
      this.failures.set(keyOf(claim), failures + 1);
      return Math.min(retry.last, retry.first * 2 ** failures);
    }
  }

  /** A chosen node that is gone is taken back, and the scheduler chooses another. */
  private async nodeFor(claim: Live<PersistentVolumeClaim>, storageClass: Live<StorageClass>): Promise<Live<Node>> {
    const { name, namespace, annotations } = claim.metadata;
    const selected = annotations?.[SELECTED_NODE];
    if (!selected) {
      const chosen = chooseNode(this.nodes.list(), storageClass, this.volumes.list());
      if (chosen) return chosen;
      throw new ProvisioningError('no node is ready to have the volume');
    }
    const node = this.nodes.get(selected);
    if (node) return node;
    await this.claimClient.patch(name, namespace, 'merge', { metadata: { annotations: { [SELECTED_NODE]: null } } });
    throw new ProvisioningError(`error getting target node: node ${JSON.stringify(selected)} not found`);
  }

  private async dispose(volume: Live<PersistentVolume>): Promise<void> {
    const disposal = disposalOf(volume);
    if (disposal === 'keep') return;
    if (disposal === 'delete') await this.delete(volume);
    await this.release(volume.metadata.name);
  }

  /** The data of a node that is gone went with it. */
  private async delete(volume: Live<PersistentVolume>): Promise<void> {
    const { name } = volume.metadata;
    const node = nodeOfVolume(volume, this.nodes.list());
    try {
      if (node) await this.context.options.removeVolumeData?.(node.metadata.name, name);
    } catch (error) {
      this.volumeEvents.event(volume, 'Warning', 'VolumeFailedDelete', messageOf(error));
      throw error;
    }
    await unlessGone(this.volumeClient.delete(name));
  }

  private async release(name: string): Promise<void> {
    const volume = await unlessGone(this.volumeClient.get(name));
    if (!volume?.metadata.finalizers?.includes(PROVISIONER_FINALIZER)) return;
    const finalizers = volume.metadata.finalizers.filter((finalizer) => finalizer !== PROVISIONER_FINALIZER);
    await unlessGone(this.volumeClient.update({ ...volume, metadata: { ...volume.metadata, finalizers } }));
  }
}

async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}

export const startHostPathProvisioner: StartController = (context) => new HostPathProvisioner(context).start();
