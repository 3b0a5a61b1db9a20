import type { KubeObject } from '../../../runtime/api/kinds';
import {
  type LabelSelectorLike,
  SelectorError,
  selectorFromLabelSelector,
  selectorFromMap,
} from '../../../runtime/api/labels';
import type { Selector } from '../../../runtime/api/labels';
import { builtInTypes } from '../../manifests/types';
import type { ResourceInfo } from '../../../runtime/api/resource';
import { View } from '../../../runtime/api/table/view';
import type { Resource } from '../../../runtime/client/resource-client';
import { kindKey, type WrittenObject } from '../written-object';
import { type Need, need } from './need';

const of = (group: string, version: string, resource: string): Resource => ({
  group,
  version,
  resource,
  namespaced: true,
});
const pods = of('', 'v1', 'pods');
const events = of('', 'v1', 'events');
const replicaSets = of('apps', 'v1', 'replicasets');
const jobs = of('batch', 'v1', 'jobs');
const endpointSlices = of('discovery.k8s.io', 'v1', 'endpointslices');
const disruptionBudgets = of('policy', 'v1', 'poddisruptionbudgets');
const quotas = of('', 'v1', 'resourcequotas');

export const resourceOf = ({ group, version, resource, namespaced }: ResourceInfo): Resource => ({
  group,
  version,
  resource,
  namespaced,
});

const nameOf = (object: KubeObject): string => object.metadata.name ?? '';

/** The object itself, whole. */
export function itselfNeed({ value, namespace, name }: WrittenObject): Need {
  const { apiVersion = '', kind = '' } = value;
  // A custom type may become known later: the need stays the same.
  const builtIn = builtInTypes.typeOf(apiVersion, kind);
  return need({
    resource: builtIn ? resourceOf(builtIn) : { apiVersion, kind },
    ...(namespace && { namespace }),
    fieldSelector: `metadata.name=${name}`,
    trim: 'whole',
    matches: (object) => nameOf(object) === name,
  });
}

/** Where each kind has a selector of pods. */
const labelSelectors: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec', 'selector'],
  'apps/ReplicaSet': ['spec', 'selector'],
  'apps/StatefulSet': ['spec', 'selector'],
  'apps/DaemonSet': ['spec', 'selector'],
  'policy/PodDisruptionBudget': ['spec', 'selector'],
  'networking.k8s.io/NetworkPolicy': ['spec', 'podSelector'],
};

/** The pods that an object selects; undefined if it selects none by labels, or what it says can't be understood. */
export function podSelector(object: WrittenObject): Selector | undefined {
  const key = kindKey(object);
  const value = View.of(object.value);
  if (key === 'Service' || key === 'ReplicationController') {
    const map = value.map('spec', 'selector');
    return Object.keys(map).length > 0 ? selectorFromMap(map) : undefined;
  }
  if (key === 'batch/Job') return selectorFromMap({ 'job-name': object.name });
  const path = Object.hasOwn(labelSelectors, key) ? labelSelectors[key] : undefined;
  if (!path) return undefined;
  try {
    return selectorFromLabelSelector(value.value(...path) as LabelSelectorLike | undefined);
  } catch (error) {
    if (error instanceof SelectorError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Its pods, as labels tell; undefined for an object without any. */
export function podsNeed(object: WrittenObject): Need | undefined {
  const selector = podSelector(object);
  if (!selector?.selectable || object.namespace === '') return undefined;
  return need({
    resource: pods,
    namespace: object.namespace,
    ...(!selector.empty && { labelSelector: selector.toString() }),
    trim: 'pod',
    matches: ({ metadata }) => selector.matches(metadata.labels),
  });
}

/** A Deployment's replica sets, of every revision. */
export function replicaSetsNeed(object: WrittenObject): Need | undefined {
  const selector = kindKey(object) === 'apps/Deployment' ? podSelector(object) : undefined;
  if (!selector?.selectable || selector.empty) return undefined;
  return need({
    resource: replicaSets,
    namespace: object.namespace,
    labelSelector: selector.toString(),
    trim: 'counted',
    matches: ({ metadata }) => selector.matches(metadata.labels),
  });
}

/** A CronJob's jobs. Nothing but their owner tells whose they are, and no server selects by that. */
export function jobsNeed({ namespace, name, ...object }: WrittenObject): Need | undefined {
  if (kindKey(object) !== 'batch/CronJob') return undefined;
  const owned = ({ metadata }: KubeObject) =>
    (metadata.ownerReferences ?? []).some((owner) => owner.kind === 'CronJob' && owner.name === name);
  return need({ resource: jobs, namespace, trim: 'counted', tag: name, matches: owned });
}

export function endpointSlicesNeed(object: WrittenObject): Need | undefined {
  if (kindKey(object) !== 'Service') return undefined;
  const { namespace, name } = object;
  const label = 'kubernetes.io/service-name';
  return need({
    resource: endpointSlices,
    namespace,
    labelSelector: `${label}=${name}`,
    trim: 'endpointSlice',
    matches: ({ metadata }) => metadata.labels?.[label] === name,
  });
}

/**
 * Events about the object and what is made for it. Names of pods, replica sets and jobs begin with their owner's; no
 * server selects by that, so all of the namespace come and those of others are dropped on arrival.
 */
export function eventsNeed({ namespace, name, kind }: WrittenObject): Need {
  const about = (object: KubeObject): View => View.of(object).at('involvedObject');
  if (namespace === '') {
    return need({
      resource: events,
      fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}`,
      trim: 'event',
      matches: (object) => about(object).text('kind') === kind && about(object).text('name') === name,
    });
  }
  return need({
    resource: events,
    namespace,
    trim: 'event',
    tag: name,
    matches: (object) => {
      const involved = about(object).text('name');
      return involved === name || involved.startsWith(`${name}-`);
    },
  });
}

/** Asked for by what-if alone. */
export const disruptionBudgetsNeed = (namespace: string): Need =>
  need({ resource: disruptionBudgets, namespace, trim: 'whole' });
export const quotasNeed = (namespace: string): Need => need({ resource: quotas, namespace, trim: 'whole' });

/** Kinds that nothing happens to after they are stored: no events are about them. */
const quiet = new Set(['ConfigMap', 'Secret', 'ServiceAccount', 'LimitRange', 'ResourceQuota', 'Event']);
const isQuiet = ({ group, kind }: WrittenObject): boolean =>
  (group === '' && quiet.has(kind)) || group === 'rbac.authorization.k8s.io' || group === 'scheduling.k8s.io';

/** Everything that is shown of an object comes from these. */
export function needsOf(object: WrittenObject): Need[] {
  const needs = [
    itselfNeed(object),
    podsNeed(object),
    replicaSetsNeed(object),
    jobsNeed(object),
    endpointSlicesNeed(object),
    isQuiet(object) ? undefined : eventsNeed(object),
  ];
  return needs.filter((one) => one !== undefined);
}
