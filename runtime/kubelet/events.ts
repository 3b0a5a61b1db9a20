import type { Node, ObjectReference, Pod } from '../api/kinds';
import { allContainers } from './pods/pod-spec';

export type EventType = 'Normal' | 'Warning';

/** Where events go. Never throws and never waits. */
export interface EventSink {
  eventAbout(regarding: ObjectReference, type: EventType, reason: string, message: string): void;
}

export function podReference(pod: Pod): ObjectReference {
  const { name, namespace, uid, resourceVersion } = pod.metadata;
  return { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion };
}

/** A pod, and the container of it that the event is about. */
export function containerReference(pod: Pod, containerName: string): ObjectReference {
  const fieldPath = allContainers(pod).find(({ container }) => container.name === containerName)?.fieldPath;
  return { ...podReference(pod), ...(fieldPath && { fieldPath }) };
}

/** Upstream's kubelet puts its node's name for the uid, which is how `kubectl describe node` finds these events. */
export function nodeReference(node: Pick<Node, 'metadata'>): ObjectReference {
  return { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.name };
}
