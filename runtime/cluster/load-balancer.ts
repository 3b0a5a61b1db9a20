import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from '../client/resource-client';
import type { Informer } from '../client/client';
import type { Live, Service } from '../api/kinds';
import type { Logger } from '../log';

/** Opens a connection into the cluster's network, as seen from any node. */
export type ClusterDialer = (host: string, port: number) => Promise<Duplex>;

interface Listener {
  server: Server;
  /** Where a browser on this machine reaches the port. */
  address: string;
  target: { host: string; port: number };
}

/**
 * Services of type LoadBalancer, on this machine's loopback: each port listens at the same number where that is free,
 * at any other where it is not, and is carried through a node to the Service's cluster address.
 */
export class LoopbackLoadBalancer {
  private readonly listeners = new Map<string, Listener>();
  private readonly sockets = new Set<Socket>();
  private readonly unsubscribe: () => void;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: Client,
    private readonly services: Informer<Service>,
    private readonly dial: ClusterDialer,
    private readonly logger: Logger,
  ) {
    const changed = (service: Live<Service>) => this.enqueue(service);
    this.unsubscribe = services.on({ added: changed, updated: changed, deleted: changed });
  }

  /** What listens now: `namespace/name`, the Service's port, and the loopback address. */
  addresses(): { service: string; port: number; address: string }[] {
    return [...this.listeners].map(([key, { address, target }]) => ({ service: key.split(' ')[0] ?? '', port: target.port, address }));
  }

  async close(): Promise<void> {
    this.unsubscribe();
    await this.work;
    for (const key of [...this.listeners.keys()]) this.shut(key);
    for (const socket of this.sockets) socket.destroy();
  }

  /** Services are brought into shape one after the other, in the order of their events. */
  private enqueue(service: Live<Service>): void {
    this.work = this.work.then(async () => {
      try {
        await this.reconcile(service.metadata.namespace ?? '', service.metadata.name);
      } catch (error) {
        this.logger.warn({ service: service.metadata.name, error: (error as Error).message }, 'load balancer');
      }
    });
  }

  private async reconcile(namespace: string, name: string): Promise<void> {
    const service = this.services.get(name, namespace);
    const wanted = service && isBalanced(service) ? (service.spec?.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP') : [];
    const keys = new Set(wanted.map(({ port }) => `${namespace}/${name} ${port}`));
    for (const key of this.listeners.keys()) if (key.startsWith(`${namespace}/${name} `) && !keys.has(key)) this.shut(key);
    for (const { port } of wanted) await this.open(`${namespace}/${name} ${port}`, service?.spec?.clusterIP ?? '', port);
    if (service && wanted.length > 0) await this.publish(service);
  }

  private async open(key: string, host: string, port: number): Promise<void> {
    const existing = this.listeners.get(key);
    if (existing?.target.host === host) return;
    if (existing) this.shut(key);
    const target = { host, port };
    const server = createServer((socket) => void this.forward(socket, target));
    const bound = (await listen(server, port)) ?? (await listen(server, 0));
    if (bound !== undefined) this.listeners.set(key, { server, address: `127.0.0.1:${bound}`, target });
  }

  private shut(key: string): void {
    this.listeners.get(key)?.server.close();
    this.listeners.delete(key);
  }

  private async forward(socket: Socket, { host, port }: Listener['target']): Promise<void> {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.sockets.delete(socket));
    try {
      const upstream = await this.dial(host, port);
      upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
    } catch (error) {
      this.logger.debug({ host, port, error: (error as Error).message }, 'no connection into the cluster');
      socket.resetAndDestroy();
    }
  }

  private async publish(service: Live<Service>): Promise<void> {
    const ingress = [{ ip: '127.0.0.1', ipMode: 'Proxy' }];
    if (JSON.stringify(service.status?.loadBalancer?.ingress) === JSON.stringify(ingress)) return;
    const { name, namespace } = service.metadata;
    await this.client.services.patch(name, namespace, 'merge', { status: { loadBalancer: { ingress } } }, { subresource: 'status' });
  }
}

function isBalanced({ spec }: Service): boolean {
  return spec?.type === 'LoadBalancer' && !spec.loadBalancerClass && Boolean(spec.clusterIP) && spec.clusterIP !== 'None';
}

/** The port listened on, or undefined when it is taken or not allowed. */
function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? address?.port : undefined);
    });
  });
}
