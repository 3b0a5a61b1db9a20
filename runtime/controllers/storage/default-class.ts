import type { Live, StorageClass } from '../../api/kinds';

const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The class of claims that name none: of several the newest, and of equally new ones the first by name. */
export function defaultClass(classes: readonly Live<StorageClass>[]): Live<StorageClass> | undefined {
  return classes
    .filter(({ metadata }) => marks.some((mark) => metadata.annotations?.[mark] === 'true'))
    .sort(({ metadata: a }, { metadata: b }) =>
      order(String(b.creationTimestamp), String(a.creationTimestamp)) || order(a.name, b.name))[0];
}
