import { type ChildProcess, fork } from 'node:child_process';
import type { NodeJoin } from '../../node/join';
import type { SimulatedCommand, SimulatedReply } from '../../node/simulated-protocol';
import type { NodeConfig } from '../config';
import type { NodeEndpoint, NodeHost, NodeHostState } from './node-host';

/**
 * Nodes without an engine: kubelets over the simulated runtime, all in one child process. The child ends with this
 * process, because its channel closes.
 */
export class SimulatedNodeHost implements NodeHost {
  private readonly child: ChildProcess;
  private readonly states = new Map<string, NodeHostState>();
  private readonly endpoints = new Map<string, NodeEndpoint>();
  private readonly pending = new Map<number, { resolve(reply: SimulatedReply): void; reject(error: Error): void }>();
  private nextId = 1;
  private listener: (name: string) => void = () => {};

  /** @param program bundle of runtime/node/simulated-main */
  constructor(program: string, private readonly onExit: (reason: string) => void) {
    this.child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
    this.child.on('message', (reply: SimulatedReply) => this.settle(reply));
    this.child.on('exit', (code, signal) => this.gone(`the simulated nodes' process ended (${signal ?? code})`));
  }

  nextAddress(): undefined {
    return undefined;
  }

  async start(node: NodeConfig, join: NodeJoin): Promise<void> {
    const { port } = await this.call({ type: 'start', join });
    this.endpoints.set(node.name, { host: '127.0.0.1', kubeletPort: port ?? 0 });
    this.set(node.name, 'running');
  }

  async stop(name: string): Promise<void> {
    await this.halt(name, 'stopped');
  }

  async pause(name: string): Promise<void> {
    await this.call({ type: 'freeze', name });
    this.set(name, 'paused');
  }

  async unpause(name: string): Promise<void> {
    await this.call({ type: 'thaw', name });
    this.set(name, 'running');
  }

  async disconnect(name: string): Promise<void> {
    await this.call({ type: 'freeze', name });
    this.set(name, 'disconnected');
  }

  async connect(name: string): Promise<void> {
    await this.unpause(name);
  }

  async remove(name: string): Promise<void> {
    await this.halt(name, 'absent');
    this.states.delete(name);
  }

  async state(name: string): Promise<NodeHostState> {
    return this.states.get(name) ?? 'absent';
  }

  async engineDataFolder(): Promise<string> {
    return '';
  }

  async endpoint(name: string): Promise<NodeEndpoint | undefined> {
    return this.states.get(name) === 'running' ? this.endpoints.get(name) : undefined;
  }

  onChange(listener: (name: string) => void): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    this.child.removeAllListeners('exit');
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await ended;
  }

  private async halt(name: string, state: NodeHostState): Promise<void> {
    if (this.states.has(name)) await this.call({ type: 'stop', name });
    this.endpoints.delete(name);
    this.set(name, state);
  }

  private set(name: string, state: NodeHostState): void {
    this.states.set(name, state);
    this.listener(name);
  }

  private call(command: SimulatedCommand): Promise<SimulatedReply> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.child.send({ ...command, id }, (error) => error && this.settle({ id, error: error.message }));
    });
  }

  private settle(reply: SimulatedReply): void {
    const waiting = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (reply.error) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply);
  }

  private gone(reason: string): void {
    for (const { reject } of this.pending.values()) reject(new Error(reason));
    this.pending.clear();
    this.onExit(reason);
  }
}
