import type { KubeObject, GroupVersionResource, NodeAddress, Taint } from '../api/kinds';
import type { ResourceClient } from '../client/client';
import type { Clock } from '../clock';
import type { Logger } from '../log';
import type { ContainerRuntime } from './container-runtime';
import type { EventSink } from './events';
import type { VolumeHost } from './volumes/volume-host';

/** The part of the client that a kubelet uses. */
export interface ApiClient {
  resource<T extends KubeObject>(resource: GroupVersionResource & { namespaced: boolean }): ResourceClient<T>;
}

/** Seconds, as upstream's KubeletConfiguration has them. */
export interface KubeletTimings {
  /** Between lease renewals; the lease lasts four times as long. */
  heartbeat: number;
  /** Between reports of a node status that hasn't changed. */
  nodeStatusReport: number;
  /** Between looks at the node's own state. */
  nodeStatusUpdate: number;
  /** Between resyncs of a pod that nothing happened to. */
  sync: number;
  crashBackoff: { initial: number; max: number };
  imageBackoff: { initial: number; max: number };
}

export const upstreamTimings: KubeletTimings = {
  heartbeat: 10,
  nodeStatusReport: 300,
  nodeStatusUpdate: 10,
  sync: 60,
  crashBackoff: { initial: 10, max: 300 },
  imageBackoff: { initial: 10, max: 300 },
};

export interface KubeletOptions {
  nodeName: string;
  client: ApiClient;
  runtime: ContainerRuntime;
  clock: Clock;
  logger: Logger;
  /** Where pods' volumes are kept; absent for simulated nodes, whose pods have no files. */
  volumeHost?: VolumeHost;
  capacity: { cpu: string; memory: string; pods: string; 'ephemeral-storage': string };
  addresses: NodeAddress[];
  labels?: Record<string, string>;
  taints?: Taint[];
  providerId?: string;
  staticPodPath?: string;
  clusterDns: string[];
  clusterDomain: string;
  serviceCidrMaskSize?: number;
  /** Serving certificate, and the CA whose client certificates are let in. */
  serverTls: { cert: string; key: string; clientCa: string };
  /** 0: any free one. The port of the node's daemon endpoint is the one that is listened at. */
  port: number;
  host?: string;
  timings?: Partial<KubeletTimings>;
  /** Replaces the recorder of events (tests). */
  events?: EventSink;
}

export interface Kubelet {
  readonly port: number;
  /** Leaves the pods running: a later kubelet adopts them. */
  stop(): Promise<void>;
}
