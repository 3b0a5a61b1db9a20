import { posix } from 'node:path';
import { kustomizationProblems } from '../../runtime/api/kustomize';
import type { BuildNote, BuiltObject, KustomizeError, Source } from '../../runtime/api/kustomize';
import { parsePath } from '../../runtime/api/yaml';
import type { UntypedObject } from '../../runtime/api/kinds';
import type { FindingContext } from '../context';
import type { SourceFile } from '../documents/source-file';
import { apiOptions, objectFindings, syntaxFinding } from '../findings/api';
import type { DocumentFinding } from '../findings/finding';
import { keyRange } from '../manifests/ranges';
import { slashPathOf, uriOf } from '../workspace/local-files';
import { kustomizationsOf } from './kustomizations';
import type { Kustomizations } from './kustomizations';

/**
 * What is wrong with kustomizations and with what they build. A file that is part of one isn't applied by itself: the
 * objects that are built are judged in its stead, and each finding goes to where the field is written.
 */
export function registerKustomizeFindings(context: FindingContext): void {
  const kustomizations = kustomizationsOf(context);
  context.addFindings('kustomize', (file) => findingsOf(file, context, kustomizations));
  context.findings.exclude(
    (file, provider) => provider !== 'kustomize' && isJudgedHere(file, provider, kustomizations),
  );
}

/** Patches are parts of objects, about which nobody else can say anything. */
function isJudgedHere(file: SourceFile, provider: string, kustomizations: Kustomizations): boolean {
  if (file.kind === 'kustomization') return true;
  const path = slashPathOf(file.uri);
  if (path === undefined) return false;
  const roles = kustomizations.rolesOf(path);
  if (roles.size === 0) return false;
  if (!roles.has('resource')) return true;
  return provider === 'api' && kustomizations.rootsOf(path).some((root) => 'build' in kustomizations.outcome(root));
}

function findingsOf(file: SourceFile, context: FindingContext, kustomizations: Kustomizations): DocumentFinding[] {
  const path = slashPathOf(file.uri);
  if (path === undefined) return file.kind === 'kustomization' ? structureFindings(file) : [];
  const own = file.kind === 'kustomization' ? ownFindings(file, path, kustomizations) : [];
  // What a kustomization that can't be read builds is no news.
  if (own.some(({ severity }) => severity === 'error')) return own;
  return distinct([
    ...own,
    ...kustomizations.rootsOf(path).flatMap((root) => builtFindings(path, root, file, context, kustomizations)),
  ]);
}

/** Several overlays say the same of what they share. */
function distinct(findings: DocumentFinding[]): DocumentFinding[] {
  const seen = new Set<string>();
  return findings.filter(({ start, end, message }) => {
    const id = `${start} ${end} ${message}`;
    return !seen.has(id) && seen.add(id);
  });
}

function ownFindings(file: SourceFile, path: string, kustomizations: Kustomizations): DocumentFinding[] {
  const structure = structureFindings(file);
  const missing = kustomizations.entries(path).flatMap((entry): DocumentFinding[] => {
    const kind = kustomizations.files.kind(entry.path);
    const wanted = entry.folder === 'must' ? 'folder' : entry.folder === 'never' ? 'file' : undefined;
    if (kind !== undefined && (wanted === undefined || wanted === kind)) return [];
    const message = kind
      ? `'${entry.text}' is a ${kind}, a ${wanted} is needed here`
      : `no such ${wanted ?? 'file or folder'}: '${entry.text}'`;
    return [{ ...entry.range, severity: 'error', message, code: 'MissingFile' }];
  });
  return [...structure, ...missing];
}

function structureFindings({ documents, text }: SourceFile): DocumentFinding[] {
  const [document] = documents;
  if (!document) return [];
  if (document.errors.length > 0)
    return document.errors.map(({ message, offset }) => syntaxFinding(text, offset, message));
  return kustomizationProblems(document.value).map(({ path, message, code }) => {
    const steps = path.map(String);
    const range = document.pathRange(steps);
    const { start, end } = (code === 'UnknownField' && range?.key) || range || keyRange(document, 'kind');
    return { start, end, severity: 'error', message, code };
  });
}

function builtFindings(
  path: string,
  root: string,
  file: SourceFile,
  context: FindingContext,
  kustomizations: Kustomizations,
): DocumentFinding[] {
  const outcome = kustomizations.outcome(root);
  if ('error' in outcome) return errorFindings(outcome.error, path, file, kustomizations);
  const { objects, notes } = outcome.build;
  return [
    ...notes.filter(({ source }) => source.file === path).map(noteFinding),
    ...objects
      .flatMap((object) => objectsFindings(object, path, file.text, context))
      .map((finding) => withRoot(finding, root, file)),
  ];
}

/** Where the error is, and in the kustomization at the entry that leads to it. */
function errorFindings(
  error: KustomizeError,
  path: string,
  file: SourceFile,
  kustomizations: Kustomizations,
): DocumentFinding[] {
  const { source, problem } = error;
  const code = 'Kustomize';
  if (!source || source.file === path) {
    // What isn't YAML, others see in a file that isn't a patch.
    if (error.line !== undefined && kustomizations.rolesOf(path).has('resource')) return [];
    if (source?.end)
      return [
        {
          ...rangeOf({ ...source, start: source.start ?? 0, end: source.end }, false, file.text),
          severity: 'error',
          message: problem,
          code,
        },
      ];
    return [{ ...syntaxFinding(file.text, 0, problem), code }];
  }
  if (file.kind !== 'kustomization') return [];
  const entry = kustomizations
    .entries(path)
    .find((other) => source.file === other.path || source.file.startsWith(`${other.path}/`));
  if (!entry) return [];
  const name = posix.relative(posix.dirname(path), source.file);
  const { start = 0, end = 0 } = source;
  const related = [{ uri: uriOf(source.file), range: { start, end }, message: problem }];
  return [{ ...entry.range, severity: 'error', message: `${name}: ${problem}`, code, related }];
}

function noteFinding({ source: { start, end }, message, code }: BuildNote): DocumentFinding {
  const deprecated = code === 'Deprecated';
  return {
    start,
    end,
    severity: deprecated ? 'hint' : 'warning',
    message,
    code,
    ...(deprecated && { tags: ['deprecated'] }),
  };
}

function objectsFindings(
  object: BuiltObject,
  path: string,
  text: string,
  context: FindingContext,
): DocumentFinding[] {
  const value = object.value as unknown as UntypedObject;
  return objectFindings(value, apiOptions(context)).flatMap((found): DocumentFinding[] => {
    const steps = parsePath(found.path);
    const source = object.sourceOf(steps);
    if (source.file !== path) return [];
    const exact = hasPath(object.value, steps);
    const { start, end } = rangeOf(source, found.atKey === true, text);
    const message = exact || found.path === '' ? found.message : `${found.path}: ${found.message}`;
    return [{ start, end, severity: found.severity, message, code: found.code }];
  });
}

/** A whole document is shown by its first line. */
function rangeOf(source: Source, atKey: boolean, text: string): { start: number; end: number } {
  const { start, end } = (atKey && source.key) || source;
  const newline = text.slice(start, end).indexOf('\n');
  return { start, end: newline > 0 ? start + newline : end };
}

function hasPath(value: unknown, steps: readonly string[]): boolean {
  let at = value;
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Record<string, unknown>)[step];
  }
  return true;
}

/** Which build brought it to light, where that isn't the file's own folder. */
function withRoot(finding: DocumentFinding, root: string, file: SourceFile): DocumentFinding {
  const folder = posix.dirname(slashPathOf(file.uri) ?? '');
  if (folder === root) return finding;
  const related = [
    {
      uri: uriOf(posix.join(root, 'kustomization.yaml')),
      range: { start: 0, end: 0 },
      message: 'built by this kustomization',
    },
  ];
  return { ...finding, related };
}
