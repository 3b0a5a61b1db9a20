import { setTimeout as sleep } from 'node:timers/promises';
import { httpTransport } from '../client/http';
import { Client } from '../client/resource-client';
import type { Transport } from '../client/transport';
import { systemClock } from '../clock';
import { type Kubelet, startKubelet } from '../kubelet';
import { SimulatedRuntime } from '../kubelet/simulated';
import type { Logger } from '../log';
import { gateTransport, type TransportGate } from './gated-transport';
import type { NodeJoin } from './join';
import { AddressPool } from './network/address-pool';
import type { SimulatedCommand, SimulatedReply } from './simulated-protocol';

interface SimulatedNode {
  join: NodeJoin;
  kubelet: Kubelet;
  transport: Transport;
  gate: TransportGate;
}

/** Kubelets over the simulated runtime, any number in one process. */
export class SimulatedNodes {
  private readonly nodes = new Map<string, SimulatedNode>();

  constructor(private readonly logger: Logger) {}

  async carryOut(command: SimulatedCommand): Promise<Pick<SimulatedReply, 'port'>> {
    switch (command.type) {
      case 'start':
        return { port: await this.start(command.join) };
      case 'stop':
        await this.stop(command.name);
        return {};
      case 'freeze':
        this.nodes.get(command.name)?.gate.close();
        return {};
      case 'thaw':
        this.nodes.get(command.name)?.gate.open();
        return {};
    }
  }

  private async start(join: NodeJoin): Promise<number> {
    await this.stop(join.nodeName);
    const https = httpTransport({ server: join.server, ca: join.ca, cert: join.client.cert, key: join.client.key, userAgent: 'podium-simulated-node' });
    const { transport, gate } = gateTransport(https);
    const logger = this.logger.child({ node: join.nodeName });
    const client = new Client(transport);
    const kubelet = await startKubelet({
      nodeName: join.nodeName,
      client,
      runtime: new SimulatedRuntime({ clock: systemClock, ...simulatedAddresses(client, join.nodeName) }),
      clock: systemClock,
      logger,
      capacity: { cpu: join.cpu, memory: join.memory, pods: '110', 'ephemeral-storage': '100Gi' },
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }, { type: 'Hostname', address: join.nodeName }],
      labels: { 'podium.io/simulated': 'true' },
      clusterDns: [join.clusterDNS],
      clusterDomain: join.clusterDomain,
      serverTls: { ...join.serving, clientCa: join.ca },
      host: '127.0.0.1',
      port: 0,
      ...(join.heartbeatSeconds && { timings: { heartbeat: join.heartbeatSeconds } }),
    });
    this.nodes.set(join.nodeName, { join, kubelet, transport, gate });
    return kubelet.port;
  }

  private async stop(name: string): Promise<void> {
    const node = this.nodes.get(name);
    this.nodes.delete(name);
    await node?.kubelet.stop();
    node?.transport.close();
  }
}

/** Addresses out of the node's podCIDR, once it has one. */
function simulatedAddresses(client: Client, nodeName: string): { allocateAddress(id: string): Promise<string>; releaseAddress(id: string): void } {
  let pool: Promise<AddressPool> | undefined;
  const open = async (): Promise<AddressPool> => {
    for (;;) {
      const { spec } = await client.nodes.get(nodeName);
      if (spec?.podCIDR) return new AddressPool(spec.podCIDR);
      await sleep(200);
    }
  };
  return {
    allocateAddress: async (id) => (await (pool ??= open())).allocate(id),
    releaseAddress: (id) => void pool?.then((addresses) => addresses.release(id)),
  };
}
