import { SelectorError, selectorFromLabelSelector, selectorFromMap } from '../labels';
import { age } from './duration';
import type { View } from './view';

export type ColumnType = 'string' | 'integer' | 'number' | 'boolean' | 'date';

export interface ColumnDefinition {
  name: string;
  type: ColumnType;
  format: string;
  description: string;
  /** 0: always shown; above: with `-o wide`. */
  priority: number;
}

export interface RowCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

export interface Printer {
  readonly columns: readonly ColumnDefinition[];
  /** A cell a column, the wide ones included. `now` in milliseconds since the epoch. */
  readonly cells: (object: View, now: number) => unknown[];
  readonly conditions?: (object: View) => RowCondition[] | undefined;
  readonly order?: (a: View, b: View) => number;
}

export function column(
  name: string,
  type: ColumnType,
  description: string,
  priority = 0,
  format = '',
): ColumnDefinition {
  return { name, type, format, description, priority };
}

export const wide = (name: string, description: string, type: ColumnType = 'string') =>
  column(name, type, description, 1);

export const nameColumn = column('Name', 'string', 'Name of the object, unique in its namespace.', 0, 'name');
export const ageColumn = column('Age', 'string', 'Time since the object was created.');
export const containerColumns = [
  wide('Containers', 'Names of the containers in the template.'),
  wide('Images', 'Images of the containers in the template.'),
];
export const selectorColumn = wide('Selector', 'Labels that select the pods.');

export const nameOf = (object: View): string => object.text('metadata', 'name');
export const ageOf = (object: View, now: number): string => age(object.value('metadata', 'creationTimestamp'), now);

/** Names and images of the containers of a pod spec. */
export function containerCells(podSpec: View): [string, string] {
  const containers = podSpec.list('containers');
  return [containers.map((c) => c.text('name')).join(','), containers.map((c) => c.text('image')).join(',')];
}

export function labelsCell(labels: Record<string, string>): string {
  return selectorFromMap(labels).toString() || '<none>';
}

export function selectorText(selector: unknown, invalid: string): string {
  try {
    return selectorFromLabelSelector(selector as Parameters<typeof selectorFromLabelSelector>[0]).toString();
  } catch (error) {
    if (error instanceof SelectorError) return invalid;
    throw error;
  }
}

/** Without a selector nothing is selected, which prints as `<none>` too. */
export function selectorCell(selector: unknown): string {
  return selector === undefined ? '<none>' : selectorText(selector, '<error>') || '<none>';
}

/** `a,b,c + 2 more...` */
export function someOf(list: readonly string[], max: number, empty: string): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, max).join(',');
  return list.length > max ? `${shown} + ${list.length - max} more...` : shown;
}

export const orNone = (text: string): string => text || '<none>';
export const orUnset = (text: string): string => text || '<unset>';
export const boolText = (value: unknown): string =>
  value === undefined ? '<unset>' : value === true ? 'True' : 'False';
