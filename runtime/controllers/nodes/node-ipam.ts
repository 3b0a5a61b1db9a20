import type { Live, Node } from '../../api/kinds';
import type { Informer, ResourceClient } from '../../client/client';
import { ControllerBase, eventsOf, NODE } from '../kit/context';
import type { Context, EventSink, StartController } from '../kit/context';
import type { Loop } from '../kit/loop';
import { resources } from '../kit/resources';

const NODE_MASK = 24;

const toNumber = (address: string) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
const toAddress = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

/** The lowest free /24 of the cluster's range; undefined when there is none left. */
export function freeCidr(clusterCidr: string, taken: ReadonlySet<string>): string | undefined {
  const [base = '', bits = '16'] = clusterCidr.split('/');
  const start = toNumber(base);
  for (let i = 0; i < 2 ** (NODE_MASK - Number(bits)); i++) {
    const cidr = `${toAddress(start + i * 2 ** (32 - NODE_MASK))}/${NODE_MASK}`;
    if (!taken.has(cidr)) return cidr;
  }
  return undefined;
}

class NodeIpamController extends ControllerBase {
  private readonly nodes: Informer<Node>;
  private readonly queue: Loop;
  private readonly client: ResourceClient<Node>;
  private readonly events: EventSink;
  /** Given out and perhaps not yet seen through the watch. */
  private readonly given = new Map<string, string>();

  constructor(context: Context) {
    super(context);
    this.client = context.client.resource<Node>(resources.nodes);
    this.events = eventsOf(context.events('cidrAllocator'), NODE);
    this.queue = this.loop({ name: 'node-ipam-controller', workers: 8, reconcile: (name) => this.reconcile(name) });
    const changed = (node: Live<Node>) => {
      if (!node.spec?.podCIDR) this.queue.add(node.metadata.name);
    };
    this.nodes = this.watch<Node>(resources.nodes, {
      added: changed,
      updated: changed,
      deleted: (node) => {
        this.given.delete(node.metadata.name);
        for (const other of this.nodes.list()) changed(other);
      },
    });
  }

  private async reconcile(name: string): Promise<void> {
    const node = this.nodes.get(name);
    if (!node || node.spec?.podCIDR || node.metadata.deletionTimestamp) return;
    const taken = new Set(this.nodes.list().flatMap(({ spec }) => spec?.podCIDRs ?? spec?.podCIDR ?? []));
    for (const [other, cidr] of this.given) if (other !== name) taken.add(cidr);
    const cidr = this.given.get(name) ?? freeCidr(this.context.options.clusterCidr, taken);
    if (!cidr) {
      this.events.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
      throw new Error('CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range');
    }
    this.given.set(name, cidr);
    await this.client.patch(name, undefined, 'strategic', { spec: { podCIDR: cidr, podCIDRs: [cidr] } });
  }
}

export const startNodeIpam: StartController = (context) => new NodeIpamController(context).start();
