import type { Path } from '../finding';
import { finding } from '../finding';
import type { Findings } from './common';

export const hasBacksteps = (path: string) => path.includes('..') && path.split('/').includes('..');

/** No `..` element. */
export function noBacksteps(out: Findings, path: Path, value: string): void {
  if (hasBacksteps(value)) out.push(finding.invalid(path, value, "must not contain '..'"));
}

/** Relative, and below where it starts. */
export function descendingPath(out: Findings, path: Path, value: string): void {
  if (value.startsWith('/')) out.push(finding.invalid(path, value, 'must be a relative path'));
  noBacksteps(out, path, value);
}

/** A descending path that doesn't begin with the `..` names that volumes keep for themselves. */
export function localPath(out: Findings, path: Path, value: string): void {
  descendingPath(out, path, value);
  if (value.startsWith('..') && !value.startsWith('../')) {
    out.push(finding.invalid(path, value, "must not start with '..'"));
  }
}
