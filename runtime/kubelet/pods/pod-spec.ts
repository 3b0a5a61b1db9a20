import type { Container, EphemeralContainer, Live, Pod, PodSpec } from '../../api/kinds';

/** Pods as the kubelet handles them: their spec is always there. */
export type KubeletPod = Live<Pod> & { spec: PodSpec };

export const podKey = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;

/** `web-0_default(uid)`, as messages and logs name a pod. */
export const formatPod = (pod: Pod): string => `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;

/** An init container that goes on running: a sidecar. */
export const isRestartableInit = (container: Container): boolean => container.restartPolicy === 'Always';

export const isHostNetwork = (pod: Pod): boolean => pod.spec?.hostNetwork === true;

export type ContainerKind = 'init' | 'regular' | 'ephemeral';

export interface NamedContainer {
  kind: ContainerKind;
  container: Container | EphemeralContainer;
  /** `spec.containers{web}`, where events of the container point. */
  fieldPath: string;
}

export function allContainers(pod: Pod): NamedContainer[] {
  const of = (kind: ContainerKind, field: string, list: readonly Container[] | undefined): NamedContainer[] =>
    (list ?? []).map((container) => ({ kind, container, fieldPath: `spec.${field}{${container.name}}` }));
  return [
    ...of('init', 'initContainers', pod.spec?.initContainers),
    ...of('regular', 'containers', pod.spec?.containers),
    ...of('ephemeral', 'ephemeralContainers', pod.spec?.ephemeralContainers),
  ];
}

export function findContainer(pod: Pod, name: string): NamedContainer | undefined {
  return allContainers(pod).find(({ container }) => container.name === name);
}

export const isStaticPod = (pod: Pod): boolean => {
  const source = pod.metadata.annotations?.[configSource];
  return source !== undefined && source !== 'api';
};
export const isMirrorPod = (pod: Pod): boolean => pod.metadata.annotations?.[configMirror] !== undefined;

export const configSource = 'kubernetes.io/config.source';
export const configMirror = 'kubernetes.io/config.mirror';
export const configHash = 'kubernetes.io/config.hash';

export const isTerminalPhase = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';
