import type { KubeObject } from '../../api/kinds';

/**
 * The class that an annotation marks as the default; of several the newest, and of equally new ones the first by name.
 */
export function newestDefault<T extends KubeObject>(classes: readonly T[], marks: readonly string[]): T | undefined {
  return classes
    .filter(({ metadata }) => marks.some((mark) => metadata.annotations?.[mark] === 'true'))
    .sort(
      ({ metadata: a }, { metadata: b }) =>
        compare(b.creationTimestamp ?? '', a.creationTimestamp ?? '') || compare(a.name!, b.name!),
    )[0];
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
