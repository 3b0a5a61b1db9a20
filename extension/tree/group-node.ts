import type { CustomResourceDefinition, Live } from '../../runtime/api/kinds';
import type { PrinterColumn } from '../../runtime/api/table';
import { categories, crdKind, eventKind, type ShownKind } from './kinds';
import { type Listing, ListingNode } from './listing-node';
import { EventNode, newestFirst, ObjectNode } from './object-node';
import { statusOf } from './object-status';
import { type Appearance, HeadingNode, MessageNode, type TreeHost, TreeNode } from './tree-node';
import { t } from '../words';

/** All objects of a kind in a namespace, or in all. */
export class GroupNode extends ListingNode {
  constructor(
    parent: TreeNode | undefined,
    readonly kind: ShownKind,
    /** Empty: all. */
    readonly namespace: string,
    private readonly customColumns?: readonly PrinterColumn[],
  ) {
    super(`${parent?.id ?? ''}/${kind.resource.group}/${kind.resource.resource}`, parent);
  }

  override appearance(host: TreeHost): Appearance {
    const { kind } = this;
    return {
      label: kind.plural,
      description: host.isFollowed(this) ? this.summary(host) : '',
      icon: kind.icon === 'circle-filled' ? 'symbol-method' : kind.icon,
      context: ` group all:${kind.kind} `,
      collapsible: 'collapsed',
    };
  }

  protected override listing(): Listing {
    const { kind, namespace } = this;
    const isEvent = kind === eventKind;
    const namespaced = kind.resource.namespaced && namespace !== '';
    const about = {
      kind,
      showNamespace: kind.resource.namespaced && namespace === '',
      ...(this.customColumns && { customColumns: this.customColumns }),
    };
    return {
      request: { resource: kind.resource, ...(namespaced && { namespace }) },
      pick: (watched) => watched.list(),
      filtered: true,
      ...(isEvent && { compare: newestFirst }),
      node: (object, parent) =>
        isEvent ? new EventNode(parent, about, object) : new ObjectNode(parent, about, object),
    };
  }

  /** `10,000 · 2 failing`, `3 of 120` */
  private summary(host: TreeHost): string {
    const objects = this.current(host);
    const failing = objects.reduce((sum, object) => sum + (statusOf(object).level === 'error' ? 1 : 0), 0);
    const count = objects.length === this.count ? counted(this.count) : t`${counted(objects.length)} of ${counted(this.count)}`;
    return failing > 0 ? `${count} · ${t`${counted(failing)} failing`}` : count;
  }
}

function counted(count: number): string {
  return count.toLocaleString('en');
}

/** The headings of a namespace; with an empty one those of the whole cluster. */
export function headings(
  parent: TreeNode | undefined,
  namespace: string,
  clusterWide: boolean,
): TreeNode[] {
  const shown = categories.map(({ id, label, icon, kinds }) => {
    const own = kinds.filter(({ resource }) => resource.namespaced || clusterWide);
    const looks: Appearance = { label: label(), icon, collapsible: id === 'workloads' ? 'expanded' : 'collapsed' };
    return new HeadingNode(parent, id, looks, (heading) => own.map((kind) => new GroupNode(heading, kind, namespace)));
  });
  return [...shown, new CustomResourcesNode(parent, namespace, clusterWide), new GroupNode(parent, eventKind, namespace)];
}

/** The kinds that custom resource definitions add: those that exist, as they come and go. */
class CustomResourcesNode extends TreeNode {
  private groups = new Map<string, TreeNode>();

  constructor(
    parent: TreeNode | undefined,
    private readonly namespace: string,
    private readonly clusterWide: boolean,
  ) {
    super(`${parent?.id ?? ''}/custom`, parent);
  }

  override appearance(): Appearance {
    return { label: t`Custom Resources`, icon: 'symbol-interface', collapsible: 'collapsed' };
  }

  override needs(): [{ resource: typeof crdKind.resource }] {
    return [{ resource: crdKind.resource }];
  }

  override children(host: TreeHost): readonly TreeNode[] {
    const watched = host.watched(this.needs()[0]);
    const all = (watched?.list() ?? []) as Live<CustomResourceDefinition>[];
    const crds = all.filter(({ spec }) => spec.scope === 'Namespaced' || this.clusterWide);
    const before = this.groups;
    this.groups = new Map();
    for (const name of [...new Set(crds.map(({ spec }) => spec.group))].sort()) {
      const own = crds.filter(({ spec }) => spec.group === name);
      const key = `${name} ${own.map(({ metadata }) => metadata.resourceVersion).join(' ')}`;
      this.groups.set(key, before.get(key) ?? this.group(name, own));
      before.delete(key);
    }
    for (const gone of before.values()) host.forget(gone);
    if (this.groups.size > 0) return [...this.groups.values()];
    const looks = watched?.isSynced ? { label: t`None` } : { label: t`Loading…`, icon: 'loading~spin' };
    return [new MessageNode(this, 'none', looks)];
  }

  private group(name: string, crds: readonly Live<CustomResourceDefinition>[]): TreeNode {
    const looks: Appearance = { label: name, icon: 'package', collapsible: 'collapsed' };
    const make = (heading: HeadingNode): TreeNode[] =>
      crds.flatMap((crd) => {
        const version = servedVersion(crd);
        return version ? [new GroupNode(heading, kindOf(crd, version.name), this.namespace, version.columns)] : [];
      });
    return new HeadingNode(this, name, looks, make);
  }
}

function servedVersion({ spec }: CustomResourceDefinition): { name: string; columns: PrinterColumn[] } | undefined {
  const version = spec.versions.find(({ storage, served }) => storage && served) ?? spec.versions.find(({ served }) => served);
  return version && { name: version.name, columns: version.additionalPrinterColumns ?? [] };
}

function kindOf({ spec }: CustomResourceDefinition, version: string): ShownKind {
  const { kind, plural } = spec.names;
  const resource = { group: spec.group, version, resource: plural, namespaced: spec.scope === 'Namespaced' };
  return { kind, resource, plural: kind, icon: 'symbol-interface', columns: [] };
}
