import type { ListMeta } from '../generated/types';
import type { KubeObject } from '../object';
import type { GroupVersionKind } from '../object';
import { autoscalingPrinters } from './autoscaling';
import { clusterPrinters } from './cluster';
import { customPrinter } from './custom';
import type { PrinterColumn } from './custom';
import { networkingPrinters } from './networking';
import { podPrinters, podStatus } from './pods';
import { column, nameColumn, nameOf } from './printer';
import type { ColumnDefinition, Printer, RowCondition } from './printer';
import { serverPrinters } from './server';
import { storagePrinters } from './storage';
import { View } from './view';
import { workloadPrinters } from './workloads';

export { age, humanDuration } from './duration';
export { compileJsonPath, JsonPathError } from './jsonpath';
export type { PrinterColumn } from './custom';
export type { ColumnDefinition, ColumnType, RowCondition } from './printer';

export interface TableRow {
  cells: unknown[];
  conditions?: RowCondition[];
  object?: unknown;
}

/** `meta.k8s.io/v1 Table` */
export interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1';
  metadata: ListMeta;
  columnDefinitions: ColumnDefinition[];
  rows: TableRow[];
}

export interface TableOptions {
  /** Metadata of the list, or of the one object. */
  metadata?: ListMeta;
  /** A custom resource's: the columns that its CRD declares (none: name and age). Leave out for built-in kinds. */
  customColumns?: readonly PrinterColumn[];
  /** What goes into a row as its object (includeObject); left out for none. By default its metadata. */
  rowObject?: (object: KubeObject) => unknown;
  /** Leaves out the column definitions, as a watch does after its first event. */
  noHeaders?: boolean;
}

const printers: Record<string, Printer> = {
  ...podPrinters,
  ...workloadPrinters,
  ...autoscalingPrinters,
  ...networkingPrinters,
  ...storagePrinters,
  ...clusterPrinters,
  ...serverPrinters,
};

/** Upstream's default for kinds without a printer of their own. */
const defaultPrinter: Printer = {
  columns: [nameColumn, column('Created At', 'date', 'When the object was created.')],
  cells: (o) => [nameOf(o), createdAt(o)],
};

function createdAt(object: View): string {
  const time = new Date(object.text('metadata', 'creationTimestamp'));
  return Number.isNaN(time.getTime()) ? '0001-01-01T00:00:00Z' : time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function printerFor({ group, kind }: Pick<GroupVersionKind, 'group' | 'kind'>): Printer {
  const key = group ? `${group}/${kind}` : kind;
  return Object.hasOwn(printers, key) ? printers[key]! : defaultPrinter;
}

/** The columns and cells that `kubectl get` prints of objects, the ones for `-o wide` included. `now`: the time for ages. */
export function tableFor(
  info: Pick<GroupVersionKind, 'group' | 'kind'>,
  objects: readonly KubeObject[],
  now: Date | number,
  options: TableOptions = {},
): Table {
  const printer = 'customColumns' in options ? customPrinter(options.customColumns) : printerFor(info);
  const { rowObject = partialObjectMetadata } = options;
  const time = now instanceof Date ? now.getTime() : now;
  const views = objects.map((object) => ({ object, view: View.of(object) }));
  if (printer.order) views.sort((a, b) => printer.order!(a.view, b.view));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata ?? {},
    columnDefinitions: options.noHeaders ? [] : [...printer.columns],
    rows: views.map(({ object, view }) => {
      const conditions = printer.conditions?.(view);
      const included = rowObject(object);
      return {
        cells: printer.cells(view, time),
        ...(conditions && { conditions }),
        ...(included !== undefined && { object: included }),
      };
    }),
  };
}

/** The STATUS that `kubectl get pods` prints: `Running`, `Init:0/2`, `CrashLoopBackOff`, `Terminating`, … */
export function statusOfPod(pod: KubeObject): string {
  return podStatus(View.of(pod));
}

/** `meta.k8s.io/v1 PartialObjectMetadata`: an object without all but its metadata. */
export function partialObjectMetadata(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
