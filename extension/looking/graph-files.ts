import type { HorizontalPodAutoscaler, Ingress, PodTemplateSpec, Service, UntypedObject } from '../../runtime/api/kinds';
import { selectorFromMap } from '../../runtime/api/labels';
import type { WorkspaceObject } from '../../runtime/client/editor-protocol';
import { t } from '../words';
import { columns, type GraphBuilder, idOf } from './graph-builder';
import { ingressServices, podReferences } from './graph-references';

interface Written {
  id: string;
  uri: string;
  object: UntypedObject;
  template: PodTemplateSpec | undefined;
}

/**
 * Lays what files of the workspace write over what a cluster has: objects that are not deployed yet, and what those that
 * are would lead to if they were deployed as they are written. A selector that finds neither pods nor a workload is broken.
 */
export function overlay(graph: GraphBuilder, files: readonly WorkspaceObject[], namespace: string, complete: boolean): void {
  const written = files.flatMap((file) => writtenIn(file, namespace));
  for (const each of written) addNode(graph, each, complete);
  for (const each of written) {
    const { kind } = each.object;
    if (kind === 'Service') linkService(graph, each, written, complete);
    else if (kind === 'Ingress') linkNames(graph, each, 'route', ingressServices(each.object as Ingress).map((name) => ({ kind: 'Service', name })));
    else if (kind === 'HorizontalPodAutoscaler') linkScaler(graph, each);
    else if (each.template) linkReferences(graph, each);
  }
}

function writtenIn({ uri, object }: WorkspaceObject, namespace: string): Written[] {
  const { kind = '', metadata } = object;
  const isHere = (metadata?.namespace ?? namespace) === namespace;
  if (!isHere || !(kind in columns) || !metadata?.name) return [];
  return [{ id: idOf(kind, metadata.name), uri, object, template: templateOf(object) }];
}

function templateOf(object: UntypedObject): PodTemplateSpec | undefined {
  if (object.kind === 'Pod') return object as PodTemplateSpec;
  interface WithTemplate {
    spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
  }
  const { spec } = object as WithTemplate;
  return spec?.template ?? spec?.jobTemplate?.spec?.template;
}

function addNode({ nodes }: GraphBuilder, { id, uri, object }: Written, complete: boolean): void {
  const found = nodes.get(id);
  if (found?.isLive) {
    nodes.set(id, { ...found, file: uri });
    return;
  }
  const { apiVersion = '', kind = '', metadata } = object;
  const name = metadata?.name ?? '';
  const ref = { apiVersion, kind, name, namespace: metadata?.namespace ?? found?.ref.namespace ?? '' };
  const looks = { level: 'none', note: complete ? t`not deployed` : '', missing: false, isLive: false } as const;
  nodes.set(id, { id, ref, label: name, file: uri, column: columns[kind] ?? 2, row: 0, ...looks });
}

function linkService(graph: GraphBuilder, { id, object }: Written, written: readonly Written[], complete: boolean): void {
  const { selector = {} } = (object as Service).spec ?? {};
  if (Object.keys(selector).length === 0) return;
  const matching = selectorFromMap(selector);
  const workloads = written.filter(({ template }) => template && matching.matches(template.metadata?.labels ?? {}));
  const selected = new Set([...graph.selectedBy(selector), ...workloads.map((each) => each.id)]);
  for (const each of selected) graph.link(id, each, 'selector', { planned: true });
  if (selected.size === 0 && complete) graph.spoil(id, t`selects no pods`);
}

function linkScaler(graph: GraphBuilder, each: Written): void {
  const { kind, name } = (each.object as Partial<HorizontalPodAutoscaler>).spec?.scaleTargetRef ?? {};
  if (kind && name) linkNames(graph, each, 'scale', [{ kind, name }]);
}

function linkNames(graph: GraphBuilder, { id }: Written, edge: 'route' | 'scale', names: readonly { kind: string; name: string }[]): void {
  for (const { kind, name } of names) graph.linkNamed(id, kind, name, edge, { planned: true });
}

/** What the cluster shows at the pods of a workload isn't shown again at the workload. */
function linkReferences(graph: GraphBuilder, { id, template }: Written): void {
  for (const { kind, name, optional } of podReferences(template?.spec)) {
    const to = idOf(kind, name);
    const isShown = graph.edges.some((edge) => edge.kind === 'reference' && edge.to === to && graph.topOf(edge.from) === id);
    if (!isShown && (!optional || graph.nodes.has(to))) graph.linkNamed(id, kind, name, 'reference', { planned: true });
  }
}
