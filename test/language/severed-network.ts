import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A way to a server on loopback that a test can cut, or clog. */
export class SeveredNetwork {
  private readonly sockets = new Set<Socket>();
  private clogged = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(target: number): Promise<SeveredNetwork> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const network = new SeveredNetwork(server, (server.address() as AddressInfo).port);
    server.on('connection', (near) => network.join(near, target));
    return network;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.sockets.size;
  }

  /** All connections break; new ones come about. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** From now on connections are taken, and nothing comes through. */
  clog(): void {
    this.clogged = true;
    this.cut();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }

  private join(near: Socket, target: number): void {
    this.sockets.add(near);
    near.on('close', () => this.sockets.delete(near)).on('error', () => {});
    if (this.clogged) {
      // What isn't read would hide that the other side is gone.
      near.resume();
      return;
    }
    const far = connect(target, '127.0.0.1');
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far).pipe(near);
  }
}
