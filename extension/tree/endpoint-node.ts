import type { EndpointSlice, KubeObject, Live } from '../../runtime/api/kinds';
import { type Appearance, MessageNode, TreeNode } from './tree-node';
import { t } from '../words';

/** An address behind a Service. */
class EndpointNode extends TreeNode {
  constructor(
    parent: TreeNode,
    private readonly address: string,
    private readonly target: string,
    private readonly node: string,
    private readonly ready: boolean,
  ) {
    super(`${parent.id}/endpoint/${address}`, parent);
  }

  override appearance(): Appearance {
    const state = this.ready ? t`ready` : t`not ready`;
    const description = [this.target ? this.address : '', state, this.node].filter(Boolean).join(' · ');
    return {
      label: this.target || this.address,
      description,
      icon: 'plug',
      color: this.ready ? 'testing.iconPassed' : 'testing.iconQueued',
      context: ' endpoint ',
      spoken: t`endpoint ${this.target || this.address}, ${description}`,
    };
  }
}

const serviceLabel = 'kubernetes.io/service-name';

export function endpointsOf(
  service: Live<KubeObject>,
  slices: readonly Live<EndpointSlice>[],
  parent: TreeNode,
  isSynced: boolean,
): TreeNode[] {
  const own = slices.filter(({ metadata }) => metadata.labels?.[serviceLabel] === service.metadata.name);
  const nodes = own.flatMap(({ ports, endpoints }) => {
    const port = (ports ?? []).map(({ port: number }) => number).join(',');
    return (endpoints ?? []).map(({ addresses, targetRef, nodeName, conditions }) => {
      const address = `${addresses[0] ?? ''}${port ? `:${port}` : ''}`;
      return new EndpointNode(parent, address, targetRef?.name ?? '', nodeName ?? '', conditions?.ready ?? true);
    });
  });
  if (nodes.length > 0) return nodes;
  if (!isSynced) return [new MessageNode(parent, 'loading', { label: t`Loading…`, icon: 'loading~spin' })];
  return [
    new MessageNode(parent, 'none', {
      label: t`No endpoints`,
      icon: 'warning',
      color: 'list.warningForeground',
    }),
  ];
}
