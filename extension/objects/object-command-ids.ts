const named = (names: readonly string[]): string[] => names.map((name) => `podium.${name}`);

/** Registered at activation; what they do is loaded when one is run. */
export const objectCommandIds = named([
  'scale',
  'restart',
  'rollBack',
  'compareRevisions',
  'setImage',
  'label',
  'cordon',
  'uncordon',
  'drain',
  'evict',
  'delete',
  'edit',
  'describe',
  'copyName',
  'copyYaml',
  'diff',
  'dryRun',
  'newManifest',
]);

export const podCommandIds = named([
  'logs',
  'shell',
  'forward',
  'stopForward',
  'openForward',
  'copyForwardAddress',
  'openInBrowser',
  'copyTo',
  'copyFrom',
  'runPod',
]);

export const deployCommandIds = named(['deploy']);

export const viewCommandIds = named(['nodeMap', 'graph', 'rollout', 'events']);
