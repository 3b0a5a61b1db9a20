import type { Clock } from '../../clock';
import { parseSummary, type NodeSample } from './summary';
import { usageBetween, type NodeUsage } from './usage';

/** How the API of nodes' kubelets is read. Rejects for a node that doesn't answer. */
export interface KubeletReader {
  get(node: string, path: string): Promise<string>;
}

/** How long figures are good for: metrics-server's resolution. */
const maxAgeMs = 15_000;
/** A mean since longer ago than this isn't what is used now. */
const maxWindowMs = 60_000;
/** Between the two looks that a mean takes when there was none lately. */
const firstWindowMs = 1_000;

interface Known {
  at: number;
  sample?: NodeSample;
  usage?: NodeUsage;
  pending?: Promise<NodeUsage | undefined>;
}

/** Usage of nodes, asked of their kubelets when somebody wants to know, and kept for a while. */
export class UsageScraper {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly kubelets: KubeletReader,
    private readonly clock: Clock,
  ) {}

  /** Undefined for a node whose kubelet doesn't answer, which isn't asked again for a while either. */
  usageOf(node: string): Promise<NodeUsage | undefined> {
    let known = this.known.get(node);
    if (!known) this.known.set(node, (known = { at: -Infinity }));
    if (known.pending) return known.pending;
    if (this.clock.now() - known.at < maxAgeMs) return Promise.resolve(known.usage);
    return (known.pending = this.refresh(node, known));
  }

  /** Forgets nodes that are gone. */
  retain(nodes: ReadonlySet<string>): void {
    for (const node of this.known.keys()) if (!nodes.has(node)) this.known.delete(node);
  }

  private async refresh(node: string, known: Known): Promise<NodeUsage | undefined> {
    try {
      let from = known.sample;
      let to = await this.sample(node);
      if (!from || to.time - from.time > maxWindowMs || to.time <= from.time) {
        from = to;
        const since = this.clock.now() - from.time;
        if (since < firstWindowMs) {
          await new Promise<void>((resolve) => void this.clock.after(firstWindowMs - since, resolve));
        }
        to = await this.sample(node);
      }
      known.sample = to;
      known.usage = usageBetween(from, to);
    } catch {
      delete known.sample;
      delete known.usage;
    }
    known.at = this.clock.now();
    delete known.pending;
    return known.usage;
  }

  private async sample(node: string): Promise<NodeSample> {
    return parseSummary(await this.kubelets.get(node, '/stats/summary'));
  }
}
