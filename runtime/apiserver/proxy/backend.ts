import type { Duplex } from 'node:stream';

/** How to reach the kubelet of a node: the API server's client certificate, and the authority of kubelets. PEM. */
export interface KubeletAddress {
  host: string;
  port: number;
  /** Name in the kubelet's certificate. */
  servername: string;
  ca: string;
  cert: string;
  key: string;
}

export interface Backends {
  /** Undefined while the node can't be reached. */
  kubelet(nodeName: string): Promise<KubeletAddress | undefined>;
  /** A connection to an address of the cluster's network; through a node, as this machine may have no route. */
  dial(host: string, port: number): Promise<Duplex>;
}
