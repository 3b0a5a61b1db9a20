import { View } from '../../../runtime/api/table/view';
import { shared } from './shared-parts';

type Json = Record<string, unknown>;

/** The named fields that are there. */
function pick(view: View, ...names: string[]): Json {
  const kept: Json = {};
  for (const name of names) {
    const value = view.value(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

const picked = (views: readonly View[], ...names: string[]): Json[] => views.map((view) => pick(view, ...names));

const identity = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'];

function controller(metadata: View): Json {
  const owner = metadata.list('ownerReferences').find((reference) => reference.flag('controller'));
  return owner ? { ownerReferences: [pick(owner, 'kind', 'name', 'uid', 'controller')] } : {};
}

function metadataOf(object: View, ...more: string[]): Json {
  const metadata = object.at('metadata');
  return { ...pick(metadata, ...identity, ...more), ...controller(metadata) };
}

/** Since when a container runs is told nowhere; since when it doesn't is. */
function containerStatus(status: View): Json {
  const state = status.has('state', 'running') ? { running: {} } : status.value('state');
  return { ...pick(status, 'name', 'ready', 'started', 'restartCount', 'lastState'), ...(state ? { state } : {}) };
}

function containerStatuses(status: View, field: string): Json {
  const all = status.list(field);
  return all.length === 0 ? {} : { [field]: all.map(containerStatus) };
}

/** Conditions of a pod that is ready say nothing more; of one that isn't, why and since when. */
function podConditions(status: View): Json[] {
  const told = status
    .list('conditions')
    .filter((condition) => /^(Ready|PodScheduled|Initialized)$/.test(condition.text('type')));
  return told.map((condition) =>
    condition.text('status') === 'True'
      ? pick(condition, 'type', 'status')
      : pick(condition, 'type', 'status', 'reason', 'message', 'lastTransitionTime'),
  );
}

/** A pod's labels, where it runs, and what its containers do. Its spec is in the file that made it. */
function pod(object: View): Json {
  const status = object.at('status');
  const spec = object.at('spec');
  const inits = spec.list('initContainers');
  const { labels, ownerReferences, ...metadata } = metadataOf(object, 'labels', 'deletionTimestamp');
  return {
    metadata: { ...metadata, ...shared({ labels, ownerReferences }) },
    spec: {
      ...pick(spec, 'nodeName'),
      ...shared({
        containers: picked(spec.list('containers'), 'name'),
        ...(inits.length > 0 && { initContainers: picked(inits, 'name', 'restartPolicy') }),
      }),
    },
    status: shared({
      ...pick(status, 'phase', 'reason', 'message'),
      conditions: podConditions(status),
      ...containerStatuses(status, 'containerStatuses'),
      ...containerStatuses(status, 'initContainerStatuses'),
    }),
  };
}

/** A replica set or a job: how far it is, and whose it is. */
function counted(object: View): Json {
  return {
    metadata: { ...metadataOf(object, 'labels', 'annotations', 'deletionTimestamp', 'generation') },
    spec: pick(object.at('spec'), 'replicas', 'completions', 'parallelism', 'suspend'),
    status: object.at('status').json,
  };
}

function event(object: View): Json {
  return {
    metadata: pick(object.at('metadata'), ...identity),
    involvedObject: pick(object.at('involvedObject'), 'kind', 'namespace', 'name', 'uid', 'fieldPath'),
    ...pick(object, 'reason', 'message', 'type', 'count', 'firstTimestamp', 'lastTimestamp', 'eventTime', 'series'),
  };
}

function endpointSlice(object: View): Json {
  return {
    metadata: metadataOf(object, 'labels'),
    ...pick(object, 'addressType', 'ports'),
    endpoints: picked(object.list('endpoints'), 'addresses', 'conditions', 'targetRef', 'nodeName'),
  };
}

/** The object of a file itself: its field managers are shown and its fields compared. */
function whole(object: View): Json {
  return object.json;
}

/** PartialObjectMetadata: what names and labels are completed from. */
function names(object: View): Json {
  return { metadata: metadataOf(object, 'labels') };
}

/** PartialObjectMetadata: whose fields there are. */
function managed(object: View): Json {
  return { metadata: metadataOf(object, 'managedFields') };
}

/** Of these no more than the metadata is asked for. */
export const metadataTrims: ReadonlySet<TrimName> = new Set(['names', 'managed']);

/** A CustomResourceDefinition: what it defines. */
function definition(object: View): Json {
  return { metadata: metadataOf(object), spec: object.at('spec').json };
}

const trims = { definition, pod, counted, event, endpointSlice, whole, names, managed };

export type TrimName = keyof typeof trims;

/** What is kept in memory of an object, with its type. */
export function trim(object: object, name: TrimName): object {
  const view = View.of(object);
  return { ...pick(view, 'apiVersion', 'kind'), ...trims[name](view) };
}
