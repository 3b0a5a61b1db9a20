/** What the cluster provisions itself: folders of nodes, as `hostPath` volumes that are bound to their node. */
export const hostPathProvisioner = 'podium.io/hostpath';

/** The folder, as a pod's hostPath would name it, in which a node keeps them. */
const folder = '/var/lib/podium/volumes';

const volumeName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** Where the volume's data lies on its node. Throws RangeError for what can't be the name of a volume. */
export function provisionedPath(name: string): string {
  if (!volumeName.test(name)) throw new RangeError(`not the name of a volume: ${JSON.stringify(name)}`);
  return `${folder}/${name}`;
}

export function isProvisionedPath(path: string): boolean {
  return path.startsWith(`${folder}/`) && volumeName.test(path.slice(folder.length + 1));
}
