import type { Live, Node, Pod } from '../api/kinds';
import type { Informers } from './informers';
import type { Snapshot } from './framework';
import { NodeInfo, PodInfo } from './node-info';

interface CachedPod {
  readonly info: PodInfo;
  readonly node: NodeInfo;
  /** Decided here and not yet seen through the watch. */
  readonly assumed: boolean;
}

/**
 * Nodes with the totals of their pods, changed pod by pod. Pods that were just decided are assumed to run where they
 * will be bound, so that the next cycle counts them already. A node that is gone stays known while pods are on it.
 */
export class SchedulerCache implements Snapshot {
  private readonly known = new Map<string, NodeInfo>();
  private readonly pods = new Map<string, CachedPod>();
  private readonly images = new Map<string, number>();
  readonly nodesWithAffinityPods = new Set<NodeInfo>();
  readonly nodesWithAntiAffinityPods = new Set<NodeInfo>();
  private list: NodeInfo[] = [];

  constructor(readonly informers: Informers) {}

  get nodes(): readonly NodeInfo[] {
    return this.list;
  }

  node(name: string): NodeInfo | undefined {
    return this.known.get(name);
  }

  imageNodes(image: string): number {
    return this.images.get(image) ?? 0;
  }

  setNode(node: Live<Node>): void {
    const info = this.nodeInfo(node.metadata.name);
    const isNew = info.node === undefined;
    this.countImages(info, -1);
    info.setNode(node);
    this.countImages(info, 1);
    if (isNew) this.list.push(info);
  }

  removeNode(name: string): void {
    const info = this.known.get(name);
    if (!info) return;
    this.countImages(info, -1);
    info.setNode(undefined);
    this.list = this.list.filter((other) => other !== info);
    this.dropIfEmpty(info);
  }

  assume(info: PodInfo, nodeName: string): void {
    this.put(info, nodeName, true);
  }

  isAssumed(uid: string): boolean {
    return this.pods.get(uid)?.assumed ?? false;
  }

  /** Takes an assumption back; what the watch has confirmed stays. */
  forget(uid: string): boolean {
    if (!this.isAssumed(uid)) return false;
    this.removePod(uid);
    return true;
  }

  /** What the watch says wins over what was assumed. */
  setPod(pod: Live<Pod>): void {
    const nodeName = pod.spec?.nodeName;
    if (nodeName) this.put(new PodInfo(pod), nodeName, false);
  }

  hasPod(uid: string): boolean {
    return this.pods.has(uid);
  }

  removePod(uid: string): void {
    const cached = this.pods.get(uid);
    if (!cached) return;
    this.pods.delete(uid);
    cached.node.remove(uid);
    this.index(cached.node);
    this.dropIfEmpty(cached.node);
  }

  private put(info: PodInfo, nodeName: string, assumed: boolean): void {
    const uid = info.pod.metadata.uid;
    const before = this.pods.get(uid);
    if (before && before.node.name !== nodeName) this.removePod(uid);
    const node = this.nodeInfo(nodeName);
    node.add(info);
    this.pods.set(uid, { info, node, assumed });
    this.index(node);
  }

  private nodeInfo(name: string): NodeInfo {
    let info = this.known.get(name);
    if (!info) this.known.set(name, (info = new NodeInfo(name)));
    return info;
  }

  private dropIfEmpty(info: NodeInfo): void {
    if (!info.node && info.pods.size === 0) this.known.delete(info.name);
  }

  private index(node: NodeInfo): void {
    const keep = (set: Set<NodeInfo>, has: boolean) => (has ? set.add(node) : set.delete(node));
    keep(this.nodesWithAffinityPods, node.podsWithAffinity.size > 0);
    keep(this.nodesWithAntiAffinityPods, node.podsWithRequiredAntiAffinity.size > 0);
  }

  private countImages(info: NodeInfo, by: 1 | -1): void {
    for (const image of info.images.keys()) {
      const count = (this.images.get(image) ?? 0) + by;
      if (count > 0) this.images.set(image, count);
      else this.images.delete(image);
    }
  }
}
