/** What marks our containers at the engine, and what of a pod is found again on them after a restart of the kubelet. */
export const label = {
  cluster: 'podium',
  node: 'podium.node',
  /** `sandbox` or `container`. */
  kind: 'podium.kind',
  attempt: 'podium.attempt',
  annotations: 'podium.annotations',
  sandbox: 'podium.sandbox',
  image: 'podium.image',
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;

const own = new Set<string>(Object.values(label));

/** The labels that the kubelet gave, without those that are the runtime's. */
export function foreignLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !own.has(key)));
}

export function annotationsOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  return JSON.parse(labels[label.annotations] ?? '{}') as Record<string, string>;
}
