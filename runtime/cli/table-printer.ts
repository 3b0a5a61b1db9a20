/** `meta.k8s.io/v1 Table` as the server sends it, less what printing doesn't need. */
export interface Table {
  columnDefinitions: { name: string; priority?: number }[];
  rows?: { cells: unknown[]; object?: { metadata?: { namespace?: string; name?: string } } }[];
}

export interface TablePrintOptions {
  wide?: boolean;
  /** A first column with the object's namespace. */
  withNamespace?: boolean;
  /** `pod/` before each name. */
  kindPrefix?: string;
}

/** Columns padded as kubectl pads them: three blanks between, none at the end. */
export function printTable(table: Table, options: TablePrintOptions = {}): string {
  const shown = table.columnDefinitions.flatMap(({ priority = 0 }, i) => (priority === 0 || options.wide ? [i] : []));
  const header = shown.map((i) => table.columnDefinitions[i]?.name.toUpperCase() ?? '');
  const rows = (table.rows ?? []).map((row) => {
    const cells = shown.map((i) => cellText(row.cells[i]));
    if (options.kindPrefix) cells[0] = `${options.kindPrefix}/${cells[0]}`;
    return options.withNamespace ? [row.object?.metadata?.namespace ?? '', ...cells] : cells;
  });
  const lines = [options.withNamespace ? ['NAMESPACE', ...header] : header, ...rows];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) => `${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ').trimEnd()}\n`).join('');
}

function cellText(cell: unknown): string {
  return cell === undefined || cell === null || cell === '' ? (cell === '' ? '' : '<none>') : String(cell);
}
