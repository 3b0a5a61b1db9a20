import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { devSettings } from '../../runtime/client/dev/settings';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { SourceFile } from '../documents/source-file';
import type { DocumentFinding } from '../findings/finding';
import type { TextRange } from '../manifests/ranges';
import { makePlan, type SettingsProblem } from './plan';
import { type LintSettings, lintSettings } from './settings';

export const configName = 'podium.yaml';

/** What `podium.yaml` holds; other parts of the program may read other fields of it. */
const configFile = z.looseObject({ lint: lintSettings.strict().optional(), dev: devSettings.optional() });

/** A mistake in another part doesn't change how a file is linted. */
const lintOnly = configFile.pick({ lint: true });

export interface LintConfig {
  readonly lint: LintSettings;
  /** Of what can't be understood, by its path in the file. */
  readonly problems: readonly SettingsProblem[];
}

/** The `lint` of a `podium.yaml`. What can't be understood is told, and counts as not written. */
export function readConfig(document: ParsedDocument | undefined): LintConfig {
  const [error] = document?.errors ?? [];
  if (error) return { lint: {}, problems: [{ path: [], message: error.message }] };
  const parsed = configFile.safeParse(document?.value ?? {});
  if (parsed.success) return { lint: parsed.data.lint ?? {}, problems: [] };
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
  return { lint: lintOnly.safeParse(document?.value).data?.lint ?? {}, problems };
}

/** What is wrong with a `podium.yaml`, where it is written. */
export function configFindings({ documents }: SourceFile): DocumentFinding[] {
  const [document] = documents;
  if (!document) return [];
  const { lint, problems } = readConfig(document);
  const misnamed = makePlan(lint).problems.map(({ path, message }) => ({ path: ['lint', ...path], message }));
  return [...problems, ...misnamed].map(({ path, message }) => {
    const { start, end } = nearestRange(document, path);
    return { start, end, severity: 'error', message, code: 'invalid-settings', source: 'podium lint' };
  });
}

function nearestRange(document: ParsedDocument, path: readonly string[]): TextRange {
  for (let length = path.length; length > 0; length--) {
    const range = document.pathRange(path.slice(0, length));
    if (range) return length === path.length ? (range.key ?? range) : range;
  }
  const [start, end] = document.range;
  return { start, end };
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
