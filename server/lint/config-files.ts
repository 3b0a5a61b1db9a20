import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { parseManifests } from '../../runtime/api/yaml';
import { type LintSettings, lintSettings } from './settings';

export const configName = 'podium.yaml';

/** What `podium.yaml` holds; other parts of the program may read other fields of it. */
const configFile = z.looseObject({ lint: lintSettings.strict().optional() });

export interface LintConfig {
  readonly lint: LintSettings;
  readonly problems: readonly string[];
}

/** The `lint` of a `podium.yaml`. What can't be understood is told, and counts as not written. */
export function readConfig(text: string): LintConfig {
  const document = parseManifests(text)[0];
  const error = document?.errors[0];
  if (error) return { lint: {}, problems: [error.message] };
  const parsed = configFile.safeParse(document?.value ?? {});
  if (parsed.success) return { lint: parsed.data.lint ?? {}, problems: [] };
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'podium.yaml'}: ${message}`);
  return { lint: {}, problems };
}

/** A file's settings win, field by field and rule by rule, over those below them. */
export function mergeSettings(below: LintSettings, above: LintSettings): LintSettings {
  return { enable: above.enable ?? below.enable, rules: { ...below.rules, ...above.rules } };
}

/** Where the `podium.yaml` for a file may stand, the nearest first: in its folder and those around it, up to a root. */
export function configUris(uri: string, roots: readonly string[]): string[] {
  const root = roots
    .map((path) => pathToFileURL(path).href.replace(/\/$/, ''))
    .find((start) => uri.startsWith(`${start}/`));
  if (root === undefined) return [];
  const uris: string[] = [];
  for (let folder = uri; folder.length > root.length;) {
    folder = folder.slice(0, folder.lastIndexOf('/'));
    uris.push(`${folder}/${configName}`);
  }
  return uris;
}
