import type { HorizontalPodAutoscaler, Ingress, KubeObject, Live, Pod, Service } from '../../runtime/api/kinds';
import { selectorFromMap } from '../../runtime/api/labels';
import { statusOfPod } from '../../runtime/api/table';
import { statusOf } from '../tree/object-status';
import { layOut } from './graph-layout';
import { ingressServices, podReferences } from './graph-references';
import { groupBy, refTo } from './node-map';
import type { EdgeKind, GraphEdge, GraphModel, GraphNode } from './protocol';
import { t } from '../words';

/** Left to right, from where requests come in to what pods are made of. */
const columns: Readonly<Record<string, number>> = {
  Ingress: 0, Service: 1, HorizontalPodAutoscaler: 1, Deployment: 2, StatefulSet: 2, DaemonSet: 2, CronJob: 2,
  ReplicaSet: 3, Job: 3, Pod: 4, ConfigMap: 5, Secret: 5, PersistentVolumeClaim: 5,
};
/** More pods of one owner are shown as one. */
const mostPods = 6;
/** In every namespace, and nobody's. */
const everywhere = 'kube-root-ca.crt';

export interface GraphInput {
  /** Of one namespace. */
  objects: readonly Live<KubeObject>[];
  complete: boolean;
  error?: string;
}

/** Objects of a namespace and how they hang together. Nothing is called broken before all is known. */
export function graphOf({ objects, complete, error }: GraphInput): GraphModel {
  const { nodes, edges } = new GraphBuilder(objects.filter(isShown), complete);
  return { nodes: layOut([...nodes.values()], edges), edges, complete, ...(error !== undefined && { error }) };
}

/** Old revisions are many, and have no pods. */
function isShown(object: Live<KubeObject>): boolean {
  const { kind = '', metadata } = object;
  if (kind === 'ReplicaSet') return ((object as { status?: { replicas?: number } }).status?.replicas ?? 0) > 0;
  return kind in columns && metadata.name !== everywhere;
}

class GraphBuilder {
  readonly nodes = new Map<string, GraphNode>();
  readonly edges: GraphEdge[] = [];
  private readonly idByUid = new Map<string, string>();
  private readonly drawn = new Set<string>();

  constructor(objects: readonly Live<KubeObject>[], private readonly complete: boolean) {
    const of = <T extends KubeObject>(kind: string): Live<T>[] => objects.filter((each) => each.kind === kind) as Live<T>[];
    const pods = of<Pod>('Pod');
    for (const object of objects) if (object.kind !== 'Pod') this.add(object);
    this.addPods(pods);
    for (const object of objects) this.linkOwner(object);
    for (const service of of<Service>('Service')) this.linkService(service, pods);
    for (const ingress of of<Ingress>('Ingress'))
      for (const name of ingressServices(ingress)) this.linkNamed(ingress, 'Service', name, 'route');
    for (const scaler of of<HorizontalPodAutoscaler>('HorizontalPodAutoscaler')) {
      const { kind, name } = scaler.spec?.scaleTargetRef ?? {};
      if (kind && name) this.linkNamed(scaler, kind, name, 'scale');
    }
    for (const pod of pods)
      for (const { kind, name, optional } of podReferences(pod)) {
        if (!optional || this.nodes.has(idOf(kind, name))) this.linkNamed(pod, kind, name, 'reference');
      }
  }

  private add(object: Live<KubeObject>, note?: string): void {
    const { level, problem } = statusOf(object);
    const ref = refTo(object);
    const id = idOf(ref.kind, ref.name);
    this.idByUid.set(object.metadata.uid, id);
    this.nodes.set(id, { id, ref, label: ref.name, level, note: problem ?? note ?? '', missing: false, column: columns[ref.kind] ?? 0, row: 0 });
  }

  private addPods(pods: readonly Live<Pod>[]): void {
    for (const [owner, owned] of groupBy(pods, (pod) => controllerOf(pod) ?? '')) {
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
    const note = failing[0] ? t`${failing.length} failing: ${statusOf(failing[0]).problem ?? ''}` : t`${ready} ready`;
    const level = failing.length > 0 ? 'error' : ready === pods.length ? 'ok' : 'progress';
    for (const pod of pods) this.idByUid.set(pod.metadata.uid, id);
    this.nodes.set(id, { ...owner, id, label: t`${pods.length} pods`, level, note, column: columns.Pod ?? 0 });
  }

  private linkOwner(object: Live<KubeObject>): void {
    const owner = this.idByUid.get(controllerOf(object) ?? '');
    if (owner !== undefined) this.link(owner, this.idOfObject(object), 'owner');
  }

  /** To the pods that it selects; a selector that finds none is broken. */
  private linkService(service: Live<Service>, pods: readonly Live<Pod>[]): void {
    const { selector = {} } = service.spec ?? {};
    if (Object.keys(selector).length === 0) return;
    const matching = selectorFromMap(selector);
    const selected = pods.filter(({ metadata }) => matching.matches(metadata.labels ?? {}));
    for (const pod of selected) this.link(this.idOfObject(service), this.topOf(pod), 'selector');
    if (selected.length === 0 && this.complete) this.spoil(this.idOfObject(service), t`selects no pods`);
  }

  /** The workload that a pod belongs to in the end, or the pod. */
  private topOf(pod: Live<Pod>): string {
    let id = this.idOfObject(pod);
    for (;;) {
      const above = this.edges.find(({ to, kind }) => kind === 'owner' && to === id);
      if (!above) return id;
      id = above.from;
    }
  }

  private linkNamed(from: Live<KubeObject>, kind: string, name: string, edge: EdgeKind): void {
    const id = idOf(kind, name);
    if (!this.nodes.has(id)) {
      if (!this.complete) return;
      const ref = { apiVersion: '', kind, name, namespace: from.metadata.namespace ?? '' };
      this.nodes.set(id, { id, ref, label: name, level: 'error', note: t`does not exist`, missing: true, column: columns[kind] ?? 2, row: 0 });
    }
    const broken = this.nodes.get(id)?.missing ?? false;
    this.link(this.idOfObject(from), id, edge, broken);
    if (broken) this.spoil(this.idOfObject(from), t`${kind} ${name} does not exist`);
  }

  private link(from: string, to: string, kind: EdgeKind, broken = false): void {
    const key = `${from}>${to}>${kind}`;
    if (this.drawn.has(key)) return;
    this.drawn.add(key);
    this.edges.push({ from, to, kind, broken });
  }

  private spoil(id: string, note: string): void {
    const node = this.nodes.get(id);
    if (node && node.level !== 'error') this.nodes.set(id, { ...node, level: 'error', note });
  }

  private idOfObject({ kind = '', metadata }: Live<KubeObject>): string {
    return this.idByUid.get(metadata.uid) ?? idOf(kind, metadata.name);
  }
}

function idOf(kind: string, name: string): string {
  return `${kind} ${name}`;
}

function controllerOf({ metadata }: Live<KubeObject>): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
}
