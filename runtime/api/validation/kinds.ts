import { pod } from './pod';
import type { KindRules } from './rules';

/** The rules of the built-in kinds by `Kind` (core) or `Kind.group`. */
export const BUILT_IN: ReadonlyMap<string, KindRules> = new Map<string, KindRules>([['Pod', pod]]);
