import type { Namespace, Node, Pod, Service } from '../../runtime/api/kinds';
import { createInformer } from '../../runtime/client/informer';
import { parseKubeconfig, transportFor } from '../../runtime/client/kubeconfig';
import { Client } from '../../runtime/client/resource-client';
import { systemClock } from '../../runtime/clock';
import { type Logger, silentLogger } from '../../runtime/log';
import type { ClusterInformers } from './cluster-model';

export interface Connection {
  client: Client;
  informers: ClusterInformers;
  close(): void;
}

/** Opens watches with a kubeconfig's current context. Loaded only when a cluster is shown. */
export function connect(kubeconfig: string, warn: (message: string) => void): Connection {
  const transport = transportFor(parseKubeconfig(kubeconfig, 'kubeconfig'));
  const client = new Client(transport);
  const logger: Logger = { ...silentLogger, warn: (details, message) => warn(`${message} ${JSON.stringify(details)}`) };
  const options = { clock: systemClock, logger };
  const informers: ClusterInformers = {
    nodes: createInformer<Node>(client.nodes, options),
    namespaces: createInformer<Namespace>(client.namespaces, options),
    pods: createInformer<Pod>(client.pods, options),
    services: createInformer<Service>(client.services, options),
  };
  return {
    client,
    informers,
    close() {
      for (const informer of Object.values(informers)) informer.stop();
      transport.close();
    },
  };
}
