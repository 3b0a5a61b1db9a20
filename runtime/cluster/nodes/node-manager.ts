import type { Duplex } from 'node:stream';
import type { Logger } from '../../log';
import { nodeDataFolder, type NodeJoin } from '../../node/join';
import { dialThroughTunnel } from '../../node/tunnel';
import type { NodeConfig } from '../config';
import { clusterDNS, clusterDomain, podCIDR, serviceCIDR } from '../constants';
import type { ControlPlane } from '../control-plane';
import type { NodeReport } from '../control/protocol';
import type { NodeHostState } from './node-host';
import type { OpenNodeHost } from './open-node-host';

export interface NodeManagerOptions {
  cluster: string;
  host: OpenNodeHost;
  controlPlane: ControlPlane;
  logger: Logger;
  /** A node was given an address: it is to be remembered. */
  onNodeConfig(node: NodeConfig): void;
}

/** Brings nodes to the state that the cluster's configuration asks for, and tells how they are. */
export class NodeManager {
  private readonly states = new Map<string, NodeHostState>();
  private readonly failures = new Map<string, string>();
  private readonly addresses = new Map<string, string>();

  constructor(private readonly options: NodeManagerOptions) {
    options.host.nodes.onChange((name) => void this.observe(name));
  }

  /** Starts the nodes side by side; one that fails is reported and doesn't hold the others up. */
  async start(nodes: readonly NodeConfig[]): Promise<void> {
    for (const node of nodes) if (node.ip) this.addresses.set(node.name, node.ip);
    await Promise.all(nodes.map(async (node) => {
      try {
        await this.startNode(node);
        if (node.state !== 'running') await this.changeNode(node);
      } catch (error) {
        this.failures.set(node.name, (error as Error).message);
        this.options.logger.error({ node: node.name, error: (error as Error).message }, 'the node did not start');
      }
    }));
  }

  /** Brings every node back to the state that it should be in: the engine was gone, and its containers with it. */
  async restore(nodes: readonly NodeConfig[]): Promise<void> {
    for (const node of nodes) {
      try {
        await this.changeNode(node);
      } catch (error) {
        this.options.logger.error({ node: node.name, error: (error as Error).message }, 'the node did not come back');
      }
    }
  }

  async startNode(node: NodeConfig): Promise<void> {
    const { host, onNodeConfig } = this.options;
    const ip = node.ip ?? host.nodes.nextAddress([...this.addresses.values()]);
    const addressed = ip ? { ...node, ip } : node;
    if (ip) this.addresses.set(node.name, ip);
    if (ip !== node.ip) onNodeConfig(addressed);
    await host.nodes.start(addressed, await this.joinOf(addressed));
    this.failures.delete(node.name);
    await this.observe(node.name);
  }

  /** The node, everything that ran on it, and its Node object. */
  async removeNode(name: string): Promise<void> {
    const { host, controlPlane } = this.options;
    await host.nodes.remove(name);
    await controlPlane.deleteNode(name);
    this.states.delete(name);
    this.failures.delete(name);
    this.addresses.delete(name);
  }

  /** Brings a node to its `state`, from whatever state it is in. */
  async changeNode(node: NodeConfig): Promise<void> {
    const { nodes } = this.options.host;
    const current = await nodes.state(node.name);
    if (current === 'paused' && node.state !== 'paused') await nodes.unpause(node.name);
    if (node.state === 'running') {
      if (current === 'stopped' || current === 'absent') await this.startNode(node);
      else await nodes.connect(node.name, node.ip);
    }
    if (node.state === 'stopped') await nodes.stop(node.name);
    if (node.state === 'paused') await nodes.pause(node.name);
    if (node.state === 'disconnected') await nodes.disconnect(node.name);
    await this.observe(node.name);
  }

  /** Resolves when all nodes that should run are Ready, or failed to start. */
  async allReady(nodes: readonly NodeConfig[]): Promise<void> {
    const expected = nodes.filter(({ name, state }) => state === 'running' && !this.failures.has(name));
    await this.options.controlPlane.nodesReady(expected.map(({ name }) => name));
  }

  report(nodes: readonly NodeConfig[]): NodeReport[] {
    return nodes.map(({ name }) => {
      const failure = this.failures.get(name);
      const state = this.states.get(name);
      return {
        name,
        state: failure ? 'failed' : state === undefined || state === 'absent' ? 'starting' : state,
        ready: this.options.controlPlane.isNodeReady(name),
        ...(failure && { message: failure }),
      };
    });
  }

  /** A connection into the cluster's network through any node that can be reached. */
  readonly dial = async (host: string, port: number): Promise<Duplex> => {
    let failure: Error = new Error('no node of the cluster has a network that can be reached');
    for (const [name, state] of this.states) {
      if (state !== 'running' || !this.options.controlPlane.isNodeReady(name)) continue;
      const endpoint = await this.options.host.nodes.endpoint(name);
      if (!endpoint?.tunnelPort) continue;
      try {
        const at = { host: endpoint.host, port: endpoint.tunnelPort, servername: name };
        return await dialThroughTunnel(at, this.options.controlPlane.nodeClientCredentials, host, port);
      } catch (error) {
        failure = error as Error;
      }
    }
    throw failure;
  };

  async close(options: { keep: boolean }): Promise<void> {
    this.options.host.stop();
    await this.options.host.nodes.close(options);
  }

  private async observe(name: string): Promise<void> {
    try {
      this.states.set(name, await this.options.host.nodes.state(name));
    } catch (error) {
      this.options.logger.warn({ node: name, error: (error as Error).message }, 'the node can not be seen');
    }
  }

  private async joinOf(node: NodeConfig): Promise<NodeJoin> {
    const { host, controlPlane, cluster } = this.options;
    const credentials = controlPlane.nodeCredentials(node.name, node.ip);
    return {
      cluster,
      nodeName: node.name,
      nodeIP: node.ip ?? '127.0.0.1',
      server: `https://${host.serverHost}:${controlPlane.port}`,
      ...credentials,
      cpu: node.cpu,
      memory: node.memory,
      pauseImage: host.pauseImage,
      clusterDNS,
      clusterDomain,
      podCIDR,
      serviceCIDR,
      engineDataFolder: (await host.nodes.engineDataFolder(node.name)) || nodeDataFolder,
      ...(controlPlane.heartbeatSeconds && { heartbeatSeconds: controlPlane.heartbeatSeconds }),
    };
  }
}
