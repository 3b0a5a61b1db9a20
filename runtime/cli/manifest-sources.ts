import { resolve, sep } from 'node:path';
import type { UntypedObject } from '../api/kinds';
import { buildKustomization } from '../api/kustomize';
import type { Build } from '../api/kustomize';
import { diskFiles } from '../client/disk-files';
import { objectsOfChart } from './commands/templates';
import type { ChartOptions } from './commands/templates';
import { readManifests } from './manifest-files';
import { UserError } from './output';

/** What says where objects come from: `-f`, `-k` and `--chart`. */
export interface ManifestSources {
  filename?: string[];
  kustomize?: string;
  chart?: string;
}

/** The objects of files, of a kustomization or of a chart. */
export async function objectsOf(options: ManifestSources & ChartOptions): Promise<UntypedObject[]> {
  const { filename, kustomize, chart } = options;
  if ([filename, kustomize, chart].filter((each) => each !== undefined).length !== 1)
    throw new UserError('must specify one of -f, -k and --chart');
  if (chart !== undefined) return objectsOfChart(chart, options);
  if (filename) return readManifests(filename);
  const { objects } = buildFolder(kustomize!);
  if (objects.length === 0) throw new UserError(`no objects passed to apply: ${kustomize} builds none`);
  return objects.map(({ value }) => value as unknown as UntypedObject);
}

/** Builds a folder and passes on what there is to be warned of. */
export function buildFolder(folder: string): Build {
  const path = resolve(folder).split(sep).join('/');
  if (diskFiles.kind(path) !== 'folder') throw new UserError(`'${folder}' is not a folder`);
  const build = buildKustomization(diskFiles, path);
  for (const warning of build.warnings) process.stderr.write(`${warning}\n`);
  return build;
}
