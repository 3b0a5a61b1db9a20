import type Docker from 'dockerode';
import { connectEngine, EngineUnavailableError, type Engine } from './engine';
import { clusterLabel } from './nodes/labels';

/** Everything of a cluster at the engine, whoever left it there. With `keepVolumes` the nodes' data stays. */
export async function cleanUpEngine(cluster: string, options: { keepVolumes: boolean }): Promise<void> {
  let engine: Engine;
  try {
    engine = await connectEngine();
  } catch (error) {
    if (error instanceof EngineUnavailableError) return;
    throw error;
  }
  const filters = { label: [`${clusterLabel}=${cluster}`] };
  const { docker } = engine;
  const containers = await docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => unlessGone(docker.getContainer(Id).remove({ force: true, v: true }))));
  const networks = await docker.listNetworks({ filters });
  await Promise.all(networks.map(({ Id }) => unlessGone(docker.getNetwork(Id).remove())));
  if (options.keepVolumes) return;
  const { Volumes } = await docker.listVolumes({ filters });
  await Promise.all((Volumes ?? []).map(({ Name }) => unlessGone(docker.getVolume(Name).remove({ force: true }))));
}

/** Names of clusters that the engine holds anything of. */
export async function clustersAtEngine(): Promise<string[]> {
  let docker: Docker;
  try {
    ({ docker } = await connectEngine());
  } catch (error) {
    if (error instanceof EngineUnavailableError) return [];
    throw error;
  }
  const filters = { label: [clusterLabel] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  const { Volumes } = await docker.listVolumes({ filters });
  const labelled = [...containers, ...networks, ...(Volumes ?? [])] as { Labels?: Record<string, string> | null }[];
  return [...new Set(labelled.flatMap(({ Labels }) => Labels?.[clusterLabel] ?? []))].sort();
}

/** Removal in progress elsewhere (409) and already removed (404) are what was wanted. */
async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== 404 && status !== 409) throw error;
  }
}
