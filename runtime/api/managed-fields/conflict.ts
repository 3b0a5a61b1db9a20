import { StatusError } from '../status';
import { pathsOf, printPath } from './field-set';
import type { FieldSet } from './field-set';
import type { Manager } from './managers';

/** A field that one manager holds and another wants to set differently. */
export interface Conflict {
  readonly manager: Manager;
  readonly path: readonly string[];
}

export function conflictsOf(manager: Manager, set: FieldSet): Conflict[] {
  return pathsOf(set).map((path) => ({ manager, path }));
}

/** The 409 of server-side apply, in the words of apimachinery's managedfields package. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code: 409,
    reason: 'Conflict',
    message: message(conflicts),
    details: {
      causes: conflicts.map(({ manager, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${printManager(manager)}`,
        field: printPath(path),
      })),
    },
  });
}

function message(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${printManager(first.manager)}: ${printPath(first.path)}`;
  }
  const byManager = new Map<Manager, Conflict[]>();
  for (const conflict of conflicts)
    byManager.set(conflict.manager, [...(byManager.get(conflict.manager) ?? []), conflict]);
  const lines = [...byManager].flatMap(([manager, list]) => [
    `conflicts with ${printManager(manager)}:`,
    ...list.map(({ path }) => `- ${printPath(path)}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function printManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
