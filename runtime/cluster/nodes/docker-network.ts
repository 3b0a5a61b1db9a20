import { networkInterfaces } from 'node:os';
import type { Engine } from '../engine';
import { ControlError } from '../control/control-server';
import { podiumHome } from '../../client/podium-home';
import { clusterLabels, engineName, homeLabel } from './labels';

export interface ClusterNetwork {
  subnet: string;
  gateway: string;
}

/** Private /24s that Docker itself doesn't hand out, so that ours seldom collide with another tool's. */
const candidates = Array.from({ length: 200 }, (_, i) => `10.89.${i}`);

/**
 * The cluster's bridge network, made if it is missing, on `wanted` where that is still free. Throws the engine's error, and ControlError if another home has a cluster of that name.
 */
export async function ensureNetwork(engine: Engine, cluster: string, wanted?: ClusterNetwork): Promise<ClusterNetwork> {
  const existing = await inspectNetwork(engine, cluster);
  if (existing) return existing;
  const used = await usedSubnets(engine);
  const preferred = wanted ? [wanted.subnet.replace(/\.0\/24$/, '')] : [];
  let failure: unknown;
  for (const prefix of [...preferred, ...candidates]) {
    const network = { subnet: `${prefix}.0/24`, gateway: `${prefix}.1` };
    if (used.some((other) => overlaps(other, network.subnet))) continue;
    try {
      await engine.docker.createNetwork({
        Name: engineName(cluster), Driver: 'bridge', CheckDuplicate: true, Labels: clusterLabels(cluster),
        IPAM: { Driver: 'default', Config: [{ Subnet: network.subnet, Gateway: network.gateway }] },
      });
      return network;
    } catch (error) {
      failure = error;
      if (!/overlap/i.test((error as Error).message)) throw error;
    }
  }
  throw failure ?? new Error('no free subnet for the cluster network');
}

export async function removeNetwork(engine: Engine, cluster: string): Promise<void> {
  try {
    await engine.docker.getNetwork(engineName(cluster)).remove();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}

/** The addresses for nodes: .11 and up, so that low ones stay free for what a user attaches by hand. */
export function nextNodeAddress({ subnet }: ClusterNetwork, taken: readonly string[]): string {
  const prefix = subnet.replace(/\.0\/24$/, '');
  for (let host = 11; host < 250; host++) {
    const address = `${prefix}.${host}`;
    if (!taken.includes(address)) return address;
  }
  throw new Error(`no address is left in ${subnet} for another node`);
}

async function inspectNetwork(engine: Engine, cluster: string): Promise<ClusterNetwork | undefined> {
  try {
    const info = (await engine.docker.getNetwork(engineName(cluster)).inspect()) as {
      Labels?: Record<string, string>; IPAM?: { Config?: { Subnet?: string; Gateway?: string }[] };
    };
    const home = info.Labels?.[homeLabel];
    if (home !== undefined && home !== podiumHome()) {
      throw new ControlError(`the engine has a cluster "${cluster}" of another Podium home (${home}); choose another --name`);
    }
    const config = info.IPAM?.Config?.[0];
    return config?.Subnet && config.Gateway ? { subnet: config.Subnet, gateway: config.Gateway } : undefined;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

async function usedSubnets(engine: Engine): Promise<string[]> {
  const networks = (await engine.docker.listNetworks()) as { IPAM?: { Config?: { Subnet?: string }[] | null } }[];
  const host = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [
    ...networks.flatMap((network) => network.IPAM?.Config?.map((config) => config.Subnet ?? '') ?? []),
    ...host.filter((address) => address.family === 'IPv4').map((address) => address.cidr ?? ''),
  ].filter((subnet) => /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(subnet));
}

function overlaps(a: string, b: string): boolean {
  const [first, second] = [parse(a), parse(b)];
  const mask = first.mask & second.mask;
  return (first.address & mask) === (second.address & mask);
}

function parse(cidr: string): { address: number; mask: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const value = address.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0);
  return { address: value, mask: Number(bits) === 0 ? 0 : -1 << (32 - Number(bits)) };
}
