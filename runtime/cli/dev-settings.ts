import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { parseManifests } from '../api/yaml';
import { type DevSettings, devSettings } from '../client/dev/settings';
import { UserError } from './output';

export interface DevFlags {
  namespace?: string;
  container?: string;
  target?: string;
  image?: string;
  /** From the working folder, as flags are. */
  filename?: string[];
}

const configFile = z.looseObject({ dev: z.unknown() }).catch({ dev: undefined });

/** The `dev` of a folder's `podium.yaml`, and flags over it. Throws UserError with the path of what is wrong. */
export function devSettingsOf(root: string, { filename, image, ...flags }: DevFlags): DevSettings {
  if (!existsSync(root)) throw new UserError(`the path "${root}" does not exist`);
  const file = join(root, 'podium.yaml');
  const written = existsSync(file) ? sectionOf(file) : undefined;
  const build = image === undefined ? undefined : { context: '.', ...buildOf(written), image };
  const manifests = filename?.map((path) => relative(root, resolve(path)).split(sep).join('/'));
  const given = { ...flags, ...(build && { build }), ...(manifests && { manifests }) };
  if (written === undefined && flags.target === undefined)
    throw new UserError(`${file} has no "dev" section: name the workload with --target deploy/NAME`);
  const parsed = devSettings.safeParse({ ...written, ...given });
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: 'it is not valid' }] = parsed.error.issues;
  throw new UserError(`${file}: ${['dev', ...path].join('.')}: ${message}`);
}

function sectionOf(file: string): object | undefined {
  const [document] = parseManifests(readFileSync(file, 'utf8'));
  const [error] = document?.errors ?? [];
  if (error) throw new UserError(`${file}: ${error.message}`);
  const { dev } = configFile.parse(document?.value);
  if (dev === undefined || dev === null) return undefined;
  if (typeof dev !== 'object') throw new UserError(`${file}: dev: must be an object`);
  return dev;
}

function buildOf(written: object | undefined): object {
  const { build } = (written ?? {}) as { build?: unknown };
  return typeof build === 'object' && build !== null ? build : {};
}
