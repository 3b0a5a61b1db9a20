/** Pod addresses of a node: what CNI is upstream. Keys are sandbox ids. */
export interface PodNetwork {
  /** Gives the network namespace of this process an interface. */
  attach(sandboxPid: number, key: string): Promise<{ ip: string }>;
  /** Succeeds when there is nothing to detach. */
  detach(key: string): Promise<void>;
  /** Addresses of sandboxes that an earlier kubelet attached; one that lost its interface is left out. */
  restore(sandboxes: readonly { pid: number; key: string }[]): Promise<Map<string, string>>;
}
