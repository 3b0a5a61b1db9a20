import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { PodNetwork } from '../../kubelet/pod-network';
import { CommandError, runCommand, type RunCommand } from '../command';
import { AddressPool } from './address-pool';

/** Next hop of every pod: link-local, on the node's end of each veth, so that the kernel answers for it. */
const gateway = '169.254.1.1';

const routeList = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));

/**
 * The network of a node's pods. Routed, not bridged: a pod has a /32 and one route, to the node; the node has a route to
 * each pod. On a bridge two pods of one node would answer each other past the service proxy's address translation.
 */
export class RoutedPodNetwork implements PodNetwork {
  private pool: AddressPool | undefined;
  private ready!: () => void;
  private readonly configured = new Promise<void>((resolve) => (this.ready = resolve));

  constructor(private readonly nodeIP: string, private readonly run: RunCommand = runCommand) {}

  /** The node's podCIDR is known: takes over what an earlier agent left, then lets pods attach. */
  async configure(podCIDR: string): Promise<void> {
    if (this.pool?.cidr === podCIDR) return;
    const pool = new AddressPool(podCIDR);
    for (const [device, ip] of await this.attachedDevices()) pool.adopt(device, ip);
    await this.ip(`route replace unreachable ${podCIDR}`);
    this.pool = pool;
    this.ready();
  }

  /** Gives the sandbox whose first process is `pid` an interface, and returns its address. Waits for the podCIDR. */
  async attach(pid: number, key: string): Promise<{ ip: string }> {
    await this.configured;
    const pool = this.pool as AddressPool;
    const device = deviceName(key);
    await this.removeDevice(device);
    const ip = pool.allocate(device);
    try {
      await this.ip(
        `link add ${device} type veth peer name eth0 netns ${pid}`,
        `addr add ${gateway}/32 dev ${device}`,
        `link set ${device} up`,
        `route replace ${ip}/32 dev ${device} src ${this.nodeIP}`,
      );
      await this.run('nsenter', ['-t', String(pid), '-n', 'ip', '-batch', '-'], [
        'link set lo up',
        `addr add ${ip}/32 dev eth0`,
        'link set eth0 up',
        `route add ${gateway} dev eth0 scope link`,
        `route add default via ${gateway} dev eth0 src ${ip}`,
        '',
      ].join('\n'));
    } catch (error) {
      await this.detach(key);
      throw error;
    }
    return { ip };
  }

  /** Frees the sandbox's interface and address; nothing happens when it has none. */
  async detach(key: string): Promise<void> {
    const device = deviceName(key);
    await this.removeDevice(device);
    this.pool?.release(device);
  }

  /** Addresses of sandboxes that an earlier agent attached, by key; those that lost their interface are left out. */
  async restore(sandboxes: readonly { pid: number; key: string }[]): Promise<Map<string, string>> {
    const devices = await this.attachedDevices();
    const found = sandboxes.flatMap(({ key }): [string, string][] => {
      const ip = devices.get(deviceName(key));
      return ip ? [[key, ip]] : [];
    });
    return new Map(found);
  }

  /** Pod devices with the address that each has a route to. */
  private async attachedDevices(): Promise<Map<string, string>> {
    const routes = routeList.parse(JSON.parse((await this.run('ip', ['-j', 'route', 'show'])) || '[]'));
    return new Map(routes.flatMap(({ dst, dev }) => (dev?.startsWith('pod') ? [[dev, dst] as const] : [])));
  }

  private async removeDevice(device: string): Promise<void> {
    try {
      await this.ip(`link del ${device}`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }

  private async ip(...commands: string[]): Promise<void> {
    await this.run('ip', ['-batch', '-'], `${commands.join('\n')}\n`);
  }
}

/** At most 15 characters, and told apart from the node's own devices by its start. */
function deviceName(key: string): string {
  return `pod${createHash('sha256').update(key).digest('hex').slice(0, 11)}`;
}
