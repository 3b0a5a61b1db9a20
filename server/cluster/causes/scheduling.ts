import type { View } from '../../../runtime/api/table/view';
import { parseQuantity, tryParseQuantity } from '../../../runtime/api/quantity';
import { podOf } from '../written-object';
import { aboutPod, type Cause, type CauseInput, containersOf, type WrittenContainer } from './cause';

/** Pods that no node takes: the field that rules nodes out, with the scheduler's count of nodes by reason. */
export function schedulingCauses(input: CauseInput): Cause[] {
  return input.pods.flatMap((pod) => {
    const condition = pod.list('status', 'conditions').find((c) => c.text('type') === 'PodScheduled');
    if (condition?.text('status') !== 'False' || condition.text('reason') !== 'Unschedulable') return [];
    const message = condition.text('message');
    const time = condition.text('lastTransitionTime');
    return causingPaths(message, input).map((path) => ({
      path,
      code: 'FailedScheduling',
      message,
      about: aboutPod(pod),
      time,
    }));
  });
}

interface Pod {
  readonly spec: View;
  readonly path: readonly string[];
  readonly containers: readonly WrittenContainer[];
}

/** Words of the scheduler, and the fields of the pod's spec that they are about, most likely first. */
const fieldsByReason: readonly (readonly [RegExp, readonly (readonly string[])[]])[] = [
  [/node affinity\/selector/, [['nodeSelector'], ['affinity', 'nodeAffinity'], ['affinity']]],
  [/pod anti-affinity rules/, [['affinity', 'podAntiAffinity'], ['affinity']]],
  [/pod affinity rules/, [['affinity', 'podAffinity'], ['affinity']]],
  [/untolerated taint|taint.*tolerate/, [['tolerations']]],
  [/topology spread constraints/, [['topologySpreadConstraints']]],
  [/requested node name/, [['nodeName']]],
];

function causingPaths(message: string, { object }: CauseInput): string[][] {
  const found = podOf(object);
  if (!found) return [];
  const pod: Pod = { spec: found.pod.at('spec'), path: [...found.path, 'spec'], containers: containersOf(object) };
  const paths = [...resourcePaths(message, pod), ...portPaths(message, pod), ...volumePaths(message, pod)];
  for (const [pattern, fields] of fieldsByReason) {
    const field = pattern.test(message) ? fields.find((steps) => pod.spec.has(...steps)) : undefined;
    if (field) paths.push([...pod.path, ...field]);
  }
  return paths.length > 0 ? paths : [['metadata', 'name']];
}

/** The container that asks for most of what there is too little of. */
function resourcePaths(message: string, { containers }: Pod): string[][] {
  const names = new Set([...message.matchAll(/Insufficient ([\w./-]+?)[,.]?(?=\s|$)/g)].map(([, name]) => name ?? ''));
  return [...names].flatMap((name) => {
    const asking = containers
      .filter(({ isInit }) => !isInit)
      .map((container) => ({ container, ...requestOf(container, name) }))
      .filter(({ amount }) => !amount.isZero());
    asking.sort((a, b) => b.amount.compare(a.amount));
    const most = asking[0];
    return most ? [[...most.container.path, 'resources', most.field, name]] : [];
  });
}

/** A limit without a request stands for both. */
function requestOf({ view }: WrittenContainer, resource: string) {
  const field = view.has('resources', 'requests', resource) ? 'requests' : 'limits';
  return { field, amount: tryParseQuantity(view.text('resources', field, resource) || '0') ?? parseQuantity('0') };
}

function portPaths(message: string, { containers }: Pod): string[][] {
  if (!/free ports for the requested pod ports/.test(message)) return [];
  return containers.flatMap(({ view, path }) =>
    view.list('ports').flatMap((port, i) => (port.has('hostPort') ? [[...path, 'ports', String(i), 'hostPort']] : [])),
  );
}

/** `persistentvolumeclaim "data" not found`, unbound claims, volumes whose node is another one. */
function volumePaths(message: string, { spec, path }: Pod): string[][] {
  const named = /persistentvolumeclaim "([^"]+)"/.exec(message)?.[1];
  if (!named && !/PersistentVolumeClaims|volume node affinity|persistent volumes? /i.test(message)) return [];
  return spec.list('volumes').flatMap((volume, i) => {
    const claim = volume.text('persistentVolumeClaim', 'claimName');
    const isIt = named ? claim === named : claim !== '';
    return isIt ? [[...path, 'volumes', String(i), 'persistentVolumeClaim', 'claimName']] : [];
  });
}
