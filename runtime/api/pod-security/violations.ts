import type { Container, ObjectMeta, PodSpec } from '../kinds';
import { containersOf } from '../pod-containers';

/** One rule broken, as upstream words it. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export interface Subject {
  readonly metadata: ObjectMeta | undefined;
  readonly spec: PodSpec;
  /** Init containers, containers and ephemeral containers. */
  readonly containers: readonly Container[];
}

export const subjectOf = (metadata: ObjectMeta | undefined, spec: PodSpec): Subject => ({
  metadata,
  spec,
  containers: containersOf(spec),
});

export const plural = (one: string, many: string, count: number) => (count === 1 ? one : many);

export const quoted = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text)).join(', ');

/** Distinct, sorted. */
export const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();

/** `container "a"`, `containers "a", "b"`. */
export const containers = (names: readonly string[]) =>
  `${plural('container', 'containers', names.length)} ${quoted(names)}`;

export function namesWhere(subject: Subject, bad: (container: Container) => boolean): string[] {
  return subject.containers.filter(bad).map(({ name }) => name);
}

/** Who sets something: `pod and container "a"`. */
export function setters(pod: boolean, names: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(names.length > 0 ? [containers(names)] : [])].join(' and ');
}
