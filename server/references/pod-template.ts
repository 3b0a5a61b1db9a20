import type { UntypedObject } from '../../runtime/api/kinds';
import { type Steps, valueAt } from './field-tree';
import { isBuiltIn, type KindId } from './kind-id';

const template: Steps = ['spec', 'template'];

const placesOfTemplates: Readonly<Record<KindId, Steps>> = {
  Pod: [],
  PodTemplate: ['template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Deployment: template,
  ReplicaSet: template,
  ReplicationController: template,
  StatefulSet: template,
  DaemonSet: template,
  Job: template,
};

/** Where an object has its pod template. A custom resource has one where it looks like a Deployment. */
export function podTemplatePlace(id: KindId, value: UntypedObject): Steps | undefined {
  if (isBuiltIn(id)) return Object.hasOwn(placesOfTemplates, id) ? placesOfTemplates[id] : undefined;
  return Array.isArray(valueAt(value, [...template, 'spec', 'containers'])) ? template : undefined;
}

export interface Container {
  readonly name: string;
  readonly at: Steps;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Every container of a pod: init containers and ephemeral ones too. */
export function containersOf(value: UntypedObject, pod: Steps): Container[] {
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => {
    const at = [...pod, 'spec', list];
    return itemsAt(value, at).map((item, i) => ({
      name: typeof item['name'] === 'string' ? item['name'] : '',
      at: [...at, String(i)],
      value: item,
    }));
  });
}

export interface ContainerPort {
  readonly name: string | undefined;
  readonly port: number | undefined;
  readonly at: Steps;
}

export function portsOf({ value, at }: Container): ContainerPort[] {
  return itemsAt(value, ['ports']).map((item, i) => ({
    name: typeof item['name'] === 'string' ? item['name'] : undefined,
    port: typeof item['containerPort'] === 'number' ? item['containerPort'] : undefined,
    at: [...at, 'ports', String(i)],
  }));
}

/** The mappings of a list; whatever else stands in it counts as empty, so that indices hold. */
export function itemsAt(value: unknown, at: Steps): Readonly<Record<string, unknown>>[] {
  const list = valueAt(value, at);
  if (!Array.isArray(list)) return [];
  return (list as unknown[]).map((item) =>
    typeof item === 'object' && item !== null && !Array.isArray(item) ? (item as Record<string, unknown>) : {},
  );
}
