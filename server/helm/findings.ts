import { posix } from 'node:path';
import { walk } from '../../runtime/api/go-template';
import type { ArgumentNode, Place, StatementNode } from '../../runtime/api/go-template';
import { placeOf } from '../../runtime/api/helm';
import type { RenderedFile } from '../../runtime/api/helm';
import { parseVersion } from '../../runtime/api/helm';
import { parseManifests } from '../../runtime/api/yaml';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import type { SourceFile } from '../documents/source-file';
import { apiOptions, findingsOf as apiFindings } from '../findings/api';
import type { DocumentFinding } from '../findings/finding';
import { keyRange } from '../manifests/ranges';
import { slashPathOf, uriOf } from '../workspace/local-files';
import { chartsOf } from './charts';
import type { ChartModel, Charts, TemplateFile } from './charts';
import { helmsFindings } from './helm-findings';
import { schemaFindings } from './schema';
import { effectiveValues, valueAt } from './values';

const kinds = new Set(['helm-template', 'helm-values', 'helm-chart']);

/** What is wrong with charts: their templates by themselves, and what they render. */
export function registerHelmFindings(context: FindingContext): void {
  const charts = chartsOf(context);
  context.addFindings('helm', (file) => findingsOf(file, context, charts));
  // A template isn't a manifest before it is rendered.
  context.findings.exclude((file, provider) => file.kind === 'helm-template' && provider !== 'helm');
}

function findingsOf(file: SourceFile, context: FindingContext, charts: Charts): DocumentFinding[] {
  const path = kinds.has(file.kind) ? slashPathOf(file.uri) : undefined;
  if (path === undefined || !charts.foldersOf(path)) return [];
  const error = charts.errorOf(path);
  if (error)
    return error.file === path
      ? [{ ...lineAt(file.text, error.offset ?? 0), severity: 'error', message: error.problem, code: 'Chart' }]
      : [];
  const model = charts.modelOf(path);
  if (!model) return [];
  if (file.kind === 'helm-chart') return metadataFindings(file, path, model);
  if (file.kind === 'helm-values') return valuesFindings(file, path, model, context);
  const template = model.files.find((each) => each.path === path);
  return template ? templateFindings(template, model, context, charts) : [];
}

function lineAt(text: string, offset: number): Place {
  const end = text.indexOf('\n', offset);
  return { start: offset, end: Math.max(offset + 1, end < 0 ? text.length : end) };
}

function templateFindings(
  file: TemplateFile,
  model: ChartModel,
  context: FindingContext,
  charts: Charts,
): DocumentFinding[] {
  const { errors } = file.parsed;
  const own = [
    ...errors.map(({ start, end, message }): DocumentFinding => ({
      start,
      end,
      severity: 'error',
      message,
      code: 'Template',
    })),
    ...undefinedTemplates(file, model),
    ...missingValues(file, model),
  ];
  if (errors.length > 0) return own;
  const rendered = charts.renderedOf(file.path);
  const output = charts.helmOf(file.path);
  const helms = output && helmsFindings(file, model, { output, rendered }, context);
  if (helms) return [...own, ...helms];
  return [
    ...own,
    ...failures(file, rendered),
    ...rendered.filter(({ path }) => path === file.path).flatMap((each) => renderedFindings(each, context)),
  ];
}

/** Calls of templates by a name that is written out. */
export function templateCalls({ parsed }: TemplateFile): { name: string; range: Place }[] {
  const calls: { name: string; range: Place }[] = [];
  const visit = (node: StatementNode | ArgumentNode): void => {
    if (node.type === 'template') calls.push({ name: node.name, range: node.nameRange });
    if (node.type !== 'pipeline') return;
    for (const { args } of node.commands) {
      const [called, name] = args;
      if (called?.type === 'identifier' && called.name === 'include' && name?.type === 'string')
        calls.push({ name: name.value, range: name });
    }
  };
  for (const body of [parsed.body, ...parsed.definitions.map((each) => each.body)]) walk(body, visit);
  return calls;
}

function undefinedTemplates(file: TemplateFile, { templates, complete, root }: ChartModel): DocumentFinding[] {
  if (!complete) return [];
  const known = (name: string) => templates.has(name) || name.startsWith(`${root.name}/`);
  return templateCalls(file)
    .filter(({ name }) => !known(name))
    .map(({ name, range: { start, end } }) => ({
      start,
      end,
      severity: 'error',
      message: `no template is named ${JSON.stringify(name)}`,
      code: 'UndefinedTemplate',
    }));
}

/** Values without a default that nothing asks for first. */
function missingValues(file: TemplateFile, model: ChartModel): DocumentFinding[] {
  if (file.chart.isLibrary) return [];
  const values = effectiveValues(model, file.chart);
  return file.uses.flatMap(({ path, parts, guarded, checked }): DocumentFinding[] => {
    if (guarded || parts.length === 0 || path.length === 0 || path[0] === 'global') return [];
    const known = path.findIndex((_, i) => !values.some((each) => valueAt(each, path.slice(0, i + 1)) !== undefined));
    const isOpen = known > 0 && values.some((each) => isEmptyCollection(valueAt(each, path.slice(0, known))));
    if (known < checked || isOpen) return [];
    const part = parts.at(known - path.length);
    if (!part) return [];
    const message = `.Values.${path.slice(0, known + 1).join('.')} is not in values.yaml`;
    return [{ start: part.start, end: part.end, severity: 'information', message, code: 'UnknownValue' }];
  });
}

/** `{}` and `[]` say that anything may be put there. */
function isEmptyCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Where rendering stops, in this file or on the way from it. */
function failures(file: TemplateFile, rendered: readonly RenderedFile[]): DocumentFinding[] {
  return rendered.flatMap(({ error, needsHelm, path }): DocumentFinding[] => {
    // What isn't defined is said where it is called, whoever comes by.
    if (!error || needsHelm || /\bnot defined$/.test(error.problem)) return [];
    const isAsked = /^error calling (required|fail):/.test(error.problem);
    const severity = isAsked ? 'information' : 'warning';
    const message = error.problem.replace(/^error calling (required|fail): /, '');
    if (error.file === file.path) return [{ ...error.place, severity, message, code: 'Rendering' }];
    const call = path === file.path ? error.calls.find((each) => each.file === file.path) : undefined;
    if (!call) return [];
    const related = [{ uri: uriOf(error.file), range: error.place, message }];
    return [{ ...call.place, severity, message, code: 'Rendering', ...(error.file.startsWith('/') && { related }) }];
  });
}

/** What the API server would say of what the file renders with the chart's own values, at the place that wrote it. */
function renderedFindings(file: RenderedFile, context: FindingContext): DocumentFinding[] {
  if (file.error) return [];
  const text = file.chunks.map((chunk) => chunk.text).join('');
  const broken = parseManifests(text).flatMap(({ errors }) => errors.slice(0, 1));
  const syntax = broken.map(({ message, offset }): DocumentFinding => {
    const place = placed(file, offset, offset + 1);
    return { ...place, severity: 'error', message: `what is rendered is no YAML: ${message}`, code: 'Syntax' };
  });
  if (syntax.length > 0) return syntax;
  const seen = new Set<string>();
  return apiFindings(text, apiOptions(context)).flatMap((found): DocumentFinding[] => {
    const { start, end } = placed(file, found.start, found.end);
    const id = `${start} ${end} ${found.message}`;
    if (seen.has(id)) return [];
    seen.add(id);
    const { severity, message, code, tags } = found;
    return [{ start, end, severity, message, code, ...(tags && { tags }) }];
  });
}

function placed(file: RenderedFile, from: number, to: number): Place {
  const first = placeOf(file, from) ?? { start: 0, end: 1 };
  if (first.end > first.start) return first;
  const last = placeOf(file, Math.max(from, to - 1)) ?? first;
  const end = last.end > last.start ? last.end : last.start + 1;
  return end > first.start && end - first.start < 500 ? { start: first.start, end } : lineAt(file.text, first.start);
}

function valuesFindings(file: SourceFile, path: string, model: ChartModel, context: FindingContext): DocumentFinding[] {
  const [document] = file.documents;
  if (!document || document.errors.length > 0) return [];
  const chart = [model.root, ...model.root.charts].find(({ folder }) => folder === posix.dirname(path));
  if (!chart) return [];
  const isWhole = chart === model.root && !chart.isLibrary && model.complete;
  const unused = isWhole && posix.basename(path) === 'values.yaml' ? unusedValues(document, model) : [];
  return [...schemaFindings(document, chart.schema, context), ...unused];
}

/** Values of the root chart that no template mentions, at the key; a map only if none of it is. */
function unusedValues(document: ParsedDocument, { root, files }: ChartModel): DocumentFinding[] {
  const subcharts = new Set(
    root.charts.flatMap(({ name }) => [
      name,
      ...root.dependencies.flatMap((each) => (each.name === name ? [each.alias ?? name] : [])),
    ]),
  );
  const uses = files
    .filter(({ chart }) => chart === root || chart.isLibrary)
    .flatMap((file) => file.uses.map(({ path }) => path));
  // `.Values` as a whole may be anything.
  if (uses.some((path) => path.length === 0)) return [];
  const isUsed = (path: readonly string[]): boolean =>
    uses.some((use) => use.every((step, i) => i >= path.length || step === '*' || step === path[i] || path[i] === '*'));
  const conditions = root.dependencies.flatMap(({ condition }) =>
    (condition ?? '').split(',').map((each) => each.trim()),
  );
  const find = (value: unknown, path: string[]): DocumentFinding[] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([key, field]): DocumentFinding[] => {
      const below = [...path, key];
      const isOthers = path.length === 0 && (subcharts.has(key) || key === 'global' || key === 'tags');
      if (isOthers || conditions.includes(below.join('.'))) return [];
      if (isUsed(below)) return find(field, below);
      const range = document.pathRange(below)?.key;
      return range
        ? [
            {
              ...range,
              severity: 'hint',
              message: `no template uses .Values.${below.join('.')}`,
              code: 'UnusedValue',
              tags: ['unnecessary'],
            },
          ]
        : [];
    });
  };
  return find(document.value, []);
}

function metadataFindings(file: SourceFile, path: string, model: ChartModel): DocumentFinding[] {
  const [document] = file.documents;
  if (!document) return [];
  const value = (document.value ?? {}) as Record<string, unknown>;
  const at = (field: string, message: string, severity: DocumentFinding['severity'] = 'error'): DocumentFinding => {
    const { start, end } = document.pathRange(field.split('.')) ?? keyRange(document, 'name');
    return { start, end, severity, message, code: 'Chart' };
  };
  const { apiVersion, version, type, dependencies } = value;
  const text = typeof version === 'string' ? version : '';
  const chart = model.root.folder === posix.dirname(path) ? model.root : undefined;
  return [
    ...(apiVersion === undefined ? [at('apiVersion', 'chart.metadata.apiVersion is required')] : []),
    ...(apiVersion !== undefined && apiVersion !== 'v1' && apiVersion !== 'v2'
      ? [at('apiVersion', `apiVersion '${String(apiVersion)}' is not valid. The value must be either "v1" or "v2"`)]
      : []),
    ...(version === undefined ? [at('version', 'chart.metadata.version is required')] : []),
    ...(version !== undefined && !parseVersion(text)
      ? [at('version', `version '${String(version)}' is not a valid SemVer`)]
      : []),
    ...(type !== undefined && type !== '' && type !== 'application' && type !== 'library'
      ? [at('type', 'chart type must be application or library')]
      : []),
    ...(Array.isArray(dependencies) && chart
      ? chart.dependencies.flatMap(({ name }, i) => {
          const there =
            chart.charts.some((sub) => sub.name === name) || chart.packed.some((each) => each.startsWith(`${name}-`));
          return there
            ? []
            : [at(`dependencies.${i}.name`, `${name} is not in charts/: run helm dependency build`, 'information')];
        })
      : []),
  ];
}
