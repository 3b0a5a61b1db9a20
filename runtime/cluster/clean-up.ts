import { existsSync } from 'node:fs';
import { connectEngine, EngineUnavailableError, type Engine } from './engine';
import { clusterPaths, podiumHome } from '../client/podium-home';
import { sharedLabel } from './images/image-store';
import { clusterLabel, homeLabel } from './nodes/labels';

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

/** A cluster that the engine holds anything of. */
export interface ClusterAtEngine {
  name: string;
  /** Of this home, or of none that has a record of it: a crash left it. Another home's cluster is none of ours. */
  ours: boolean;
}

export async function clustersAtEngine(): Promise<ClusterAtEngine[]> {
  let engine: Engine;
  try {
    engine = await connectEngine();
  } catch (error) {
    if (error instanceof EngineUnavailableError) return [];
    throw error;
  }
  const { docker } = engine;
  const filters = { label: [clusterLabel] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  const { Volumes } = await docker.listVolumes({ filters });
  const labelled = [...containers, ...networks, ...(Volumes ?? [])] as { Labels?: Record<string, string> | null }[];
  const homes = new Map<string, Set<string>>();
  for (const { Labels } of labelled) {
    const name = Labels?.[clusterLabel];
    if (name === undefined || name === sharedLabel) continue;
    const known = homes.get(name) ?? new Set();
    homes.set(name, Labels?.[homeLabel] === undefined ? known : known.add(Labels[homeLabel]));
  }
  const isOurs = (name: string, home: string): boolean =>
    home === podiumHome() || (!engine.remote && !existsSync(clusterPaths(name, home).folder));
  return [...homes].sort().map(([name, own]) => ({ name, ours: own.size === 0 || [...own].some((home) => isOurs(name, home)) }));
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
