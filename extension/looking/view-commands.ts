import type { CoreV1Event as Event, Deployment, KubeObject, Live, ReplicaSet } from '../../runtime/api/kinds';
import type { Watched, WatchRequest } from '../clusters/watches';
import type { Handler } from '../commands/register';
import { objectFor, rolloutTargets } from '../objects/target';
import { categories, eventKind, nodeKind, podKind, replicaSetKind, type ShownKind } from '../tree/kinds';
import type { Workbench } from '../workbench';
import { eventLines } from './events';
import { graphOf } from './graph';
import { nodeMap } from './node-map';
import type { EventsModel, GraphModel, NodeMapModel, RolloutModel } from './protocol';
import { RolloutHistory } from './rollout';
import { type ViewOptions, ViewPanel } from './view-panel';
import { WorkspaceFiles } from './workspace-files';
import { t } from '../words';

const mapBody = (): string => `<header><span id="summary" role="status"></span>
<span class="legend" aria-hidden="true"><span class="ok"><i></i>${t`ready`}</span><span class="progress"><i></i>${t`starting`}</span>
<span class="error"><i></i>${t`failing`}</span><span class="done"><i></i>${t`completed`}</span></span></header>
<main id="map" aria-label="${t`Nodes and their pods`}"></main>`;

const graphBody = (): string => `<header><span id="summary" role="status"></span>
<button id="fit">${t`Fit`}</button><label><input type="checkbox" id="as-list"> ${t`As a list`}</label>
<span class="legend" aria-hidden="true"><span class="route">${t`leads to`}</span><span class="selector">${t`selects`}</span><span class="scale">${t`scales`}</span>
<span class="owner">${t`owns`}</span><span class="reference">${t`uses`}</span><span class="planned">${t`in files only`}</span><span class="broken">${t`broken`}</span></span></header>
<main id="view" tabindex="0" aria-label="${t`Graph: arrow keys move it, plus and minus zoom, 0 fits it; the list follows`}"></main>
<ul id="list" aria-label="${t`Objects`}"></ul>`;

const eventsBody = (): string => `<header><input type="search" id="filter" placeholder="${t`Filter: object, reason or message`}" aria-label="${t`Filter events`}">
<label><input type="checkbox" id="warnings"> ${t`Warnings only`}</label><span id="summary" role="status"></span></header>
<ul id="rows" aria-label="${t`Events, the newest first`}"></ul>`;

const rolloutBody = (): string => `<header><span id="summary" role="status"></span><span class="legend" aria-hidden="true">${t`solid: ready · dashed: created · dots: events`}</span></header>
<main><div id="chart"></div><h2>${t`Revisions`}</h2>
<table><thead><tr><th>${t`Revision`}</th><th>ReplicaSet</th><th>${t`Images`}</th><th>Pods</th></tr></thead><tbody id="sets"></tbody></table>
<h2>${t`Events`}</h2><ul id="events" aria-label="${t`Events, the newest first`}"></ul></main>`;

const inGraph = [
  'Ingress', 'Service', 'HorizontalPodAutoscaler', 'Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'ReplicaSet', 'Job', 'Pod', 'ConfigMap', 'Secret',
  'PersistentVolumeClaim',
];

/** Views that show the cluster at a glance. Each gives its panel. */
export function viewCommands(workbench: Workbench): Record<string, Handler> {
  /** A view of what is chosen now shows something at once, or says why it can't. */
  const open = async <Model>(options: ViewOptions<Model>): Promise<ViewPanel<Model>> => {
    await workbench.clusters.connect();
    return new ViewPanel<Model>(workbench, options);
  };
  return {
    'podium.nodeMap': () => open(nodeMapView()),
    'podium.graph': () => open(graphView(workbench)),
    'podium.events': () => open(eventsView()),
    'podium.rollout': (given?: unknown) => showRollout(workbench, given),
  };
}

function nodeMapView(): ViewOptions<NodeMapModel> {
  return {
    page: { name: 'node-map', body: mapBody() },
    content: () => ({
      title: t`Node Map`,
      requests: [nodeKind, podKind].map(({ resource }) => ({ resource })),
      model: ([nodes, pods], state) => nodeMap({ nodes: nodes?.list() ?? [], pods: pods?.list() ?? [], ...state }),
    }),
  };
}

function graphView({ language }: Workbench): ViewOptions<GraphModel> {
  const files = new WorkspaceFiles(language, inGraph);
  return {
    page: { name: 'graph', body: graphBody() },
    beside: files,
    content: (chosen) => {
      const namespace = chosen || 'default';
      return {
        title: t`Graph of ${namespace}`,
        requests: kindsInGraph().map(({ resource }): WatchRequest => ({ resource, namespace })),
        model: (watches, state) =>
          graphOf({ namespace, objects: watches.flatMap(objectsOf), files: files.objects, ...state }),
      };
    },
  };
}

function eventsView(): ViewOptions<EventsModel> {
  return {
    page: { name: 'events', body: eventsBody() },
    content: (namespace) => ({
      title: namespace ? t`Events of ${namespace}` : t`Events`,
      requests: [{ resource: eventKind.resource, ...(namespace && { namespace }) }],
      model: ([events], state) => eventLines({ events: (events?.list() ?? []) as Live<Event>[], ...state }),
    }),
  };
}

async function showRollout(workbench: Workbench, given: unknown): Promise<ViewPanel<RolloutModel>> {
  const target = rolloutTargets.Deployment!;
  const { session, ref } = await objectFor(workbench, given, { Deployment: target }, t`Show Rollout`);
  const { name, namespace } = ref;
  const history = new RolloutHistory();
  const resources = [{ ...target, namespaced: true }, replicaSetKind.resource, eventKind.resource];
  return new ViewPanel<RolloutModel>(workbench, {
    page: { name: 'rollout', body: rolloutBody() },
    whileHidden: true,
    only: session.ref,
    content: () => ({
      title: t`${name} rollout`,
      requests: resources.map((resource) => ({ resource, namespace })),
      model: ([deployments, sets, events], state) => {
        const deployment = deployments?.get(name, namespace) as Live<Deployment> | undefined;
        const replicaSets = (deployment ? (sets?.ownedBy(deployment.metadata.uid) ?? []) : []) as Live<ReplicaSet>[];
        const all = (events?.list() ?? []) as Live<Event>[];
        return history.take(Date.now(), { deployment, replicaSets, events: all, ...state });
      },
    }),
  });
}

function kindsInGraph(): ShownKind[] {
  return categories.flatMap(({ kinds }) => kinds).filter(({ kind }) => inGraph.includes(kind));
}

function objectsOf(watched: Watched): Live<KubeObject>[] {
  return watched.list();
}
