import type Docker from 'dockerode';
import { kubeletPort, nodeDataFolder, nodeJoinFile, type NodeJoin, tunnelPort } from '../../node/join';
import type { NodeConfig } from '../config';
import { engineAddress, type Engine } from '../engine';
import { archive } from '../images/image-archive';
import { type ClusterNetwork, nextNodeAddress } from './docker-network';
import { clusterLabel, clusterLabels, engineName, nodeNameLabel, podNodeLabel, roleLabel } from './labels';
import type { NodeEndpoint, NodeHost, NodeHostState } from './node-host';

export interface DockerNodeHostOptions {
  engine: Engine;
  cluster: string;
  network: ClusterNetwork;
  nodeImage: string;
}

type Inspection = Docker.ContainerInspectInfo;

/** Nodes as containers of the engine; the containers of their pods are siblings, so what befalls a node befalls them here. */
export class DockerNodeHost implements NodeHost {
  private readonly docker: Docker;
  private readonly endpoints = new Map<string, NodeEndpoint>();
  private listener: (name: string) => void = () => {};

  constructor(private readonly options: DockerNodeHostOptions) {
    this.docker = options.engine.docker;
  }

  nextAddress(taken: readonly string[]): string {
    return nextNodeAddress(this.options.network, taken);
  }

  async start(node: NodeConfig, join: NodeJoin): Promise<void> {
    const found = await this.inspect(node.name);
    if (found && found.Config.Image !== this.options.nodeImage) await this.removeContainer(node.name);
    const container = this.container(node.name);
    if (!(await this.inspect(node.name))) await this.docker.createContainer(this.specification(node));
    await container.putArchive(archive([{ path: nodeJoinFile.slice(1), content: JSON.stringify(join), mode: 0o600 }]), { path: '/' });
    if (found?.State.Paused) await this.unpause(node.name);
    await ignoring(304, container.start());
    await this.connect(node.name, node.ip);
    this.changed(node.name);
  }

  async stop(name: string): Promise<void> {
    await ignoring(304, ignoring(404, this.container(name).stop({ t: 2 })));
    await this.killPods(name);
    this.changed(name);
  }

  async pause(name: string): Promise<void> {
    await ignoring(409, this.container(name).pause());
    await this.eachPodContainer(name, 'running', (container) => ignoring(409, container.pause()));
    this.changed(name);
  }

  async unpause(name: string): Promise<void> {
    await this.eachPodContainer(name, 'paused', (container) => ignoring(500, container.unpause()));
    await ignoring(500, this.container(name).unpause());
    this.changed(name);
  }

  async disconnect(name: string): Promise<void> {
    const network = this.docker.getNetwork(engineName(this.options.cluster));
    if (isConnected(await this.inspect(name), this.options.cluster)) {
      await network.disconnect({ Container: engineName(this.options.cluster, name), Force: true });
    }
    this.changed(name);
  }

  async connect(name: string, ip: string | undefined): Promise<void> {
    if (!isConnected(await this.inspect(name), this.options.cluster)) {
      const EndpointConfig = { IPAMConfig: { IPv4Address: ip } };
      await this.docker.getNetwork(engineName(this.options.cluster)).connect({ Container: engineName(this.options.cluster, name), EndpointConfig });
    }
    this.changed(name);
  }

  async remove(name: string): Promise<void> {
    await this.removeContainer(name);
    await this.removePods(name);
    await ignoring(404, this.docker.getVolume(engineName(this.options.cluster, name)).remove());
    this.changed(name);
  }

  async state(name: string): Promise<NodeHostState> {
    const found = await this.inspect(name);
    if (!found) return 'absent';
    if (found.State.Paused) return 'paused';
    if (!found.State.Running) return 'stopped';
    return isConnected(found, this.options.cluster) ? 'running' : 'disconnected';
  }

  async engineDataFolder(name: string): Promise<string> {
    const Name = engineName(this.options.cluster, name);
    await this.docker.createVolume({ Name, Labels: this.labels('node', name) });
    return (await this.docker.getVolume(Name).inspect()).Mountpoint;
  }

  async endpoint(name: string): Promise<NodeEndpoint | undefined> {
    const known = this.endpoints.get(name);
    if (known) return known;
    const ports = (await this.inspect(name))?.NetworkSettings.Ports ?? {};
    const published = (port: number) => Number(ports[`${port}/tcp`]?.[0]?.HostPort ?? 0);
    if (!published(kubeletPort)) return undefined;
    const endpoint = { host: '127.0.0.1', kubeletPort: published(kubeletPort), tunnelPort: published(tunnelPort) };
    this.endpoints.set(name, endpoint);
    return endpoint;
  }

  onChange(listener: (name: string) => void): void {
    this.listener = listener;
  }

  /** A node container changed by other hands: what happened to it is done to its pods too. */
  async handleEngineEvent(name: string, action: string): Promise<void> {
    if (action === 'die') await this.killPods(name);
    if (action === 'pause') await this.eachPodContainer(name, 'running', (container) => ignoring(409, container.pause()));
    if (action === 'unpause') await this.eachPodContainer(name, 'paused', (container) => ignoring(500, container.unpause()));
    this.changed(name);
  }

  async close({ keep }: { keep: boolean }): Promise<void> {
    const nodes = await this.list([`${roleLabel}=node`]);
    await Promise.all(nodes.map(({ Id }) => forceRemove(this.docker.getContainer(Id))));
    const pods = await this.list([]);
    await Promise.all(pods.map(({ Id }) => forceRemove(this.docker.getContainer(Id))));
    if (!keep) await this.removeVolumes();
  }

  private async removeVolumes(): Promise<void> {
    const { Volumes } = await this.docker.listVolumes({ filters: { label: [`${clusterLabel}=${this.options.cluster}`] } });
    await Promise.all((Volumes ?? []).map(({ Name }) => ignoring(404, this.docker.getVolume(Name).remove())));
  }

  private specification(node: NodeConfig): Docker.ContainerCreateOptions {
    const { cluster, engine, nodeImage } = this.options;
    const loopback = [{ HostIp: '127.0.0.1', HostPort: '' }];
    const ports = [`${kubeletPort}/tcp`, `${tunnelPort}/tcp`];
    return {
      name: engineName(cluster, node.name),
      Hostname: node.name,
      Image: nodeImage,
      Labels: this.labels('node', node.name),
      ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
      StopSignal: 'SIGTERM',
      HostConfig: {
        // What a node does, and no more: veths and rules (NET_ADMIN), entering its pods' namespaces (SYS_ADMIN, SYS_PTRACE).
        CapAdd: ['NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE'],
        SecurityOpt: ['apparmor=unconfined', 'label=disable'],
        PidMode: 'host',
        UsernsMode: 'host',
        // /proc/sys is read-only inside: these can only be given now.
        Sysctls: { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.rp_filter': '0', 'net.ipv4.conf.default.rp_filter': '0' },
        Binds: [`${engineSocket(engine)}:/var/run/docker.sock`, `${engineName(cluster, node.name)}:${nodeDataFolder}`],
        PortBindings: Object.fromEntries(ports.map((port) => [port, loopback])),
        ExtraHosts: ['host.docker.internal:host-gateway'],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
        NetworkMode: engineName(cluster),
      },
      NetworkingConfig: { EndpointsConfig: { [engineName(cluster)]: { IPAMConfig: { IPv4Address: node.ip } } } },
    } as Docker.ContainerCreateOptions;
  }

  private labels(role: string, name: string): Record<string, string> {
    return { ...clusterLabels(this.options.cluster), [roleLabel]: role, [nodeNameLabel]: name };
  }

  private container(name: string): Docker.Container {
    return this.docker.getContainer(engineName(this.options.cluster, name));
  }

  private async inspect(name: string): Promise<Inspection | undefined> {
    return ignoring(404, this.container(name).inspect());
  }

  private list(labels: string[]): Promise<Docker.ContainerInfo[]> {
    return this.docker.listContainers({ all: true, filters: { label: [`${clusterLabel}=${this.options.cluster}`, ...labels] } });
  }

  private async removeContainer(name: string): Promise<void> {
    await forceRemove(this.container(name));
  }

  private async killPods(node: string): Promise<void> {
    await this.eachPodContainer(node, 'running', (container) => ignoring(409, ignoring(404, container.kill())));
  }

  private async removePods(node: string): Promise<void> {
    await this.eachPodContainer(node, undefined, (container) => forceRemove(container));
  }

  private async eachPodContainer(node: string, state: string | undefined, act: (container: Docker.Container) => Promise<unknown>): Promise<void> {
    const containers = await this.list([`${podNodeLabel}=${node}`]);
    const chosen = containers.filter((container) => state === undefined || container.State === state);
    await Promise.all(chosen.map(({ Id }) => act(this.docker.getContainer(Id))));
  }

  private changed(name: string): void {
    this.endpoints.delete(name);
    this.listener(name);
  }
}

function isConnected(found: Inspection | undefined, cluster: string): boolean {
  return Boolean(found?.NetworkSettings.Networks[engineName(cluster)]);
}

/** The engine's socket as a bind source: behind a VM it is always at its usual place there. */
function engineSocket(engine: Engine): string {
  const unix = /^unix:\/\/(.*)$/.exec(engineAddress());
  return !engine.remote && unix?.[1] ? unix[1] : '/var/run/docker.sock';
}

async function forceRemove(container: Docker.Container): Promise<void> {
  await ignoring(409, ignoring(404, container.remove({ force: true, v: true })));
}

/** The result, or undefined when the engine answers with this status: the state that was asked for is there already. */
async function ignoring<T>(status: number, action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === status) return undefined;
    throw error;
  }
}
