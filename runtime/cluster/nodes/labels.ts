import { podiumHome } from '../../client/podium-home';

/** Labels on everything of ours at the engine. Pods' containers carry `podium` and `podium.node` (see DockerRuntime). */
export const clusterLabel = 'podium';
export const roleLabel = 'podium.role';
export const nodeNameLabel = 'podium.name';
/** On networks, volumes and nodes: the Podium home that the cluster's record is in. */
export const homeLabel = 'podium.home';
/** On pods' sandboxes and containers: the node that they belong to. */
export const podNodeLabel = 'podium.node';

/** Labels of what belongs to a cluster as a whole. */
export function clusterLabels(cluster: string): Record<string, string> {
  return { [clusterLabel]: cluster, [homeLabel]: podiumHome() };
}

/** Name of a cluster's network, and the start of its containers' and volumes' names. */
export function engineName(cluster: string, node?: string): string {
  return node ? `podium-${cluster}-${node}` : `podium-${cluster}`;
}
