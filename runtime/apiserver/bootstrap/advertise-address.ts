import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';

/**
 * The address that endpoints of the API server have. Endpoints can't be on loopback, so for such an address (a cluster
 * without node containers) it is the machine's own, as upstream chooses it; undefined on a machine without network.
 */
export function endpointAddress(
  advertiseAddress: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): string | undefined {
  if (!/^127\./.test(advertiseAddress) && advertiseAddress !== '::1' && advertiseAddress !== '0.0.0.0')
    return advertiseAddress;
  for (const addresses of Object.values(interfaces)) {
    const found = addresses?.find(
      ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    );
    if (found) return found.address;
  }
  return undefined;
}
