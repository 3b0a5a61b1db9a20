import { age } from './duration';
import { compileJsonPath, JsonPathError } from './jsonpath';
import { ageColumn, ageOf, column, nameColumn, nameOf } from './printer';
import type { ColumnType, Printer } from './printer';
import type { View } from './view';

/** A CRD version's additionalPrinterColumns entry. */
export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

/** The table of a custom resource: its name, then the columns that the CRD declares, or else its age. */
export function customPrinter(columns: readonly PrinterColumn[] | undefined): Printer {
  if (!columns?.length) {
    return { columns: [nameColumn, { ...ageColumn, type: 'date' }], cells: (o, now) => [nameOf(o), ageOf(o, now)] };
  }
  const cells = columns.map(cellOf);
  return {
    columns: [nameColumn, ...columns.map(definition)],
    cells: (o, now) => [nameOf(o), ...cells.map((cell) => cell(o, now))],
  };
}

const definition = ({ name, type, format = '', description, jsonPath, priority = 0 }: PrinterColumn) =>
  column(
    name,
    type as ColumnType,
    description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
    format,
  );

/** A path that can't be read leaves its column empty: the CRD was refused, or is older than the check. */
function cellOf({ type, jsonPath }: PrinterColumn): (object: View, now: number) => unknown {
  try {
    const path = compileJsonPath(jsonPath);
    return (object, now) => cell(type, path(object.json)[0], now);
  } catch (error) {
    if (error instanceof JsonPathError) return () => null;
    throw error;
  }
}

function cell(type: string, value: unknown, now: number): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null;
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return dateCell(value, now);
    default:
      return null;
  }
}

function dateCell(value: unknown, now: number): string | null {
  if (typeof value !== 'string') return null;
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : age(value, now);
}
