const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'node.kubernetes.io/windows-build',
]);

const inDomain = (prefix: string, domain: string) => prefix === domain || prefix.endsWith(`.${domain}`);

function isForbidden(label: string): boolean {
  const slash = label.indexOf('/');
  const prefix = slash < 0 ? '' : label.slice(0, slash);
  if (inDomain(prefix, 'node-restriction.kubernetes.io')) return true;
  if (!inDomain(prefix, 'kubernetes.io') && !inDomain(prefix, 'k8s.io')) return false;
  return (
    !kubeletLabels.has(label) && !inDomain(prefix, 'kubelet.kubernetes.io') && !inDomain(prefix, 'node.kubernetes.io')
  );
}

type Labels = Readonly<Record<string, string>>;

/** Labels that differ and that a kubelet may not choose for itself, sorted: workloads are kept off nodes by them. */
export function nodeLabelsForbidden(labels: Labels = {}, old: Labels = {}): string[] {
  const names = new Set([...Object.keys(labels), ...Object.keys(old)]);
  return [...names].filter((name) => labels[name] !== old[name] && isForbidden(name)).sort();
}
