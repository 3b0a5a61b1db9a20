import { writeFileSync } from 'node:fs';

/** One measured figure, with its peer's where one ran in the same run. */
export interface Row {
  name: string;
  value: number;
  unit: string;
  peer?: string;
  peerValue?: number;
}

/** Below 1 is behind the peer, whether more or less is better. */
export function ratio({ value, unit, peerValue }: Row): number | undefined {
  if (peerValue === undefined) return undefined;
  return unit.endsWith('/s') ? value / peerValue : peerValue / value;
}

export function printRows(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.name, format(row.value), row.unit, row.peer ?? '', row.peerValue === undefined ? '' : format(row.peerValue), ratio(row)?.toFixed(2) ?? '',
  ]);
  const lines = [['what', 'Podium', 'unit', 'peer', 'its value', 'ratio'], ...cells];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of lines) console.log(line.map((cell, i) => (i === 1 || i >= 4 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  '));
}

export function writeRows(file: string, rows: readonly Row[]): void {
  writeFileSync(file, `${JSON.stringify(rows.map((row) => ({ ...row, ratio: ratio(row) })), null, 2)}\n`);
}

export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}
