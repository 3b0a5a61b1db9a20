import type { ClusterView } from './cluster-view';

/** For who has no client, and so no cluster: nothing is known of any, and nothing is ever asked. */
export const noCluster: ClusterView = {
  state: 'none',
  details: { state: 'none' },
  namespace: 'default',
  client: undefined,
  dryRunner: undefined,
  onDidChange: () => {},
  source: () => ({ now: 0, find: () => undefined }),
  use: () => {},
  require: () => {},
  named: () => undefined,
  exists: () => undefined,
  definitionOf: () => undefined,
  close: () => {},
};
