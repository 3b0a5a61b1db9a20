import type { Lease, Live, Node } from '../../api/kinds';
import { isStatusError } from '../../api/status';
import type { ResourceClient } from '../../client/client';
import type { ImageInfo } from '../container-runtime';
import { type EventSink, nodeReference } from '../events';
import type { KubeletOptions, KubeletTimings } from '../options';
import { initialNode, type NodeFacts, nodeLabels, nodeStatus, nodeStatusPatch } from './node-status';

export interface NodeReporterOptions {
  kubelet: KubeletOptions;
  timings: KubeletTimings;
  events: EventSink;
  port: number;
  leases: ResourceClient<Lease>;
  nodes: ResourceClient<Node>;
}

const leaseNamespace = 'kube-node-lease';
const registerRetryMs = 1000;

/** Registers the node, renews its lease, and reports its status: on change at once, else every few minutes. */
export class NodeReporter {
  /** The node as the API server last showed it. */
  node: Live<Node> | undefined;
  private lease: Live<Lease> | undefined;
  private reportedAt = 0;
  private runtimeError: string | undefined;
  private images: readonly ImageInfo[] = [];
  private runtimeVersion = '';
  private stopped = false;
  private readonly cancels = new Set<() => void>();
  private busy = false;

  constructor(private readonly options: NodeReporterOptions) {}

  /** Resolves when the node is registered. Tries for as long as it takes. */
  async start(): Promise<void> {
    await this.look();
    this.options.events.eventAbout(
      nodeReference({ metadata: { name: this.name } }),
      'Normal',
      'Starting',
      'Starting kubelet.',
    );
    while (!this.stopped && !(await this.register()))
      await new Promise<void>((resolve) => this.after(registerRetryMs, resolve));
    void this.renewLoop();
    this.statusLoop();
  }

  /** The node object, as the kubelet's watch shows it. */
  observe(node: Live<Node> | undefined): void {
    const gone = this.node !== undefined && node === undefined;
    this.node = node;
    if (gone && !this.stopped) void this.register();
  }

  /** Looks at the runtime now, for it seems to have gone or come back. */
  async refresh(): Promise<void> {
    if (this.stopped || this.busy) return;
    this.busy = true;
    try {
      await this.look();
      await this.report();
    } finally {
      this.busy = false;
    }
  }

  get isReady(): boolean {
    return this.runtimeError === undefined;
  }

  stop(): void {
    this.stopped = true;
    for (const cancel of this.cancels) cancel();
  }

  private get name(): string {
    return this.options.kubelet.nodeName;
  }

  private after(milliseconds: number, run: () => void): void {
    if (this.stopped) return;
    const cancel = this.options.kubelet.clock.after(milliseconds, () => {
      this.cancels.delete(cancel);
      run();
    });
    this.cancels.add(cancel);
  }

  private async look(): Promise<void> {
    const { runtime } = this.options.kubelet;
    try {
      this.runtimeVersion = await runtime.version();
      this.images = await runtime.listImages();
      this.runtimeError = undefined;
    } catch (error) {
      this.runtimeError = (error as Error).message;
    }
  }

  private facts(): NodeFacts {
    const { kubelet, port } = this.options;
    return {
      runtimeName: kubelet.runtime.name,
      runtimeVersion: this.runtimeVersion,
      images: this.images,
      port,
      now: kubelet.clock.now(),
      ...(this.runtimeError !== undefined && { runtimeError: this.runtimeError }),
    };
  }

  private async register(): Promise<boolean> {
    const { kubelet, nodes } = this.options;
    try {
      this.node = await nodes.create(initialNode(kubelet, this.facts()));
      this.reportedAt = kubelet.clock.now();
      kubelet.logger.info({ node: this.name }, 'registered node');
      return true;
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) return this.reconcile();
      kubelet.logger.warn({ node: this.name, error: (error as Error).message }, 'node not registered');
      return false;
    }
  }

  /** A node object of an earlier run: its labels are brought up to date, then its status. */
  private async reconcile(): Promise<boolean> {
    const { kubelet, nodes } = this.options;
    try {
      this.node = await nodes.get(this.name);
      const labels = nodeLabels(kubelet);
      const stale = Object.entries(labels).some(([key, value]) => this.node?.metadata.labels?.[key] !== value);
      if (stale) this.node = await nodes.patch(this.name, undefined, 'merge', { metadata: { labels } });
      await this.report(true);
      return true;
    } catch (error) {
      kubelet.logger.warn({ node: this.name, error: (error as Error).message }, 'node not reconciled');
      return false;
    }
  }

  private statusLoop(): void {
    this.after(this.options.timings.nodeStatusUpdate * 1000, () => {
      void this.refresh().finally(() => this.statusLoop());
    });
  }

  private async report(force = false): Promise<void> {
    const { kubelet, nodes, timings } = this.options;
    if (!this.node) return;
    const due = force || kubelet.clock.now() - this.reportedAt >= timings.nodeStatusReport * 1000;
    const patch = nodeStatusPatch(nodeStatus(kubelet, this.facts(), this.node.status), this.node, due);
    if (!patch) return;
    try {
      this.node = await nodes.patch(this.name, undefined, 'strategic', patch, { subresource: 'status' });
      this.reportedAt = kubelet.clock.now();
    } catch (error) {
      kubelet.logger.warn({ node: this.name, error: (error as Error).message }, 'node status not written');
    }
  }

  private async renewLoop(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      this.lease = undefined;
      this.options.kubelet.logger.warn({ node: this.name, error: (error as Error).message }, 'lease not renewed');
    }
    this.after(this.options.timings.heartbeat * 1000, () => void this.renewLoop());
  }

  private async renew(): Promise<void> {
    const { leases, kubelet, timings } = this.options;
    const renewTime = new Date(kubelet.clock.now()).toISOString().replace('Z', '000Z');
    const leaseDurationSeconds = Math.ceil(timings.heartbeat * 4);
    this.lease ??= await leases.get(this.name, leaseNamespace).catch((error: unknown) => {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    });
    if (this.lease) {
      this.lease = await leases.update({
        ...this.lease,
        spec: { ...this.lease.spec, holderIdentity: this.name, leaseDurationSeconds, renewTime },
      });
      return;
    }
    const owner = this.node && { apiVersion: 'v1', kind: 'Node', name: this.name, uid: this.node.metadata.uid };
    this.lease = await leases.create({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: this.name, namespace: leaseNamespace, ...(owner && { ownerReferences: [owner] }) },
      spec: { holderIdentity: this.name, leaseDurationSeconds, renewTime },
    });
  }
}
