import type { Clock } from '../../clock';
import type { Logger } from '../../log';
import type { AdmissionChain } from './admission';
import type { Registry } from './registry';

/** What the verbs share. */
export interface Core {
  readonly registry: Registry;
  readonly admission: AdmissionChain;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** RFC 3339 in whole seconds, as `metav1.Time` is written. */
export function timestamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}
