/** What the server knows of a live cluster. */
export interface ClusterView {
  readonly state: 'none' | 'connecting' | 'connected' | 'unreachable';
  onDidChange(listener: () => void): void;
}

/** No cluster is looked at. */
export const noCluster: ClusterView = { state: 'none', onDidChange: () => {} };
