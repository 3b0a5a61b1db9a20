import type { EndpointSlice, Pod, Service } from '../../api/kinds';
import { createInformer } from '../../client/informer';
import { type Kubeconfig, loadKubeconfig, loadKubeconfigFile, transportFor, transportOptions } from '../../client/kubeconfig';
import { Client } from '../../client/resource-client';
import { systemClock } from '../../clock';
import { type ControllerName, controllers as allControllers, startControllers } from '../../controllers';
import { runCommand } from '../../node/command';
import { ServiceProxy } from '../../proxy/service/service-proxy';
import { startScheduler } from '../../scheduler';
import { podCIDR } from '../../cluster/constants';
import { UserError } from '../output';
import { componentLogger, runUntilSignal } from './process';

interface ClientOptions {
  kubeconfig?: string;
}

function configOf({ kubeconfig }: ClientOptions): Kubeconfig {
  return kubeconfig ? loadKubeconfigFile(kubeconfig) : loadKubeconfig();
}

function clientOf(options: ClientOptions): Client {
  return new Client(transportFor(configOf(options)));
}

export async function runScheduler(options: ClientOptions & { schedulerName: string }): Promise<void> {
  const scheduler = startScheduler({ client: clientOf(options), clock: systemClock, logger: componentLogger('scheduler'), schedulerName: options.schedulerName });
  await runUntilSignal(() => scheduler.stop());
}

export async function runControllerManager(options: ClientOptions & { controllers?: string }): Promise<void> {
  const enabled = options.controllers?.split(',');
  const unknown = enabled?.find((name) => !(name in allControllers));
  if (unknown) throw new UserError(`there is no controller "${unknown}"; there are: ${Object.keys(allControllers).join(', ')}`);
  const { ca: rootCaPem } = transportOptions(configOf(options));
  const running = startControllers({
    client: clientOf(options), clock: systemClock, logger: componentLogger('controllers'),
    options: { clusterCidr: podCIDR, ...(rootCaPem && { rootCaPem: rootCaPem.toString() }) },
    ...(enabled && { enabled: enabled as ControllerName[] }),
  });
  await runUntilSignal(() => running.stop());
}

export async function runProxy(options: ClientOptions & { nodeName: string; nodeIp: string; clusterCidr: string }): Promise<void> {
  const client = clientOf(options);
  const logger = componentLogger('proxy');
  const watching = { clock: systemClock, logger };
  const informers = {
    services: createInformer<Service>(client.services, watching),
    endpointSlices: createInformer<EndpointSlice>(client.endpointSlices, watching),
    pods: createInformer<Pod>(client.pods, { ...watching, listOptions: { fieldSelector: `spec.nodeName=${options.nodeName}` } }),
  };
  const proxy = new ServiceProxy({
    ...informers, ...watching, nodeName: options.nodeName, nodeIP: options.nodeIp, clusterCIDR: options.clusterCidr, localAddresses: [],
    apply: (script) => runCommand('nft', ['-f', '-'], script),
  });
  await runUntilSignal(() => {
    proxy.stop();
    for (const informer of Object.values(informers)) informer.stop();
  });
}
