import { rmSync } from 'node:fs';
import { systemClock } from '../clock';
import type { Logger } from '../log';
import { cleanUpEngine } from './clean-up';
import { type ClusterConfig, loadClusterConfig, nextNodeName, type NodeConfig, nodeConfig, saveClusterConfig } from './config';
import { ControlError, type ClusterControl, type ControlServer, serveControl } from './control/control-server';
import { type AddNodeRequest, type ClusterReport, type NodeAction, protocolVersion } from './control/protocol';
import { WindowHolds } from './control/window-holds';
import { type ControlPlane, startControlPlane } from './control-plane';
import { EngineUnavailableError } from './engine';
import { writeJson } from './files';
import { clusterPaths } from '../client/podium-home';
import { takeLock } from './lock';
import { removeClusterFiles } from './state-files';
import { openNodeHost } from './nodes/open-node-host';
import { NodeManager } from './nodes/node-manager';
import { LoopbackLoadBalancer } from './load-balancer';
import { Progress } from './progress';

declare const PODIUM_VERSION: string;

/** The process that is a cluster: its control plane, and the hand on its nodes. One a cluster, by lock. */
export class Daemon implements ClusterControl {
  private phase: ClusterReport['phase'] = 'starting';
  private readonly progress: Progress;
  private controlPlane: ControlPlane | undefined;
  private nodes: NodeManager | undefined;
  private loadBalancer: LoopbackLoadBalancer | undefined;
  private control: ControlServer | undefined;
  private readonly windows = new WindowHolds(systemClock, () => void this.endWithWindows());
  private releaseLock: () => void = () => {};
  private ended!: () => void;
  /** Resolves when the cluster was shut down and the process may exit. */
  readonly finished = new Promise<void>((resolve) => (this.ended = resolve));

  private constructor(private config: ClusterConfig, private readonly logger: Logger) {
    this.progress = new Progress((message) => logger.info({}, message));
  }

  /** Takes the cluster's lock and opens the control door; the cluster itself then starts in the background. */
  static async start(name: string, logger: Logger): Promise<Daemon> {
    const config = loadClusterConfig(name);
    if (!config) throw new ControlError(`there is no cluster "${name}"`);
    const paths = clusterPaths(name);
    const daemon = new Daemon(config, logger);
    daemon.releaseLock = takeLock(paths.lock);
    daemon.control = await serveControl(daemon);
    writeJson(paths.daemon, {
      protocol: protocolVersion, pid: process.pid, port: daemon.control.port, token: daemon.control.token, version: PODIUM_VERSION,
    });
    void daemon.run();
    return daemon;
  }

  private async run(): Promise<void> {
    try {
      await this.bringUp();
      this.phase = 'ready';
      this.progress.step('ready');
    } catch (error) {
      this.phase = 'failed';
      this.progress.step((error as Error).message);
      const expected = error instanceof EngineUnavailableError || error instanceof ControlError;
      this.logger.error(expected ? {} : { error: (error as Error).stack }, 'the cluster did not start');
    }
  }

  private async bringUp(): Promise<void> {
    const { config, logger, progress } = this;
    const host = await openNodeHost(config, progress, logger);
    if (host.network) this.change({ network: host.network });
    const controlPlane = await startControlPlane({
      config: this.config,
      gateway: host.network?.gateway,
      nodeServerHost: host.serverHost,
      nodeEndpoint: (name) => host.nodes.endpoint(name),
      dial: (address, port) => this.requireNodes().dial(address, port),
      logger,
      progress,
    });
    this.controlPlane = controlPlane;
    this.change({ port: controlPlane.port });
    progress.reached('apiReady');
    this.nodes = new NodeManager({ host, controlPlane, logger, cluster: config.name, onNodeConfig: (node) => this.changeNodeConfig(node) });
    host.onReturn(() => void this.nodes?.restore(this.config.nodes));
    this.loadBalancer = new LoopbackLoadBalancer(controlPlane.client, controlPlane.informers.services, this.nodes.dial, logger);
    progress.step('starting nodes');
    await this.nodes.start(this.config.nodes);
    progress.reached('nodesStarted');
    await this.nodes.allReady(this.config.nodes);
    progress.reached('nodesReady');
  }

  report(): ClusterReport {
    const paths = clusterPaths(this.config.name);
    return {
      name: this.config.name,
      runtime: this.config.runtime,
      phase: this.phase,
      message: this.progress.message,
      ...(this.controlPlane && { server: this.controlPlane.server }),
      kubeconfig: this.config.kubeconfig ?? paths.kubeconfig,
      dataDir: this.config.dataDir,
      pid: process.pid,
      nodes: this.nodes?.report(this.config.nodes) ?? [],
      loadBalancers: this.loadBalancer?.addresses() ?? [],
      timings: this.progress.timings,
    };
  }

  async addNode(request: AddNodeRequest): Promise<string> {
    const nodes = this.requireNodes();
    const name = request.name ?? nextNodeName(this.config.nodes);
    if (this.config.nodes.some((node) => node.name === name)) throw new ControlError(`node "${name}" already exists`, 409);
    const { nodeCpu, nodeMemory } = this.config;
    const node = nodeConfig.parse({ name, cpu: request.cpu ?? nodeCpu, memory: request.memory ?? nodeMemory, state: 'running' });
    this.change({ nodes: [...this.config.nodes, node] });
    try {
      await nodes.startNode(node);
    } catch (error) {
      this.change({ nodes: this.config.nodes.filter((other) => other.name !== name) });
      throw error;
    }
    return name;
  }

  async removeNode(name: string): Promise<void> {
    const nodes = this.requireNodes();
    this.nodeNamed(name);
    await nodes.removeNode(name);
    this.change({ nodes: this.config.nodes.filter((node) => node.name !== name) });
  }

  async changeNode(name: string, action: NodeAction): Promise<void> {
    const nodes = this.requireNodes();
    const states = { stop: 'stopped', start: 'running', pause: 'paused', unpause: 'running', disconnect: 'disconnected', connect: 'running' } as const;
    const node = { ...this.nodeNamed(name), state: states[action] };
    await nodes.changeNode(node);
    this.changeNodeConfig(node);
  }

  hold(endWithLast: boolean): () => void {
    return this.windows.hold(endWithLast);
  }

  private async endWithWindows(): Promise<void> {
    if (this.phase === 'stopping') return;
    this.logger.info({}, 'the last editor window is closed');
    await this.shutdown({ keep: true });
  }

  async shutdown({ keep }: { keep: boolean }): Promise<void> {
    this.phase = 'stopping';
    this.progress.step('stopping');
    await this.loadBalancer?.close();
    await this.nodes?.close({ keep });
    await this.controlPlane?.close({ erase: !keep });
    if (this.config.runtime === 'docker') await cleanUpEngine(this.config.name, { keepVolumes: keep });
    rmSync(clusterPaths(this.config.name).daemon, { force: true });
    if (!keep) removeClusterFiles(this.config);
    this.releaseLock();
    // The answer to this request still has to leave.
    setImmediate(() => {
      this.control?.close();
      this.ended();
    });
  }

  /** Ends this process and nothing else: nodes and pods go on, and the next `up` takes them over. */
  async leave(): Promise<void> {
    this.phase = 'stopping';
    await this.loadBalancer?.close();
    await this.controlPlane?.close();
    rmSync(clusterPaths(this.config.name).daemon, { force: true });
    this.releaseLock();
    this.control?.close();
    this.ended();
  }

  private change(changes: Partial<ClusterConfig>): void {
    this.config = { ...this.config, ...changes };
    saveClusterConfig(this.config);
  }

  private changeNodeConfig(node: NodeConfig): void {
    this.change({ nodes: this.config.nodes.map((other) => (other.name === node.name ? node : other)) });
  }

  private nodeNamed(name: string): NodeConfig {
    const node = this.config.nodes.find((candidate) => candidate.name === name);
    if (!node) throw new ControlError(`there is no node "${name}"; the cluster has ${this.config.nodes.map((other) => other.name).join(', ') || 'none'}`, 404);
    return node;
  }

  private requireNodes(): NodeManager {
    if (!this.nodes) throw new ControlError('the cluster is still starting', 409);
    return this.nodes;
  }
}
