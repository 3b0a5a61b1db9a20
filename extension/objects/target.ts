import * as vscode from 'vscode';
import type { KubeObject, Live, Pod } from '../../runtime/api/kinds';
import type { ObjectRef } from '../../runtime/client/operations';
import type { Session } from '../clusters/session';
import { Cancelled, RefusedError } from '../errors';
import type { Workbench } from '../workbench';
import { t } from '../words';

/** Kinds that a command works on, with the resource to list them by. */
export interface TargetKinds {
  /** `Deployment` → its API version and plural. */
  readonly [kind: string]: { group: string; version: string; resource: string; namespaced?: boolean };
}

export const podKinds: TargetKinds = { Pod: { group: '', version: 'v1', resource: 'pods' } };

export const rolloutTargets: TargetKinds = {
  Deployment: { group: 'apps', version: 'v1', resource: 'deployments' },
  StatefulSet: { group: 'apps', version: 'v1', resource: 'statefulsets' },
  DaemonSet: { group: 'apps', version: 'v1', resource: 'daemonsets' },
};

export const scaleTargets: TargetKinds = {
  Deployment: rolloutTargets.Deployment!,
  StatefulSet: rolloutTargets.StatefulSet!,
  ReplicaSet: { group: 'apps', version: 'v1', resource: 'replicasets' },
  ReplicationController: { group: '', version: 'v1', resource: 'replicationcontrollers' },
};

/** Everything that leads to pods. */
export const podOwners: TargetKinds = {
  ...podKinds,
  ...rolloutTargets,
  ReplicaSet: scaleTargets.ReplicaSet!,
  ReplicationController: scaleTargets.ReplicationController!,
  Job: { group: 'batch', version: 'v1', resource: 'jobs' },
  Service: { group: '', version: 'v1', resource: 'services' },
};

export const nodeTargets: TargetKinds = { Node: { group: '', version: 'v1', resource: 'nodes', namespaced: false } };

/** The objects that a command was given: by a tree's items, a code lens, another extension. Empty when by none. */
export function givenObjects(given: unknown, selected?: unknown): ObjectRef[] {
  const candidates = Array.isArray(selected) && selected.length > 0 ? (selected as unknown[]) : [given];
  return candidates.flatMap((candidate) => refIn(candidate) ?? []);
}

/** A command's connection, and the objects that it is about: those given, or one that is asked for. */
export async function objectsFor(
  { clusters }: Workbench,
  given: unknown,
  selected: unknown,
  kinds: TargetKinds | undefined,
  title: string,
): Promise<{ session: Session; refs: [ObjectRef, ...ObjectRef[]] }> {
  const session = await clusters.connect();
  const [first, ...more] = givenObjects(given, selected);
  if (!first) {
    if (!kinds) throw new RefusedError(t`Choose an object in one of the Podium views first.`);
    return { session, refs: [await askObject(session, clusters.namespace, kinds, title)] };
  }
  const wrong = kinds && [first, ...more].find(({ kind }) => !(kind in kinds));
  if (wrong) throw new RefusedError(t`${title} works on ${Object.keys(kinds).join(', ')}, and not on ${wrong.kind}.`);
  return { session, refs: [first, ...more] };
}

export async function objectFor(
  workbench: Workbench,
  given: unknown,
  kinds: TargetKinds | undefined,
  title: string,
): Promise<{ session: Session; ref: ObjectRef }> {
  const { session, refs } = await objectsFor(workbench, given, undefined, kinds, title);
  return { session, ref: refs[0] };
}

/** A tree's item carries its object as `ref`, a container its `pod`; a lens and other extensions give it as it is. */
function refIn(candidate: unknown): ObjectRef | undefined {
  if (typeof candidate !== 'object' || candidate === null) return undefined;
  const { pod, ref = candidate } = candidate as { pod?: Live<Pod>; ref?: unknown };
  if (pod)
    return { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace ?? 'default' };
  const { apiVersion, kind, name, namespace = '' } = ref as Partial<ObjectRef>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return undefined;
  return { apiVersion, kind, name, namespace };
}

interface ObjectItem extends vscode.QuickPickItem {
  ref?: ObjectRef;
}

async function askObject(
  { client }: Session,
  namespace: string,
  kinds: TargetKinds,
  title: string,
): Promise<ObjectRef> {
  const listed = Promise.all(
    Object.entries(kinds).map(async ([kind, { group, version, resource, namespaced = true }]) => {
      const within = namespaced && namespace ? { namespace } : {};
      const { items } = await client.resource<KubeObject>({ group, version, resource, namespaced }).list(within);
      const apiVersion = group ? `${group}/${version}` : version;
      return items.map((object) => itemOf(object, { apiVersion, kind }, namespace === ''));
    }),
  );
  const items = listed.then((lists) =>
    lists.flatMap((list) => (list.length > 0 ? [heading(list[0]?.ref?.kind ?? ''), ...list] : [])),
  );
  const chosen = await vscode.window.showQuickPick<ObjectItem>(items, {
    title,
    placeHolder: Object.keys(kinds).join(', '),
    matchOnDescription: true,
  });
  if (!chosen?.ref) throw new Cancelled();
  return chosen.ref;
}

function itemOf(
  { metadata }: Live<KubeObject>,
  { apiVersion, kind }: { apiVersion: string; kind: string },
  showNamespace: boolean,
): ObjectItem {
  const { name, namespace = '' } = metadata;
  return { label: name, ...(showNamespace && { description: namespace }), ref: { apiVersion, kind, name, namespace } };
}

function heading(label: string): ObjectItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
