import { parseManifests } from '../yaml';
import { isMap } from '../go-template/values';
import type { Chart } from './chart';
import type { RenderedFile } from './render';

/** One document of a rendered file. */
export interface ChartManifest {
  /** `web/templates/deployment.yaml` */
  readonly source: string;
  readonly text: string;
  readonly kind: string;
  readonly name: string;
  /** What a hook is for: `pre-install`, … Empty for what isn't one. */
  readonly hooks: readonly string[];
}

/** Helm installs kinds in this order; all others come after. */
const installOrder = [
  'PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget',
  'ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim',
  'CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList',
  'RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment',
  'HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService',
].flatMap((kinds) => kinds.split(' '));
const ranks = new Map(installOrder.map((kind, i) => [kind, i]));

/** The documents of rendered files in the order of installation, hooks last. Files with errors have none. */
export function manifestsOf(files: readonly RenderedFile[]): ChartManifest[] {
  const all = files.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap(documentsOf);
  const rank = ({ kind }: ChartManifest) => ranks.get(kind) ?? installOrder.length;
  const sorted = all.toSorted(
    (a, b) =>
      rank(a) - rank(b) || (rank(a) === installOrder.length && a.kind !== b.kind ? (a.kind < b.kind ? -1 : 1) : 0),
  );
  return [...sorted.filter(({ hooks }) => hooks.length === 0), ...sorted.filter(({ hooks }) => hooks.length > 0)];
}

function documentsOf({ name, chunks }: RenderedFile): ChartManifest[] {
  const text = chunks.map((chunk) => chunk.text).join('');
  return text.split(/(?:^|\s*\n)---[^\S\n]*(?:\n|$)/).flatMap((part): ChartManifest[] => {
    const content = part.trim();
    const value = parseManifests(content)[0]?.value;
    if (content === '' || (value === undefined && !/^[^#\s]/m.test(content))) return [];
    const object = isMap(value) ? value : {};
    const metadata = isMap(object['metadata']) ? object['metadata'] : {};
    const annotations = isMap(metadata['annotations']) ? metadata['annotations'] : {};
    const hook = annotations['helm.sh/hook'];
    const word = (field: unknown) => (typeof field === 'string' ? field : '');
    const hooks = typeof hook === 'string' ? hook.split(',').map((each) => each.trim()) : [];
    return [{ source: name, text: content, kind: word(object['kind']), name: word(metadata['name']), hooks }];
  });
}

/** What `helm template` prints; with definitions of custom resources only if asked. */
export function printManifests(manifests: readonly ChartManifest[], chart?: Chart): string {
  const crds = chart ? crdsOf(chart, chart.name) : [];
  return [...crds, ...manifests].map(({ source, text }) => `---\n# Source: ${source}\n${text}\n`).join('');
}

function crdsOf({ crds, charts }: Chart, name: string): { source: string; text: string }[] {
  const own = crds.map((file) => ({ source: `${name}/${file.name}`, text: file.text.trim() }));
  return [...own, ...charts.flatMap((sub) => crdsOf(sub, `${name}/charts/${sub.name}`))];
}
