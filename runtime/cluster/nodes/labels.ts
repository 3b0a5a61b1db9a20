/** Labels on everything of ours at the engine. Pods' containers carry `podium` and `podium.node` (see DockerRuntime). */
export const clusterLabel = 'podium';
export const roleLabel = 'podium.role';
export const nodeNameLabel = 'podium.name';
/** On pods' sandboxes and containers: the node that they belong to. */
export const podNodeLabel = 'podium.node';

/** Name of a cluster's network, and the start of its containers' and volumes' names. */
export function engineName(cluster: string, node?: string): string {
  return node ? `podium-${cluster}-${node}` : `podium-${cluster}`;
}
