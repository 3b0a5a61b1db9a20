import type { Live, Pod, Service } from '../../api/kinds';
import { parseSelector, selectorFromLabelSelector, selectorFromMap, type Selector } from '../../api/labels';
import type { Client } from '../resource-client';
import type { PodRef } from './streams';

/** There is nothing to connect to; `message` says what was looked for. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** A pod, or what leads to pods: `svc/web`, `deploy/web`. */
export interface Target {
  kind: TargetKind;
  namespace: string;
  name: string;
}

const kinds = {
  pod: ['po', 'pods'],
  service: ['svc', 'services'],
  deployment: ['deploy', 'deployments'],
  replicaset: ['rs', 'replicasets'],
  replicationcontroller: ['rc', 'replicationcontrollers'],
  statefulset: ['sts', 'statefulsets'],
  daemonset: ['ds', 'daemonsets'],
  job: ['jobs'],
} as const;

export type TargetKind = keyof typeof kinds;

/** Reads `web-1`, `pod/web-1`, `svc/web`, as kubectl takes them. Throws TargetError. */
export function parseTarget(text: string, namespace: string): Target {
  const [first = '', second, ...more] = text.split('/');
  if (more.length > 0 || first === '' || second === '')
    throw new TargetError(`${JSON.stringify(text)} is not a TYPE/NAME`);
  if (second === undefined) return { kind: 'pod', namespace, name: first };
  const word = first.toLowerCase().replace(/\..*$/, '');
  const kind = (Object.keys(kinds) as TargetKind[]).find(
    (name) => name === word || (kinds[name] as readonly string[]).includes(word),
  );
  if (!kind) throw new TargetError(`${first} lead to no pods; possible are ${Object.keys(kinds).join(', ')}`);
  return { kind, namespace, name: second };
}

/** What of a target doesn't change while its pods come and go. */
export interface PodSource {
  namespace: string;
  /** One pod by name. */
  pod?: string;
  /** The pods that match. */
  selector?: Selector;
  service?: Live<Service>;
}

/** Looks a target up. Throws StatusError NotFound, and TargetError for a Service without selector. */
export async function podSourceOf(client: Client, { kind, namespace, name }: Target): Promise<PodSource> {
  switch (kind) {
    case 'pod':
      return { namespace, pod: name };
    case 'service': {
      const service = await client.services.get(name, namespace);
      if (!service.spec?.selector)
        throw new TargetError(`service "${name}" has no selector: its endpoints are not pods of this cluster`);
      return { namespace, selector: selectorFromMap(service.spec.selector), service };
    }
    case 'replicationcontroller': {
      const { spec } = await client.replicationControllers.get(name, namespace);
      return { namespace, selector: selectorFromMap(spec?.selector) };
    }
    default: {
      const { spec } = await workload(client, kind, namespace, name);
      return { namespace, selector: selectorFromLabelSelector(spec?.selector) };
    }
  }
}

function workload(
  client: Client,
  kind: Exclude<TargetKind, 'pod' | 'service' | 'replicationcontroller'>,
  namespace: string,
  name: string,
) {
  if (kind === 'deployment') return client.deployments.get(name, namespace);
  if (kind === 'replicaset') return client.replicaSets.get(name, namespace);
  if (kind === 'statefulset') return client.statefulSets.get(name, namespace);
  if (kind === 'daemonset') return client.daemonSets.get(name, namespace);
  return client.jobs.get(name, namespace);
}

/** The pods of a source that run, the ready and old ones first: they are likeliest to go on. */
export async function runningPods(client: Client, { namespace, pod, selector }: PodSource): Promise<Live<Pod>[]> {
  const found =
    pod !== undefined
      ? [await client.pods.get(pod, namespace)]
      : (await client.pods.list({ namespace, labelSelector: (selector ?? parseSelector('')).toString() })).items;
  return found.filter(isRunning).sort((a, b) => Number(isReady(b)) - Number(isReady(a)) || created(a) - created(b));
}

/** The pod to connect to. Throws TargetError when none runs. */
export async function pickPod(client: Client, source: PodSource, what: string): Promise<Live<Pod>> {
  const [first] = await runningPods(client, source);
  if (!first) throw new TargetError(`no running pod of ${what}`);
  return first;
}

/**
 * The number of a pod's port: of a Service's port its target, of a name the container port of that name. Throws TargetError.
 */
export function podPort(port: string, pod: Live<Pod>, service?: Live<Service>): number {
  const asked = service ? servicePort(service, port) : port;
  if (/^\d+$/.test(asked)) return Number(asked);
  for (const { ports = [] } of pod.spec?.containers ?? []) {
    const found = ports.find(({ name }) => name === asked);
    if (found) return found.containerPort;
  }
  throw new TargetError(`pod "${pod.metadata.name}" has no port named "${asked}"`);
}

function servicePort(service: Live<Service>, port: string): string {
  const found = service.spec?.ports?.find((each) => each.name === port || String(each.port) === port);
  if (!found) throw new TargetError(`service "${service.metadata.name}" has no port ${port}`);
  return String(found.targetPort ?? found.port);
}

export function refOf({ metadata }: Live<Pod>): PodRef {
  return { namespace: metadata.namespace ?? 'default', name: metadata.name };
}

function isRunning({ metadata, status }: Live<Pod>): boolean {
  return status?.phase === 'Running' && metadata.deletionTimestamp === undefined;
}

function isReady({ status }: Live<Pod>): boolean {
  return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

function created({ metadata }: Live<Pod>): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}
