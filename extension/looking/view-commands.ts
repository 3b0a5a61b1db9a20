import type { KubeObject, Live } from '../../runtime/api/kinds';
import type { Watched, WatchRequest } from '../clusters/watches';
import type { Handler } from '../commands/register';
import { categories, nodeKind, podKind, type ShownKind } from '../tree/kinds';
import type { Workbench } from '../workbench';
import { graphOf } from './graph';
import { nodeMap } from './node-map';
import type { GraphModel, NodeMapModel } from './protocol';
import { ViewPanel } from './view-panel';

const mapBody = `<header><span id="summary" role="status"></span>
<span class="legend" aria-hidden="true"><span class="ok"><i></i>ready</span><span class="progress"><i></i>starting</span>
<span class="error"><i></i>failing</span><span class="done"><i></i>completed</span></span></header>
<main id="map" aria-label="Nodes and their pods"></main>`;

const graphBody = `<header><span id="summary" role="status"></span>
<button id="fit">Fit</button><label><input type="checkbox" id="as-list"> As a list</label>
<span class="legend" aria-hidden="true"><span class="route">leads to</span><span class="selector">selects</span><span class="scale">scales</span>
<span class="owner">owns</span><span class="reference">uses</span><span class="broken">broken</span></span></header>
<main id="view" tabindex="0" aria-label="Graph: arrow keys move it, plus and minus zoom, 0 fits it; the list follows"></main>
<ul id="list" aria-label="Objects"></ul>`;

const inGraph = [
  'Ingress', 'Service', 'HorizontalPodAutoscaler', 'Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'ReplicaSet', 'Job', 'Pod', 'ConfigMap', 'Secret',
  'PersistentVolumeClaim',
];

/** Views that show the cluster at a glance. Each gives its panel. */
export function viewCommands({ clusters, context }: Workbench): Record<string, Handler> {
  return {
    'podium.nodeMap': async () => {
      const requests = [nodeKind, podKind].map(({ resource }) => ({ resource }));
      return new ViewPanel<NodeMapModel>(context.extensionUri, await clusters.connect(), {
        page: { name: 'node-map', title: 'Node Map', body: mapBody },
        requests,
        model: ([nodes, pods], state) => nodeMap({ nodes: nodes?.list() ?? [], pods: pods?.list() ?? [], ...state }),
      });
    },
    'podium.graph': async () => {
      const session = await clusters.connect();
      const namespace = clusters.namespace || 'default';
      return new ViewPanel<GraphModel>(context.extensionUri, session, {
        page: { name: 'graph', title: `Graph of ${namespace}`, body: graphBody },
        requests: kindsInGraph().map(({ resource }): WatchRequest => ({ resource, namespace })),
        model: (watches, state) => graphOf({ objects: watches.flatMap(objectsOf), ...state }),
      });
    },
  };
}

function kindsInGraph(): ShownKind[] {
  return categories.flatMap(({ kinds }) => kinds).filter(({ kind }) => inGraph.includes(kind));
}

function objectsOf(watched: Watched): Live<KubeObject>[] {
  return watched.list();
}
