import type { ClusterView } from './cluster-view';

/** For who has no client, and so no cluster: nothing is known of any, and nothing is ever asked. */
export const noCluster: ClusterView = {
  state: 'none',
  details: { state: 'none' },
  namespace: 'default',
  version: undefined,
  client: undefined,
  dryRunner: undefined,
  onDidChange: () => {},
  source: () => ({ now: 0, find: () => undefined }),
  use: () => {},
  require: () => {},
  named: () => undefined,
  exists: () => undefined,
  keys: () => undefined,
  definitionOf: () => undefined,
  close: () => {},
};
