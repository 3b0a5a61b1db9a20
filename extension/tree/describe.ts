import type { KubeObject, Live } from '../../runtime/api/kinds';
import { age, type PrinterColumn, tableFor } from '../../runtime/api/table';
import type { ShownKind } from './kinds';
import { t } from '../words';

/** Cells that say nothing. */
const empty = new Set(['', '<none>', '<unset>', '<unknown>', 'null', 'undefined']);

/** An object in a few words, by the columns of `kubectl get`: `Running · 1/1`, `ClusterIP · 10.96.3.4 · 80/TCP`. */
export function describe(
  { kind, resource, columns }: ShownKind,
  object: Live<KubeObject>,
  now: number,
  customColumns?: readonly PrinterColumn[],
): string {
  const options = customColumns ? { customColumns, rowObject: () => undefined } : { rowObject: () => undefined };
  const table = tableFor({ group: resource.group, kind }, [object], now, options);
  const cells = new Map(table.columnDefinitions.map(({ name }, i) => [name, String(table.rows[0]?.cells[i])]));
  const names = customColumns ? customColumns.filter(({ priority = 0 }) => priority === 0).map(({ name }) => name) : columns;
  return names
    .filter((name) => name !== 'Age')
    .map((name) => phrase(name, cells))
    .filter((text) => !empty.has(text))
    .join(' · ');
}

function phrase(name: string, cells: ReadonlyMap<string, string>): string {
  const [ready, desired] = name.split('/');
  if (desired === 'Desired') return `${cells.get(ready ?? '')}/${cells.get(desired)}`;
  const cell = cells.get(name) ?? '';
  if (name === 'Data') return cell === '1' ? t`1 key` : t`${cell} keys`;
  return cell;
}

/** `3d`, as kubectl prints it. */
export function ageOf({ metadata }: Live<KubeObject>, now: number): string {
  return age(metadata.creationTimestamp, now);
}
