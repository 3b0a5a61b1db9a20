/** A cluster that can be chosen: one of Podium's on this machine, by name, or a context of the kubeconfig files. */
export interface ClusterRef {
  kind: 'local' | 'context';
  name: string;
}

export function keyOf({ kind, name }: ClusterRef): string {
  return `${kind}/${name}`;
}

export function isSame(a: ClusterRef | undefined, b: ClusterRef | undefined): boolean {
  return a?.kind === b?.kind && a?.name === b?.name;
}
