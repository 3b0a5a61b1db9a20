import * as z from 'zod';
import type { Live, Node } from '../../api/kinds';
import { runCommand, type RunCommand } from '../command';

/** Marks our routes to other nodes among those of the kernel and of others (`ip route … proto`). */
const protocol = '89';

const routeList = z.array(z.object({ dst: z.string(), gateway: z.string().optional() }));

/** The routes that a node needs: each other node's podCIDR through that node's address. */
export function wantedRoutes(nodes: readonly Live<Node>[], self: string): Map<string, string> {
  const routes = new Map<string, string>();
  for (const node of nodes) {
    const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    if (node.metadata.name === self || !node.spec?.podCIDR || !address) continue;
    routes.set(node.spec.podCIDR, address);
  }
  return routes;
}

/** Brings the kernel's routes to what is wanted. Reads them each time, for a reconnected network loses them all. */
export async function syncRoutes(wanted: ReadonlyMap<string, string>, run: RunCommand = runCommand): Promise<void> {
  const output = await run('ip', ['-j', 'route', 'show', 'proto', protocol]);
  const current = new Map(routeList.parse(JSON.parse(output || '[]')).map(({ dst, gateway }) => [dst, gateway]));
  const commands = [
    ...[...current.keys()].filter((cidr) => !wanted.has(cidr)).map((cidr) => `route del ${cidr} proto ${protocol}`),
    ...[...wanted]
      .filter(([cidr, gateway]) => current.get(cidr) !== gateway)
      .map(([cidr, gateway]) => `route replace ${cidr} via ${gateway} proto ${protocol}`),
  ];
  if (commands.length > 0) await run('ip', ['-batch', '-'], `${commands.join('\n')}\n`);
}
