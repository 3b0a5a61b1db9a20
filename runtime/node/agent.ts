import { join as joinPath } from 'node:path';
import type { EndpointSlice, Namespace, Node, Pod, Service } from '../api/kinds';
import { createInformer } from '../client/informer';
import { httpTransport } from '../client/http';
import { Client } from '../client/resource-client';
import { systemClock } from '../clock';
import { DockerRuntime } from '../kubelet/docker';
import { startKubelet } from '../kubelet';
import type { Logger } from '../log';
import { DnsServer } from '../proxy/dns/dns-server';
import { createForwarder, resolversOf } from '../proxy/dns/forwarder';
import { informerView } from '../proxy/dns/informer-view';
import { ServiceProxy } from '../proxy/service/service-proxy';
import { followNodes, ownAddress } from './cluster-network';
import { runCommand } from './command';
import { dialInPod } from './dial-in-pod';
import { kubeletPort, nodeDataFolder, type NodeJoin, tunnelPort } from './join';
import { RoutedPodNetwork } from './network/pod-network';
import { serveTunnel } from './tunnel';

export interface Agent {
  /** The pods go on; a later agent adopts them. */
  stop(): Promise<void>;
}

/** All that runs on a node, in the node's container: kubelet, pod network, service proxy, cluster DNS, tunnel. */
export async function startAgent(join: NodeJoin, logger: Logger): Promise<Agent> {
  const transport = httpTransport({ server: join.server, ca: join.ca, cert: join.client.cert, key: join.client.key, userAgent: 'podium-agent' });
  const client = new Client(transport);
  const options = { clock: systemClock, logger };
  const informers = {
    nodes: createInformer<Node>(client.nodes, options),
    services: createInformer<Service>(client.services, options),
    endpointSlices: createInformer<EndpointSlice>(client.endpointSlices, options),
    namespaces: createInformer<Namespace>(client.namespaces, options),
    pods: createInformer<Pod>(client.pods, { ...options, listOptions: { fieldSelector: `spec.nodeName=${join.nodeName}` } }),
  };
  const network = new RoutedPodNetwork(join.nodeIP);
  const serving = { ca: join.ca, ...join.serving };
  const tunnel = await serveTunnel(serving, tunnelPort);
  const routes = followNodes({ nodes: informers.nodes, nodeName: join.nodeName, network, logger });
  const proxy = new ServiceProxy({
    ...informers, ...options,
    nodeName: join.nodeName, nodeIP: join.nodeIP, clusterCIDR: join.podCIDR, localAddresses: [join.clusterDNS],
    apply: (script) => runCommand('nft', ['-f', '-'], script),
  });
  await ownAddress(join.clusterDNS);
  const dns = await DnsServer.listen({
    address: join.clusterDNS, port: 53, view: informerView(join.clusterDomain, informers), forwarder: createForwarder(resolversOf('/etc/resolv.conf')), logger,
  });
  const runtime = new DockerRuntime({
    cluster: join.cluster, nodeName: join.nodeName, pauseImage: join.pauseImage, network, dialInPod, logger,
  });
  const kubelet = await startKubelet({
    nodeName: join.nodeName,
    client,
    runtime,
    clock: systemClock,
    logger,
    volumeHost: { localPath: nodeDataFolder, enginePath: join.engineDataFolder },
    capacity: { cpu: join.cpu, memory: join.memory, pods: '110', 'ephemeral-storage': '100Gi' },
    addresses: [{ type: 'InternalIP', address: join.nodeIP }, { type: 'Hostname', address: join.nodeName }],
    providerId: `podium://${join.cluster}/${join.nodeName}`,
    staticPodPath: joinPath(nodeDataFolder, 'manifests'),
    clusterDns: [join.clusterDNS],
    clusterDomain: join.clusterDomain,
    serverTls: { ...join.serving, clientCa: join.ca },
    port: kubeletPort,
    ...(join.heartbeatSeconds && { timings: { heartbeat: join.heartbeatSeconds } }),
  });
  return {
    async stop() {
      await kubelet.stop();
      proxy.stop();
      routes.stop();
      dns.close();
      tunnel.close();
      for (const informer of Object.values(informers)) informer.stop();
      await runtime.close();
      transport.close();
    },
  };
}
