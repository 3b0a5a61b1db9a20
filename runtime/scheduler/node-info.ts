import { hostPortsOf, type HostPort } from '../api/host-ports';
import type { Live, Node, Pod, PodAffinityTerm } from '../api/kinds';
import { addAmounts, amounts, podNonZeroRequests, podRequests } from './resources';
import type { Amounts } from './resources';
import { compileAffinityTerm } from './plugins/affinity-term';
import type { AffinityTerm } from './plugins/affinity-term';

/** A pod with what plugins would otherwise compute again for every node. */
export class PodInfo {
  readonly requests: Amounts;
  readonly nonZero: { readonly milliCPU: number; readonly memory: number };
  readonly hostPorts: readonly HostPort[];
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];

  constructor(readonly pod: Live<Pod>) {
    this.requests = podRequests(pod);
    this.nonZero = podNonZeroRequests(pod);
    this.hostPorts = hostPortsOf(pod);
    const affinity = pod.spec?.affinity;
    const compile = (terms: PodAffinityTerm[] | undefined) => (terms ?? []).map((term) => compileAffinityTerm(pod, term));
    this.requiredAffinity = compile(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    this.requiredAntiAffinity = compile(affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
  }

  get hasAffinity(): boolean {
    const affinity = this.pod.spec?.affinity;
    return affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined;
  }
}

/** A node and the running totals of the pods on it, kept up to date pod by pod. */
export class NodeInfo {
  node: Live<Node> | undefined;
  allocatable: Amounts = new Map();
  /** Normalized image name → bytes. */
  images = new Map<string, number>();
  readonly pods = new Map<string, PodInfo>();
  readonly requested: Amounts = new Map();
  readonly nonZero = { milliCPU: 0, memory: 0 };
  readonly ports: HostPort[] = [];
  /** Pods with any (anti-)affinity, and those with required anti-affinity: the only ones that InterPodAffinity visits. */
  readonly podsWithAffinity = new Map<string, PodInfo>();
  readonly podsWithRequiredAntiAffinity = new Map<string, PodInfo>();

  constructor(readonly name: string) {}

  get labels(): Record<string, string> {
    return this.node?.metadata.labels ?? noLabels;
  }

  setNode(node: Live<Node> | undefined): void {
    this.node = node;
    this.allocatable = amounts(node?.status?.allocatable ?? node?.status?.capacity);
    this.images = new Map();
    for (const image of node?.status?.images ?? []) {
      for (const name of image.names ?? []) this.images.set(name, image.sizeBytes ?? 0);
    }
  }

  add(info: PodInfo): void {
    const uid = info.pod.metadata.uid;
    this.remove(uid);
    this.pods.set(uid, info);
    this.count(info, 1);
    this.ports.push(...info.hostPorts);
    if (info.hasAffinity) this.podsWithAffinity.set(uid, info);
    if (info.requiredAntiAffinity.length > 0) this.podsWithRequiredAntiAffinity.set(uid, info);
  }

  remove(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid);
    if (!info) return undefined;
    this.pods.delete(uid);
    this.podsWithAffinity.delete(uid);
    this.podsWithRequiredAntiAffinity.delete(uid);
    this.count(info, -1);
    for (const port of info.hostPorts) this.ports.splice(this.ports.indexOf(port), 1);
    return info;
  }

  private count(info: PodInfo, sign: 1 | -1): void {
    addAmounts(this.requested, info.requests, sign);
    this.nonZero.milliCPU += sign * info.nonZero.milliCPU;
    this.nonZero.memory += sign * info.nonZero.memory;
  }
}

const noLabels: Record<string, string> = {};
