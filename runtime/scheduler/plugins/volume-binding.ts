import type { Live, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../api/kinds';
import type { ResourceClient } from '../../client/client';
import type { Clock } from '../../clock';
import type { FilterPlugin, PreBindPlugin, Rejection, Snapshot } from '../framework';
import type { Informers } from '../informers';
import type { NodeInfo } from '../node-info';
import { nodeSelectorMatches, podSelectsNode } from './node-selector';
import { bindsLate, classOf, isBound, matchVolume, NO_PROVISIONER, SELECTED_NODE } from './volume-match';

const PLUGIN = 'VolumeBinding';
const reject = (reason: string): Rejection => ({ plugin: PLUGIN, reasons: [reason], unresolvable: true });
const WRONG_NODE = reject("node(s) didn't match PersistentVolume's node affinity");
const NO_VOLUME = reject("node(s) didn't find available persistent volumes to bind");
const WRONG_ZONE = { plugin: 'VolumeZone', reasons: ['node(s) had no available volume zone'], unresolvable: true };
const ZONE_LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** The claims of a pod by name; a generic ephemeral volume's claim is named after pod and volume. */
export function claimNames(pod: Pod): string[] {
  const names: string[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.persistentVolumeClaim) names.push(volume.persistentVolumeClaim.claimName);
    else if (volume.ephemeral) names.push(`${pod.metadata.name}-${volume.name}`);
  }
  return names;
}

interface Claims {
  readonly bound: Live<PersistentVolume>[];
  readonly late: Live<PersistentVolumeClaim>[];
}

function sortClaims(pod: Pod, informers: Informers): Claims | Rejection {
  const claims: Claims = { bound: [], late: [] };
  for (const name of claimNames(pod)) {
    const claim = informers.persistentVolumeClaims.get(name, pod.metadata.namespace);
    if (!claim) return reject(`persistentvolumeclaim ${JSON.stringify(name)} not found`);
    if (claim.metadata.deletionTimestamp) return reject(`persistentvolumeclaim ${JSON.stringify(name)} is being deleted`);
    const volumeName = claim.spec?.volumeName ?? '';
    if (isBound(claim)) {
      const volume = informers.persistentVolumes.get(volumeName);
      if (!volume) {
        return reject(`persistentvolumeclaim ${JSON.stringify(name)} bound to non-existent persistentvolume ${JSON.stringify(volumeName)}`);
      }
      claims.bound.push(volume);
    } else if (bindsLate(informers.storageClasses.get(classOf(claim)))) {
      claims.late.push(claim);
    } else {
      return reject('pod has unbound immediate PersistentVolumeClaims');
    }
  }
  return claims;
}

function zoneConflict(volume: PersistentVolume, node: NodeInfo): boolean {
  return ZONE_LABELS.some((label) => {
    const zones = volume.metadata.labels?.[label];
    return zones !== undefined && !zones.split('__').includes(node.labels[label] ?? '');
  });
}

const provisions = (storageClass: StorageClass | undefined) => storageClass !== undefined && storageClass.provisioner !== NO_PROVISIONER;

export interface VolumeBindingOptions {
  readonly informers: Informers;
  readonly volumes: ResourceClient<PersistentVolume>;
  readonly claims: ResourceClient<PersistentVolumeClaim>;
  readonly clock: Clock;
  /** Milliseconds to wait for a claim to become bound; upstream's default is ten minutes. */
  readonly bindTimeout?: number;
}

/** Bound claims tie a pod to their volume's nodes; claims that bind late are bound to what the chosen node can have. */
export class VolumeBinding implements FilterPlugin, PreBindPlugin {
  readonly name = PLUGIN;

  constructor(private readonly options: VolumeBindingOptions) {}

  prepareFilter({ pod }: { pod: Pod }, { informers }: Snapshot): ReturnType<FilterPlugin['prepareFilter']> {
    if (claimNames(pod).length === 0) return undefined;
    const claims = sortClaims(pod, informers);
    if ('reasons' in claims) return { rejected: claims };
    return { filter: (node) => this.filterNode(claims, node) };
  }

  mayHelp(event: Parameters<FilterPlugin['mayHelp']>[0], pod: Live<Pod>): boolean {
    if (event.type === 'nodeAdded' || event.type === 'nodeUpdated') return podSelectsNode(pod, event.node);
    return event.type === 'volumeChanged';
  }

  private filterNode({ bound, late }: Claims, node: NodeInfo): Rejection | undefined {
    if (!node.node) return WRONG_NODE;
    const { informers } = this.options;
    for (const volume of bound) {
      const required = volume.spec?.nodeAffinity?.required;
      if (required && !nodeSelectorMatches(required, node.node)) return WRONG_NODE;
      if (zoneConflict(volume, node)) return WRONG_ZONE;
    }
    for (const claim of late) {
      const selected = claim.metadata.annotations?.[SELECTED_NODE];
      if (selected && selected !== node.name) return NO_VOLUME;
      if (matchVolume(claim, informers.persistentVolumes.list(), node.node)) continue;
      if (!provisions(informers.storageClasses.get(classOf(claim)))) return NO_VOLUME;
    }
    return undefined;
  }

  async preBind(pod: Live<Pod>, node: NodeInfo): Promise<void> {
    const claims = sortClaims(pod, this.options.informers);
    if ('reasons' in claims) throw new Error(claims.reasons.join(', '));
    const taken = new Set<string>();
    for (const claim of claims.late) await this.bindLate(claim, node, taken);
    await Promise.all(claims.late.map((claim) => this.waitUntilBound(claim)));
  }

  private async bindLate(claim: Live<PersistentVolumeClaim>, node: NodeInfo, taken: Set<string>): Promise<void> {
    const free = this.options.informers.persistentVolumes.list().filter((volume) => !taken.has(volume.metadata.name));
    const volume = matchVolume(claim, free, node.node);
    const { name, namespace, uid } = claim.metadata;
    if (!volume) {
      await this.options.claims.patch(name, namespace, 'merge', { metadata: { annotations: { [SELECTED_NODE]: node.name } } });
      return;
    }
    taken.add(volume.metadata.name);
    const reserved = structuredClone(volume);
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, uid, ...(namespace && { namespace }) };
    reserved.spec = { ...reserved.spec, claimRef };
    reserved.metadata.annotations = { ...reserved.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' };
    await this.options.volumes.update(reserved);
  }

  private waitUntilBound({ metadata: { name, namespace } }: Live<PersistentVolumeClaim>): Promise<void> {
    const { informers, clock, bindTimeout = 600_000 } = this.options;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        removeHandlers?.();
        cancel();
        settle();
      };
      const cancel = clock.after(bindTimeout, () => finish(() => reject(new Error('binding volumes: context deadline exceeded'))));
      const look = (claim: Live<PersistentVolumeClaim>) => {
        if (claim.metadata.name === name && claim.metadata.namespace === namespace && isBound(claim)) finish(resolve);
      };
      let removeHandlers: (() => void) | undefined;
      removeHandlers = informers.persistentVolumeClaims.on({ added: look, updated: look });
      const now = informers.persistentVolumeClaims.get(name, namespace);
      if (now && isBound(now)) finish(resolve);
    });
  }
}
