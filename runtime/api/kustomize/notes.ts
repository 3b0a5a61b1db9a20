import type { Source } from './sources';

/** Something that is no error to kustomize, and yet not what is meant. */
export interface BuildNote {
  readonly code: 'UnusedPatch' | 'UnusedImage' | 'Deprecated';
  readonly message: string;
  readonly source: Source;
}
