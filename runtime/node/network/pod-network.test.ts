import { describe, expect, it } from 'vitest';
import { CommandError } from '../command';
import type { Live, Node } from '../../api/kinds';
import { syncRoutes, wantedRoutes } from './node-routes';
import { RoutedPodNetwork } from './pod-network';

/** Records what would be run; `answers` by the start of the command line. */
function recorder(answers: Record<string, string | Error> = {}) {
  const log: string[] = [];
  const run = async (command: string, args: readonly string[], input = ''): Promise<string> => {
    const line = [command, ...args].join(' ');
    log.push(...(input ? input.trim().split('\n').map((text) => `${command === 'ip' ? 'ip' : 'in pod: ip'} ${text}`) : [line]));
    const answer = Object.entries(answers).find(([prefix]) => line.startsWith(prefix) || input.startsWith(prefix))?.[1];
    if (answer instanceof Error) throw answer;
    return answer ?? '';
  };
  return { log, run };
}

describe('the pod network', () => {
  it('gives a pod a routed address and one way out', async () => {
    const { log, run } = recorder();
    const network = new RoutedPodNetwork('10.89.0.11', run);
    await network.configure('10.244.1.0/24');
    log.length = 0;
    expect(await network.attach(42, 'sandbox')).toEqual({ ip: '10.244.1.2' });
    expect(log.map((line) => line.replaceAll(/pod[0-9a-f]{11}/g, 'VETH'))).toEqual([
      'ip link del VETH',
      'ip link add VETH type veth peer name eth0 netns 42',
      'ip addr add 169.254.1.1/32 dev VETH',
      'ip link set VETH up',
      'ip route replace 10.244.1.2/32 dev VETH src 10.89.0.11',
      'in pod: ip link set lo up',
      'in pod: ip addr add 10.244.1.2/32 dev eth0',
      'in pod: ip link set eth0 up',
      'in pod: ip route add 169.254.1.1 dev eth0 scope link',
      'in pod: ip route add default via 169.254.1.1 dev eth0 src 10.244.1.2',
    ]);
  });

  it('takes the address back when a pod can\'t be attached', async () => {
    const { log, run } = recorder({ 'link add': new CommandError('ip', 1, 'no such process') });
    const network = new RoutedPodNetwork('10.89.0.11', run);
    await network.configure('10.244.1.0/29');
    for (let i = 0; i < 10; i++) await expect(network.attach(42, `s${i}`)).rejects.toThrow('no such process');
    expect(log.at(-1)).toMatch(/^ip link del pod/);
  });

  it('waits for the podCIDR', async () => {
    const { run } = recorder();
    const network = new RoutedPodNetwork('10.89.0.11', run);
    const attached = network.attach(42, 'sandbox');
    await network.configure('10.244.7.0/24');
    expect(await attached).toEqual({ ip: '10.244.7.2' });
  });
});

describe('routes to other nodes', () => {
  const node = (name: string, podCIDR: string, address: string) =>
    ({ metadata: { name }, spec: { podCIDR }, status: { addresses: [{ type: 'InternalIP', address }] } }) as Live<Node>;

  it('lead to each other node\'s pods through its address', () => {
    const nodes = [node('a', '10.244.0.0/24', '10.89.0.11'), node('b', '10.244.1.0/24', '10.89.0.12')];
    expect([...wantedRoutes(nodes, 'a')]).toEqual([['10.244.1.0/24', '10.89.0.12']]);
  });

  it('are changed only where they differ', async () => {
    const current = JSON.stringify([{ dst: '10.244.1.0/24', gateway: '10.89.0.12' }, { dst: '10.244.9.0/24', gateway: '10.89.0.19' }]);
    const { log, run } = recorder({ 'ip -j route': current });
    await syncRoutes(new Map([['10.244.1.0/24', '10.89.0.12'], ['10.244.2.0/24', '10.89.0.13']]), run);
    expect(log.slice(1)).toEqual(['ip route del 10.244.9.0/24 proto 89', 'ip route replace 10.244.2.0/24 via 10.89.0.13 proto 89']);
  });
});
