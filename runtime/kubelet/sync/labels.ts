import type { Container, Pod } from '../../api/kinds';
import { imageAnnotation } from '../pods/pod-actions';
import { configSource } from '../pods/pod-spec';

/** Labels by which a kubelet that starts knows what runs; the names are upstream's. */
export const podNameLabel = 'io.kubernetes.pod.name';
export const podNamespaceLabel = 'io.kubernetes.pod.namespace';
export const podUidLabel = 'io.kubernetes.pod.uid';
export const containerNameLabel = 'io.kubernetes.container.name';
/** On a container whose pod shares one process namespace. */
export const shareProcesses = 'podium.io/share-processes';
export const gracePeriodAnnotation = 'io.kubernetes.pod.terminationGracePeriod';

export function podLabels(pod: Pod): Record<string, string> {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  return { [podNameLabel]: name, [podNamespaceLabel]: namespace, [podUidLabel]: uid };
}

export function sandboxAnnotations(pod: Pod): Record<string, string> {
  const { annotations = {} } = pod.metadata;
  return {
    'kubernetes.io/config.seen': pod.metadata.creationTimestamp ?? '',
    [configSource]: annotations[configSource] ?? 'api',
    [gracePeriodAnnotation]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
    ...simulation(annotations),
  };
}

/** What a pod asks of simulated containers travels with them. */
function simulation(annotations: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith('podium.io/')));
}

export function containerAnnotations(pod: Pod, container: Container): Record<string, string> {
  return {
    [imageAnnotation]: container.image ?? '',
    'io.kubernetes.container.terminationMessagePath': container.terminationMessagePath ?? '/dev/termination-log',
    'io.kubernetes.container.terminationMessagePolicy': container.terminationMessagePolicy ?? 'File',
    ...(pod.spec?.shareProcessNamespace && { [shareProcesses]: 'true' }),
    ...simulation(pod.metadata.annotations ?? {}),
  };
}
