import { Client } from '../client/resource-client';
import { parseKubeconfig, transportFor } from '../client/kubeconfig';
import { runningKubeconfig } from './commands/kubeconfig';

export interface ClusterConnection {
  client: Client;
  close(): void;
}

/** A client of the cluster's API server with the rights of its administrator. */
export function connectCluster(cluster: string): ClusterConnection {
  const transport = transportFor(parseKubeconfig(runningKubeconfig(cluster), `kubeconfig of cluster "${cluster}"`));
  return { client: new Client(transport), close: () => transport.close() };
}
