import { resolve } from 'node:path';
import { stringify } from 'yaml';
import {
  type Kubeconfig,
  KubeconfigError,
  namespaceOf,
  parseKubeconfig,
  transportFor,
} from '../../runtime/client/kubeconfig';
import { Client } from '../../runtime/client/resource-client';
import type { Transport } from '../../runtime/client/transport';
import { systemClock } from '../../runtime/clock';
import { type Logger, silentLogger } from '../../runtime/log';
import { NotAClusterError } from '../errors';
import type { ClusterRef } from './cluster-ref';
import { Watches } from './watches';

/** A version that doesn't come within this time is a server that can't be reached. */
const probeMs = 10_000;

export interface SessionOptions {
  ref: ClusterRef;
  /** With the context chosen. Holds credentials. */
  kubeconfig: Kubeconfig;
  context: string;
  /** Of all that the connection depends on. */
  fingerprint: string;
  warn(message: string): void;
  onTrouble(error: unknown): void;
}

/** A connection to one cluster: its client, and the watches that the views share. */
export class Session {
  readonly ref: ClusterRef;
  readonly context: string;
  readonly fingerprint: string;
  /** URL of the API server. */
  readonly server: string;
  readonly client: Client;
  readonly watches: Watches;
  /** As the server says it: `v1.36.0`. */
  version = '';
  /** Holds credentials. */
  private readonly kubeconfig: Kubeconfig;
  private readonly transport: Transport;

  /** Throws KubeconfigError. */
  constructor({ ref, kubeconfig, context, fingerprint, warn, onTrouble }: SessionOptions) {
    this.ref = ref;
    this.context = context;
    this.fingerprint = fingerprint;
    this.kubeconfig = kubeconfig;
    this.transport = transportFor(kubeconfig, context, { userAgent: 'podium-editor' });
    this.server = serverOf(kubeconfig, context);
    this.client = new Client(this.transport);
    const logger: Logger = { ...silentLogger, warn: (details, message) => warn(`${message} ${JSON.stringify(details)}`) };
    this.watches = new Watches(this.client, { clock: systemClock, logger, onTrouble });
  }

  /** Asks the server for its version. Throws ConnectionError, StatusError, ExecCredentialError or NotAClusterError. */
  async probe(): Promise<void> {
    const signal = AbortSignal.timeout(probeMs);
    const reply = await this.transport.request<{ gitVersion?: unknown } | string>({ method: 'GET', path: '/version', signal });
    if (typeof reply !== 'object' || typeof reply.gitVersion !== 'string') throw new NotAClusterError();
    this.version = reply.gitVersion;
  }

  /** A kubeconfig of this cluster alone, for a process that goes on without the editor. Holds credentials. */
  get kubeconfigText(): string {
    return contextText(this.kubeconfig, this.context);
  }

  close(): void {
    this.watches.close();
    this.transport.close();
  }
}

/** The context's own namespace. */
export function contextNamespace(kubeconfig: Kubeconfig, context: string): string {
  return namespaceOf(kubeconfig, context);
}

/** A local cluster's kubeconfig, whose one context is the current one. */
export function readLocal(text: string, file: string): { kubeconfig: Kubeconfig; context: string } {
  const kubeconfig = parseKubeconfig(text, file);
  return { kubeconfig, context: kubeconfig.currentContext };
}

/** All that a connection depends on, to notice that it changed; never shown. */
export function fingerprintOf(kubeconfig: Kubeconfig, context: string): string {
  const chosen = kubeconfig.contexts.get(context)?.entry;
  const cluster = chosen && kubeconfig.clusters.get(chosen.cluster)?.entry;
  const user = chosen && kubeconfig.users.get(chosen.user)?.entry;
  return JSON.stringify([chosen?.cluster, chosen?.user, cluster, user]);
}

/** A kubeconfig with this context alone. Files that it names are named absolutely. Throws KubeconfigError. */
export function contextText(kubeconfig: Kubeconfig, context: string): string {
  const chosen = kubeconfig.contexts.get(context);
  if (!chosen) throw new KubeconfigError(kubeconfig.source, `context "${context}" does not exist`);
  const { cluster: clusterName, user: userName } = chosen.entry;
  const cluster = kubeconfig.clusters.get(clusterName);
  const user = kubeconfig.users.get(userName);
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    contexts: [{ name: context, context: chosen.entry }],
    clusters: cluster ? [{ name: clusterName, cluster: withAbsolutePaths(cluster) }] : [],
    users: user ? [{ name: userName, user: withAbsolutePaths(user) }] : [],
  });
}

const pathFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

function withAbsolutePaths({ entry, folder }: { entry: object; folder: string }): object {
  const absolute = (value: unknown): unknown => (typeof value === 'string' ? resolve(folder, value) : value);
  return Object.fromEntries(
    Object.entries(entry).map(([field, value]) => [field, pathFields.includes(field) ? absolute(value) : (value as unknown)]),
  );
}

function serverOf(kubeconfig: Kubeconfig, context: string): string {
  const cluster = kubeconfig.contexts.get(context)?.entry.cluster ?? '';
  return kubeconfig.clusters.get(cluster)?.entry.server ?? '';
}
