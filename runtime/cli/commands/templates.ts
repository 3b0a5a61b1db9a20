import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { type Command, Option } from 'commander';
import type { UntypedObject } from '../../api/kinds';
import {
  loadChart,
  manifestsOf,
  mergeValues,
  parseValues,
  printManifests,
  renderChart,
  setValues,
} from '../../api/helm';
import type { Chart, ChartManifest } from '../../api/helm';
import { parseManifests } from '../../api/yaml';
import { diskFiles } from '../../client/disk-files';
import { UserError } from '../output';

type Values = Record<string, unknown>;

export interface ChartOptions {
  namespace: string;
  release?: string;
  values?: string[];
  set?: string[];
  setString?: string[];
}

/** The options by which a chart is rendered. */
export function chartOptions(command: Command): Command {
  return command
    .option('--release <name>', "release name (default: the chart's)")
    .option('--values <paths...>', 'files with values')
    .option('--set <assignments...>', 'values: a.b=1,c[0]=x')
    .option('--set-string <assignments...>', 'values that are text');
}

export function registerTemplateCommand(program: Command): void {
  const command = program
    .command('template <chart>')
    .description('print what a Helm chart renders, without helm')
    .addOption(new Option('-n, --namespace <namespace>', 'namespace').default('default'))
    .option('--include-crds', 'custom resource definitions too');
  chartOptions(command).action((folder: string, options: ChartOptions & { includeCrds?: boolean }) => {
    const { chart, manifests } = renderFolder(folder, options);
    process.stdout.write(printManifests(manifests, options.includeCrds ? chart : undefined));
  });
}

/** Renders a chart's folder. Its mistakes are the user's. */
export function renderFolder(folder: string, options: ChartOptions): { chart: Chart; manifests: ChartManifest[] } {
  const path = resolve(folder).split(sep).join('/');
  if (diskFiles.kind(path) !== 'folder') throw new UserError(`'${folder}' is not a folder`);
  const chart = loadChart(diskFiles, path);
  if (chart.packed.length > 0)
    throw new UserError(`charts/${chart.packed[0]} can't be unpacked`);
  const rendered = renderChart(chart, {
    files: diskFiles,
    values: valuesOf(options),
    release: { name: options.release ?? chart.name, namespace: options.namespace },
    now: () => new Date(),
    random: Math.random,
  });
  const failed = rendered.find(({ error }) => error);
  if (failed?.error) throw new UserError(failed.error.message);
  return { chart, manifests: manifestsOf(rendered) };
}

function valuesOf({ values = [], set = [], setString = [] }: ChartOptions): Values {
  let merged: Values = {};
  for (const file of values) merged = mergeValues(merged, parseValues(readFile(file), file));
  for (const expression of set) merged = setValues(merged, expression);
  for (const expression of setString) merged = setValues(merged, expression, true);
  return merged;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UserError(`the path "${path}" does not exist`);
  }
}

/** Objects of a chart to apply: definitions of custom resources first, no hooks. */
export function objectsOfChart(folder: string, options: ChartOptions): UntypedObject[] {
  const { chart, manifests } = renderFolder(folder, options);
  const crds = crdTexts(chart);
  const kept = manifests.filter(({ hooks }) => hooks.length === 0).map(({ text }) => text);
  return [...crds, ...kept]
    .flatMap((text) => parseManifests(text).map(({ value }) => value as UntypedObject))
    .filter(Boolean);
}

function crdTexts({ crds, charts }: Chart): string[] {
  return [...crds.map(({ text }) => text), ...charts.flatMap(crdTexts)];
}
