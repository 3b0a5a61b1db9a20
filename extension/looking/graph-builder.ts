import type { HorizontalPodAutoscaler, Ingress, KubeObject, Live, Pod, Service } from '../../runtime/api/kinds';
import { selectorFromMap } from '../../runtime/api/labels';
import { statusOfPod } from '../../runtime/api/table';
import { statusOf } from '../tree/object-status';
import { t } from '../words';
import { ingressServices, podReferences } from './graph-references';
import { groupBy, refTo } from './node-map';
import type { EdgeKind, GraphEdge, GraphNode } from './protocol';

/** Left to right, from where requests come in to what pods are made of. */
export const columns: Readonly<Record<string, number>> = {
  Ingress: 0,
  Service: 1,
  HorizontalPodAutoscaler: 1,
  Deployment: 2,
  StatefulSet: 2,
  DaemonSet: 2,
  CronJob: 2,
  ReplicaSet: 3,
  Job: 3,
  Pod: 4,
  ConfigMap: 5,
  Secret: 5,
  PersistentVolumeClaim: 5,
};
/** More pods of one owner are shown as one. */
const mostPods = 6;

export interface LinkOptions {
  /** Files say so, the cluster does not. */
  planned?: boolean;
}

/** Nodes and edges of what a cluster has; others may add to them. */
export class GraphBuilder {
  readonly nodes = new Map<string, GraphNode>();
  readonly edges: GraphEdge[] = [];
  private readonly idByUid = new Map<string, string>();
  private readonly drawn = new Set<string>();
  private readonly pods: readonly Live<Pod>[];

  constructor(
    objects: readonly Live<KubeObject>[],
    private readonly complete: boolean,
  ) {
    const of = <T extends KubeObject>(kind: string): Live<T>[] =>
      objects.filter((each) => each.kind === kind) as Live<T>[];
    this.pods = of<Pod>('Pod');
    for (const object of objects) if (object.kind !== 'Pod') this.add(object);
    this.addPods();
    for (const object of objects) this.linkOwner(object);
    for (const service of of<Service>('Service')) this.linkService(service);
    for (const ingress of of<Ingress>('Ingress'))
      for (const name of ingressServices(ingress)) this.linkNamed(this.idOfObject(ingress), 'Service', name, 'route');
    for (const scaler of of<HorizontalPodAutoscaler>('HorizontalPodAutoscaler')) {
      const { kind, name } = scaler.spec?.scaleTargetRef ?? {};
      if (kind && name) this.linkNamed(this.idOfObject(scaler), kind, name, 'scale');
    }
    for (const pod of this.pods)
      for (const { kind, name, optional } of podReferences(pod.spec)) {
        if (!optional || this.nodes.has(idOf(kind, name))) this.linkNamed(this.idOfObject(pod), kind, name, 'reference');
      }
  }

  /** Workloads, or pods that are nobody's, whose pods have these labels. */
  selectedBy(selector: Readonly<Record<string, string>>): Set<string> {
    const matching = selectorFromMap(selector);
    const selected = this.pods.filter(({ metadata }) => matching.matches(metadata.labels ?? {}));
    return new Set(selected.map((pod) => this.topOf(this.idOfObject(pod))));
  }

  /** The workload that a node belongs to in the end, or the node itself. */
  topOf(id: string): string {
    const above = this.edges.find(({ to, kind }) => kind === 'owner' && to === id);
    return above ? this.topOf(above.from) : id;
  }

  /** To something that is named; what isn't there is shown as missing, and the edge as broken. */
  linkNamed(from: string, kind: string, name: string, edge: EdgeKind, options: LinkOptions = {}): void {
    const id = idOf(kind, name);
    if (!this.nodes.has(id)) {
      if (!this.complete) return;
      const ref = { apiVersion: '', kind, name, namespace: this.nodes.get(from)?.ref.namespace ?? '' };
      const looks = { level: 'error', note: t`does not exist`, missing: true, isLive: false } as const;
      this.nodes.set(id, { id, ref, label: name, column: columns[kind] ?? 2, row: 0, ...looks });
    }
    const broken = this.nodes.get(id)?.missing ?? false;
    this.link(from, id, edge, { ...options, broken });
    if (broken) this.spoil(from, t`${kind} ${name} does not exist`);
  }

  link(from: string, to: string, kind: EdgeKind, { planned = false, broken = false }: LinkOptions & { broken?: boolean } = {}): void {
    const key = `${from}>${to}>${kind}`;
    if (this.drawn.has(key)) return;
    this.drawn.add(key);
    this.edges.push({ from, to, kind, broken, planned });
  }

  /** The first thing that is wrong with a node is told. */
  spoil(id: string, note: string): void {
    const node = this.nodes.get(id);
    if (node && node.level !== 'error') this.nodes.set(id, { ...node, level: 'error', note });
  }

  private add(object: Live<KubeObject>, note?: string): void {
    const { level, problem } = statusOf(object);
    const ref = refTo(object);
    const id = idOf(ref.kind, ref.name);
    const looks = { level, note: problem ?? note ?? '', missing: false, isLive: true };
    this.idByUid.set(object.metadata.uid, id);
    this.nodes.set(id, { id, ref, label: ref.name, column: columns[ref.kind] ?? 0, row: 0, ...looks });
  }

  private addPods(): void {
    for (const [owner, owned] of groupBy(this.pods, (pod) => controllerOf(pod) ?? '')) {
      const ownerId = this.idByUid.get(owner);
      const ownerNode = ownerId === undefined ? undefined : this.nodes.get(ownerId);
      if (!ownerNode || owned.length <= mostPods) for (const pod of owned) this.add(pod, statusOfPod(pod));
      else this.addTogether(ownerNode, owned);
    }
  }

  private addTogether(owner: GraphNode, pods: readonly Live<Pod>[]): void {
    const id = `Pods of ${owner.id}`;
    const failing = pods.filter((pod) => statusOf(pod).level === 'error');
    const ready = pods.filter((pod) => statusOf(pod).level === 'ok').length;
    const problem = failing[0] && statusOf(failing[0]).problem;
    const note = failing.length > 0 ? t`${failing.length} failing: ${problem ?? ''}` : t`${ready} ready`;
    const level = failing.length > 0 ? 'error' : ready === pods.length ? 'ok' : 'progress';
    for (const pod of pods) this.idByUid.set(pod.metadata.uid, id);
    this.nodes.set(id, { ...owner, id, label: t`${pods.length} pods`, level, note, column: columns.Pod ?? 0 });
  }

  private linkOwner(object: Live<KubeObject>): void {
    const owner = this.idByUid.get(controllerOf(object) ?? '');
    if (owner !== undefined) this.link(owner, this.idOfObject(object), 'owner');
  }

  /** To the pods that it selects; a selector that finds none is broken. */
  private linkService(service: Live<Service>): void {
    const { selector = {} } = service.spec ?? {};
    if (Object.keys(selector).length === 0) return;
    const selected = this.selectedBy(selector);
    for (const id of selected) this.link(this.idOfObject(service), id, 'selector');
    if (selected.size === 0 && this.complete) this.spoil(this.idOfObject(service), t`selects no pods`);
  }

  private idOfObject({ kind = '', metadata }: Live<KubeObject>): string {
    return this.idByUid.get(metadata.uid) ?? idOf(kind, metadata.name);
  }
}

export function idOf(kind: string, name: string): string {
  return `${kind} ${name}`;
}

function controllerOf({ metadata }: Live<KubeObject>): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
}
