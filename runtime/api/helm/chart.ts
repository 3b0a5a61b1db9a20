import { posix } from 'node:path';
import type { KustomizeFiles } from '../kustomize';
import { parseManifests } from '../yaml';
import { isMap } from '../go-template/values';
import type { GoMap } from '../go-template/values';
import { withArchives } from './archives';

/** How charts are read: see `KustomizeFiles`. */
export interface ChartFiles extends KustomizeFiles {
  /** Names in a folder, sorted; none where it can't be read. */
  list(folder: string): string[];
}

export interface ChartFile {
  /** In the chart: `templates/deployment.yaml`. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

export interface Dependency {
  readonly name: string;
  readonly alias?: string;
  readonly condition?: string;
  readonly tags?: readonly string[];
  readonly 'import-values'?: readonly unknown[];
}

export interface Chart {
  readonly name: string;
  readonly folder: string;
  readonly metadata: GoMap;
  readonly values: GoMap;
  readonly templates: readonly ChartFile[];
  readonly crds: readonly ChartFile[];
  readonly dependencies: readonly Dependency[];
  readonly charts: readonly Chart[];
  readonly isLibrary: boolean;
  readonly schema: unknown;
  /** Archives in `charts/` that can't be unpacked. */
  readonly packed: readonly string[];
}

/** Why something isn't a chart; with the file to look at, and the line in it if there is one. */
export class ChartError extends Error {
  override readonly name = 'ChartError';

  constructor(
    readonly problem: string,
    readonly file: string,
    readonly offset?: number,
  ) {
    super(`${file}: ${problem}`);
  }
}

const maxNesting = 20;

/** Reads a chart's folder, and those of its subcharts. Throws `ChartError`. */
export function loadChart(given: ChartFiles, folder: string, used = new Set<string>(), depth = 0): Chart {
  const files = withArchives(given);
  const metadata = yamlFile(files, chartFile(files, folder), used);
  if (!metadata) throw new ChartError('Chart.yaml file is missing', folder);
  if (typeof metadata['name'] !== 'string' || metadata['name'] === '')
    throw new ChartError('chart.metadata.name is required', posix.join(folder, 'Chart.yaml'));
  if (depth > maxNesting) throw new ChartError('charts are nested too deep', folder);
  const charts = posix.join(folder, 'charts');
  const below = files.list(charts).filter((name) => !/^[._]/.test(name));
  const schema = posix.join(folder, 'values.schema.json');
  used.add(schema);
  for (const name of below) if (name.endsWith('.tgz')) used.add(posix.join(charts, name));
  return {
    name: metadata['name'],
    folder,
    metadata,
    values: yamlFile(files, posix.join(folder, 'values.yaml'), used) ?? {},
    templates: filesBelow(files, folder, 'templates', used),
    crds: filesBelow(files, folder, 'crds', used),
    dependencies: dependenciesOf(metadata),
    charts: below
      .flatMap((name) => foldersOf(files, posix.join(charts, name)))
      .filter((path) => chartFileOf(files, path) !== undefined)
      .map((path) => loadChart(files, path, used, depth + 1)),
    isLibrary: metadata['type'] === 'library',
    schema: jsonFile(files, schema),
    packed: below.filter((name) => name.endsWith('.tgz') && foldersOf(files, posix.join(charts, name)).length === 0),
  };
}

/** The folder itself or, of an archive, what is packed in it. */
function foldersOf(files: ChartFiles, path: string): string[] {
  return path.endsWith('.tgz') ? files.list(path).map((name) => posix.join(path, name)) : [path];
}

function chartFileOf(files: ChartFiles, folder: string): string | undefined {
  return ['Chart.yaml', 'Chart.yml']
    .map((name) => posix.join(folder, name))
    .find((path) => files.kind(path) === 'file');
}

const chartFile = (files: ChartFiles, folder: string): string =>
  chartFileOf(files, folder) ?? posix.join(folder, 'Chart.yaml');

function dependenciesOf(metadata: GoMap): Dependency[] {
  const { dependencies } = metadata;
  return Array.isArray(dependencies)
    ? (dependencies.filter((entry) => isMap(entry) && typeof entry['name'] === 'string') as Dependency[])
    : [];
}

function text(files: ChartFiles, path: string): string | undefined {
  const bytes = files.kind(path) === 'file' ? files.read(path) : undefined;
  return bytes && new TextDecoder().decode(bytes);
}

function yamlFile(files: ChartFiles, path: string, used: Set<string>): GoMap | undefined {
  used.add(path);
  const content = text(files, path);
  return content === undefined ? undefined : parseValues(content, path);
}

function jsonFile(files: ChartFiles, path: string): unknown {
  try {
    return JSON.parse(text(files, path) ?? 'null') as unknown;
  } catch {
    return null;
  }
}

/** A values file as helm reads it: all numbers are floats. Throws `ChartError`. */
export function parseValues(content: string, path: string): GoMap {
  const [document] = parseManifests(content);
  const error = document?.errors[0];
  if (error) throw new ChartError(error.message, path, error.offset);
  if (document && document.value !== null && !isMap(document.value))
    throw new ChartError('values have to be a map', path, document.range[0]);
  return floats(document?.value ?? {}) as GoMap;
}

export function floats(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(floats);
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key, floats(field)])) : value;
}

function filesBelow(files: ChartFiles, root: string, folder: string, used: Set<string>, depth = 0): ChartFile[] {
  if (depth > maxNesting) return [];
  const at = posix.join(root, folder);
  used.add(at);
  return files.list(at).flatMap((entry): ChartFile[] => {
    const name = posix.join(folder, entry);
    const path = posix.join(root, name);
    const kind = entry.startsWith('.') ? undefined : files.kind(path);
    if (kind === 'folder') return filesBelow(files, root, name, used, depth + 1);
    used.add(path);
    const content = kind === 'file' ? text(files, path) : undefined;
    return content === undefined ? [] : [{ name, path, text: content }];
  });
}
