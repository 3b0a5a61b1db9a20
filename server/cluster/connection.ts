import * as z from 'zod';
import type { ClusterState, ClusterTarget } from '../../runtime/client/editor-protocol';
import { isStatusError } from '../../runtime/api/status';
import { Backoff, pause } from '../../runtime/client/backoff';
import {
  type Kubeconfig,
  loadKubeconfig,
  namespaceOf,
  parseKubeconfig,
  transportOptions,
} from '../../runtime/client/kubeconfig';
import { httpTransport, type HttpTransportOptions } from '../../runtime/client/http';
import { Client } from '../../runtime/client/resource-client';
import type { Transport } from '../../runtime/client/transport';
import type { Clock } from '../../runtime/clock';
import type { Logger } from '../../runtime/log';
import { DryRunner } from './dry-run/dry-runner';
import { watchedTransport } from './watched-transport';

/** An API server that answers, and what objects without a namespace are taken to be in. */
export interface ConnectedCluster {
  readonly client: Client;
  readonly dryRunner: DryRunner;
  readonly namespace: string;
  /** `v1.36.2`; undefined if the server doesn't tell. */
  readonly version: string | undefined;
}

export interface ConnectionOptions {
  clock: Clock;
  logger: Logger;
  /** The cluster that is connected now, or none. What was made of the one before must be given up. */
  connected(cluster: ConnectedCluster | undefined): void;
  stateChanged(state: ClusterState): void;
}

const probeTimeoutMs = 10_000;
/** How often a cluster that is connected is asked whether it is still there: idle watches of a dead one don't break. */
const heartbeatMs = 30_000;
/** Failures are borne for so long before the cluster counts as gone: watches break now and then. */
const patienceMs = 5000;

/**
 * The connection to at most one cluster. Nothing waits for it, and a cluster that doesn't answer costs one request
 * every half a minute. Tells of addresses and contexts; credentials go to the transport and nowhere else.
 */
export class Connection {
  private attempt = new AbortController();
  private target: ClusterTarget | undefined;
  private current: ClusterState = { state: 'none' };

  constructor(private readonly options: ConnectionOptions) {}

  get state(): ClusterState {
    return this.current;
  }

  /** Turns to another cluster, or to none. The same target again changes nothing. */
  use(target: ClusterTarget | undefined): void {
    if (JSON.stringify(target) === JSON.stringify(this.target)) return;
    this.close();
    this.target = target;
    if (target) void this.keep(target, this.attempt.signal);
  }

  /** Leaves the cluster. */
  close(): void {
    this.attempt.abort();
    this.attempt = new AbortController();
    this.target = undefined;
    if (this.current.state === 'connected') this.options.connected(undefined);
    this.become({ state: 'none' });
  }

  /** Connects, and connects again when the cluster is lost; the kubeconfig is read afresh each time. */
  private async keep(target: ClusterTarget, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.options.clock, {
      initialMs: 1000,
      maxMs: 30_000,
      factor: 2,
      jitter: 0.3,
      resetMs: 120_000,
    });
    while (!signal.aborted) {
      await this.once(target, signal);
      if (!signal.aborted) await pause(this.options.clock, backoff.step(), signal);
    }
  }

  /** One life of a connection; resolves when it is over. */
  private async once(target: ClusterTarget, signal: AbortSignal): Promise<void> {
    let opened: Opened | undefined;
    const life = new AbortController();
    try {
      opened = open(target);
      const message = await this.live(opened, AbortSignal.any([signal, life.signal]));
      if (!signal.aborted) this.become({ ...opened.place, state: 'unreachable', message });
    } catch (error) {
      if (!signal.aborted) this.become({ ...opened?.place, state: 'unreachable', message: messageOf(error) });
    } finally {
      life.abort();
      opened?.close();
    }
  }

  /** Why the connection ended. Throws if it did not come about. */
  private async live(opened: Opened, signal: AbortSignal): Promise<string> {
    if (this.current.state === 'none') this.become({ ...opened.place, state: 'connecting' });
    const lost = new Loss(this.options.clock, signal);
    const client = new Client(watchedTransport(opened.transport(), lost));
    const version = await probe(client, signal);
    if (signal.aborted) return '';
    this.become({ ...opened.place, state: 'connected' });
    const dryRunner = new DryRunner((onWarning) => opened.transport({ onWarning }));
    this.options.connected({ client, dryRunner, namespace: opened.place.namespace, version });
    const message = await Promise.race([lost.happened, this.silence(client, signal)]);
    if (!signal.aborted) this.options.connected(undefined);
    return message;
  }

  /** Resolves once the cluster no longer answers. */
  private async silence(client: Client, signal: AbortSignal): Promise<string> {
    for (;;) {
      await pause(this.options.clock, heartbeatMs, signal);
      try {
        await probe(client, signal);
      } catch (error) {
        return messageOf(error);
      }
    }
  }

  private become(state: ClusterState): void {
    if (JSON.stringify(state) === JSON.stringify(this.current)) return;
    this.current = state;
    this.options.logger.info(state, 'cluster');
    this.options.stateChanged(state);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A way to a cluster, not gone yet. */
class Opened {
  private readonly transports: Transport[] = [];

  constructor(
    private readonly options: HttpTransportOptions,
    readonly place: { server: string; context: string; namespace: string },
  ) {}

  transport(more: Partial<HttpTransportOptions> = {}): Transport {
    const transport = httpTransport({ ...this.options, userAgent: 'podium-language-server', ...more });
    this.transports.push(transport);
    return transport;
  }

  close(): void {
    for (const transport of this.transports) transport.close();
  }
}

/** Throws KubeconfigError. */
function open({ kubeconfig = [], kubeconfigText, context, namespace }: ClusterTarget): Opened {
  const config: Kubeconfig =
    kubeconfigText === undefined ? loadKubeconfig(kubeconfig) : parseKubeconfig(kubeconfigText, 'kubeconfig');
  const chosen = context || config.currentContext;
  const options = transportOptions(config, chosen);
  // An address can carry a password before its host.
  const server = new URL(options.server).origin;
  return new Opened(options, { server, context: chosen, namespace: namespace || namespaceOf(config, chosen) });
}

const versionSchema = z.object({ gitVersion: z.string() });

/** Resolves with the version once the server has answered, be it that this user may not ask. */
async function probe(client: Client, signal: AbortSignal): Promise<string | undefined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]);
  try {
    const answer = await client.request({ method: 'GET', path: '/version', signal: limited });
    return versionSchema.safeParse(answer).data?.gitVersion;
  } catch (error) {
    if (limited.aborted && !signal.aborted)
      throw new Error(`no answer after ${probeTimeoutMs / 1000} s`, { cause: error });
    if (!isStatusError(error, 'Forbidden')) throw error;
    return undefined;
  }
}

/** Failures without a success between them for longer than is borne. */
class Loss {
  readonly happened: Promise<string>;
  private settle: (reason: string) => void = () => {};
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    signal: AbortSignal,
  ) {
    this.happened = new Promise((resolve) => (this.settle = resolve));
    signal.addEventListener('abort', () => this.end(''), { once: true });
  }

  answered(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  failed(error: Error): void {
    this.cancel ??= this.clock.after(patienceMs, () => this.end(error.message));
  }

  private end(reason: string): void {
    this.answered();
    this.settle(reason);
  }
}
