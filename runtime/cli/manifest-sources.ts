import { resolve, sep } from 'node:path';
import type { UntypedObject } from '../api/kinds';
import { buildKustomization } from '../api/kustomize';
import type { Build } from '../api/kustomize';
import { diskFiles } from '../client/disk-files';
import { readManifests } from './manifest-files';
import { UserError } from './output';

/** What says where objects come from: `-f` and `-k`. */
export interface ManifestSources {
  filename?: string[];
  kustomize?: string;
}

/** The objects of files or of a kustomization. */
export async function objectsOf({ filename, kustomize }: ManifestSources): Promise<UntypedObject[]> {
  if ((filename === undefined) === (kustomize === undefined)) throw new UserError('must specify one of -f and -k');
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
