import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Live, Pod } from '../../api/kinds';
import { join, type PortForwardSession } from '../../streaming';
import type { Client } from '../resource-client';
import { forwardToPod } from './streams';
import { pickPod, podPort, podSourceOf, refOf, runningPods, type PodSource, type Target, TargetError } from './target';

/** `local` 0 takes any free port; `remote` is a number, or the name of a port of the Service or of a container. */
export interface PortPair {
  local: number;
  remote: string;
}

/** Reads `8080:80`, `80`, `:80`, `8080:http`, as kubectl takes them. Throws TargetError. */
export function parsePortPair(text: string): PortPair {
  const match = /^(?:(\d*):)?([\w-]+)$/.exec(text);
  const [, local, remote = ''] = match ?? [];
  const valid = (port: string): boolean => !/^\d+$/.test(port) || (Number(port) > 0 && Number(port) < 65_536);
  if (!match || !valid(remote) || (local && !valid(local)))
    throw new TargetError(`${JSON.stringify(text)} is not [LOCAL:]REMOTE`);
  if (local === undefined) return { local: /^\d+$/.test(remote) ? Number(remote) : 0, remote };
  return { local: Number(local), remote };
}

export interface ForwardedPort extends PortPair {
  /** Loopback address that is listened at. */
  address: string;
}

export interface ForwardListener {
  /** The pod that new connections go to, when another one takes its place. */
  pod?(name: string): void;
  /** A connection failed; the forward goes on. */
  failed?(message: string): void;
}

/** How long a connection waits for a pod that takes the place of one that is gone. */
const patienceMs = 10_000;
const retryMs = 250;

/**
 * Local ports that lead to a pod, a Service or a workload. It survives the pods: each new connection finds one that runs, and
 * waits a while when there is none yet. Listens at loopback only.
 */
export class Forward {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly ending = new AbortController();
  private readonly sessions = new Set<PortForwardSession>();
  private way: Promise<Way> | undefined;
  /** Name of the pod that new connections go to. */
  pod: string | undefined;
  ports: readonly ForwardedPort[] = [];

  private constructor(
    private readonly client: Client,
    readonly target: Target,
    private readonly source: PodSource,
    private readonly listener: ForwardListener,
  ) {}

  /** Listens once a pod is found to which all ports lead. Throws StatusError, TargetError, or the system's error for a port that is taken. */
  static async open(
    client: Client,
    target: Target,
    pairs: readonly PortPair[],
    listener: ForwardListener = {},
  ): Promise<Forward> {
    const source = await podSourceOf(client, target);
    const forward = new Forward(client, target, source, listener);
    try {
      const { pod } = await (forward.way = forward.findWay());
      for (const { remote } of pairs) podPort(remote, pod, source.service);
      forward.ports = await Promise.all(pairs.map((pair) => forward.listen(pair)));
    } catch (error) {
      await forward.close();
      throw error;
    }
    return forward;
  }

  async close(): Promise<void> {
    this.ending.abort();
    for (const session of this.sessions) session.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise<void>((closed) => server.close(() => closed()))));
  }

  private async listen(pair: PortPair): Promise<ForwardedPort> {
    const server = createServer({ allowHalfOpen: true }, (socket) => void this.carry(socket, pair.remote));
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(pair.local, '127.0.0.1', () => {
        server.off('error', failed);
        listening();
      });
    });
    this.servers.push(server);
    const { port } = server.address() as AddressInfo;
    return { ...pair, local: port, address: `127.0.0.1:${port}` };
  }

  private async carry(socket: Socket, remote: string): Promise<void> {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket)).on('error', () => {});
    try {
      const stream = await this.dial(remote);
      stream.on('error', (error) => this.failed(error));
      join(socket, stream);
    } catch (error) {
      socket.destroy();
      this.failed(error as Error);
    }
  }

  /** Through the pod that is known, or through another one when that is gone or going. */
  private async dial(remote: string): Promise<Duplex> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const found = (this.way ??= this.findWay());
      try {
        const way = await found;
        await this.confirm(way.pod);
        return await this.through(way, remote);
      } catch (error) {
        this.leave(found);
        if (Date.now() > end || this.ending.signal.aborted) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  private async through(way: Way, remote: string): Promise<Duplex> {
    way.connections++;
    const ended = (): void => {
      way.connections--;
      if (way.left && way.connections === 0) way.session.close();
    };
    try {
      const stream = await way.session.dial(podPort(remote, way.pod, this.source.service));
      return stream.once('close', ended);
    } catch (error) {
      ended();
      throw error;
    }
  }

  /**
   * Throws when the pod is about to go. The connection to it may well outlive it, and says that nobody answers when a client
   * has sent its request already.
   */
  private async confirm({ metadata: { name, uid } }: Live<Pod>): Promise<void> {
    const [running] = await runningPods(this.client, { namespace: this.source.namespace, pod: name });
    if (running?.metadata.uid !== uid) throw new TargetError(`pod "${name}" does not run any more`);
  }

  /** New connections find another way; those that go this one still go on. */
  private leave(found: Promise<Way>): void {
    if (this.way === found) this.way = undefined;
    found.then((way) => {
      way.left = true;
      if (way.connections === 0) way.session.close();
    }, () => {});
  }

  /** Connections made at once share it; when it closes, the next one finds another. */
  private async findWay(): Promise<Way> {
    const pod = await pickPod(this.client, this.source, `${this.target.kind}/${this.target.name}`);
    const session = await forwardToPod(this.client, refOf(pod), this.ending.signal);
    const found = this.way;
    this.sessions.add(session);
    void session.closed.then(() => {
      this.sessions.delete(session);
      if (this.way === found) this.way = undefined;
    });
    this.pod = pod.metadata.name;
    this.listener.pod?.(this.pod);
    return { pod, session, connections: 0, left: false };
  }

  private failed(error: Error): void {
    if (!this.ending.signal.aborted) this.listener.failed?.(error.message);
  }
}

/** A pod, and the connection to it that carries all others. */
interface Way {
  readonly pod: Live<Pod>;
  readonly session: PortForwardSession;
  connections: number;
  /** No new connection goes this way: it ends with its last one. */
  left: boolean;
}
