import { readFileSync } from 'node:fs';
import type { ConfigMap, Secret, Service } from '../../api/kinds';
import type { EventSink } from '../events';
import { ImageManager } from '../images/image-manager';
import type { KubeletOptions, KubeletTimings } from '../options';
import { type DnsConfig, parseResolvConf } from '../pods/dns';
import type { ReferencedObjects } from '../volumes/referenced-objects';
import type { VolumeManager } from '../volumes/volume-manager';
import { ContainerKiller } from './container-killer';
import { ContainerStarter } from './container-starter';
import { bytesOf, PodSyncer } from './pod-syncer';
import { Resizer } from './resizer';
import { TerminationMessages } from './termination-messages';

export interface SyncParts {
  syncer: PodSyncer;
  killer: ContainerKiller;
  messages: TerminationMessages;
  resizer: Resizer;
}

export interface SyncDependencies {
  kubelet: KubeletOptions;
  timings: KubeletTimings;
  events: EventSink;
  volumes: VolumeManager;
  configMaps: ReferencedObjects<ConfigMap>;
  secrets: ReferencedObjects<Secret>;
  services(): Promise<readonly Service[]>;
}

/** All that starts and stops containers, put together. */
export function composeSync(dependencies: SyncDependencies): SyncParts {
  const { kubelet, timings, events, volumes, configMaps, secrets, services } = dependencies;
  const { runtime, clock, logger, capacity, clusterDns, clusterDomain } = kubelet;
  const podFolder = (uid: string): string | undefined => volumes.podFolder(uid);
  const toEngine = (local: string): string => volumes.toEngine(local);
  const secret = (namespace: string, name: string) => secrets.get(namespace, name);
  const common = { runtime, events, clock, logger };
  const messages = new TerminationMessages(runtime, podFolder);
  const images = new ImageManager({ ...common, backoff: timings.imageBackoff, secret });
  const killer = new ContainerKiller(common);
  const starter = new ContainerStarter({
    ...common,
    images,
    messages,
    toEngine,
    secret,
    services,
    configMap: (namespace, name) => configMaps.get(namespace, name),
    backoff: timings.crashBackoff,
    memoryCapacity: bytesOf(capacity.memory),
  });
  const syncer = new PodSyncer({
    ...common,
    starter,
    killer,
    podFolder,
    toEngine,
    dns: { servers: clusterDns, domain: clusterDomain, host: hostResolver(clusterDns) },
    nodeHosts: readOr('/etc/hosts', '127.0.0.1\tlocalhost'),
  });
  const resizer = new Resizer({ runtime, events, killer, memoryCapacity: bytesOf(capacity.memory) });
  return { syncer, killer, messages, resizer };
}

/** The node's resolvers, for pods of dnsPolicy Default. One on the node's loopback is of no use in a pod. */
function hostResolver(clusterDns: string[]): DnsConfig {
  const host = parseResolvConf(readOr('/etc/resolv.conf', ''));
  const servers = host.servers.filter((server) => !server.startsWith('127.') && server !== '::1');
  return { ...host, servers: servers.length > 0 ? servers : clusterDns };
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
