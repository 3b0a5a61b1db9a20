import { posix } from 'node:path';
import type { Chart } from '../../runtime/api/helm';
import type { PathRange } from '../../runtime/api/yaml';
import type { ChartModel, Charts } from './charts';

export interface ValuePlace {
  readonly path: string;
  readonly range: PathRange;
}

/** What stands at a path of a chart's values; undefined if nothing does. `*` is the first element that has the rest. */
export function valueAt(values: unknown, path: readonly string[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return values;
  if (typeof values !== 'object' || values === null) return undefined;
  if (step === '*')
    return Object.values(values)
      .map((item) => valueAt(item, rest))
      .find((found) => found !== undefined);
  return Object.hasOwn(values, step) ? valueAt((values as Record<string, unknown>)[step], rest) : undefined;
}

/** Where a chart's value is written: in its own values, in what a parent gives it, or as a global of a parent. */
export function valuePlaces(model: ChartModel, chart: Chart, path: readonly string[], charts: Charts): ValuePlace[] {
  const lines = lineageOf(model.root, chart) ?? [chart];
  return lines.flatMap((owner, i): ValuePlace[] => {
    const keys = lines.slice(i + 1).map((sub) => sub.name);
    const full = path[0] === 'global' ? path : [...keys, ...path];
    const file = posix.join(owner.folder, 'values.yaml');
    const document = charts.document(file);
    const steps = document && concrete(document.value, full);
    const range = steps && document.pathRange(steps);
    return range ? [{ path: file, range }] : [];
  });
}

/** The path with `*` replaced by the first element that has the rest. */
function concrete(value: unknown, path: readonly string[]): string[] | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return [];
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  for (const key of keys) {
    const below = concrete((value as Record<string, unknown>)[key], rest);
    if (below) return [key, ...below];
  }
  return undefined;
}

/** From the root down to a chart. */
export function lineageOf(root: Chart, chart: Chart): Chart[] | undefined {
  if (root.folder === chart.folder) return [root];
  for (const sub of root.charts) {
    const found = lineageOf(sub, chart);
    if (found) return [root, ...found];
  }
  return undefined;
}

/** A chart's values with what its parents give it. */
export function effectiveValues(model: ChartModel, chart: Chart): unknown[] {
  const lines = lineageOf(model.root, chart) ?? [chart];
  return lines.flatMap((owner, i) => {
    const keys = lines.slice(i + 1).map((sub) => sub.name);
    const own = valueAt(owner.values, keys);
    const globals = i < lines.length - 1 ? [{ global: valueAt(owner.values, ['global']) }] : [];
    return [own, ...globals];
  });
}

export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : typeof value;
}
