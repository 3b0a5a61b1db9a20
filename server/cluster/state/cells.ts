import { tableFor } from '../../../runtime/api/table';
import type { LiveObject } from '../watches/watches';
import type { WrittenObject } from '../written-object';

/** A row of `kubectl get -o wide`, by the columns' names: what kubectl calls things, hints call them too. */
export function cellsOf(
  object: LiveObject,
  kind: Pick<WrittenObject, 'group' | 'kind'>,
  now: number,
): (column: string) => string {
  const { columnDefinitions, rows } = tableFor(kind, [object], now);
  return (column) => {
    const value = rows[0]?.cells[columnDefinitions.findIndex(({ name }) => name === column)];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  };
}
