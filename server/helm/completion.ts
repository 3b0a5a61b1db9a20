import { type CompletionItem, CompletionItemKind, TextEdit } from 'vscode-languageserver/node';
import { functionNames } from '../../runtime/api/helm';
import { rangeIn } from '../documents/positions';
import type { PlaceRequest } from '../providers';
import { slashPathOf } from '../workspace/local-files';
import type { ChartModel, Charts, TemplateFile } from './charts';
import { scopeAt } from './value-uses';
import type { Dot } from './value-uses';
import { effectiveValues, typeName, valueAt } from './values';

const keywords = ['if', 'else', 'else if', 'end', 'range', 'with', 'define', 'template', 'block', 'break', 'continue'];

/** Fields of the objects that every template is given. */
const objects: Record<string, readonly string[]> = {
  '': ['Values', 'Release', 'Chart', 'Capabilities', 'Files', 'Template', 'Subcharts'],
  Release: ['Name', 'Namespace', 'IsInstall', 'IsUpgrade', 'Revision', 'Service'],
  Chart: [
    'Name',
    'Version',
    'AppVersion',
    'Description',
    'Type',
    'APIVersion',
    'KubeVersion',
    'Home',
    'Icon',
    'Keywords',
    'Sources',
    'Maintainers',
    'Dependencies',
    'Annotations',
    'Deprecated',
    'IsRoot',
  ],
  Capabilities: ['KubeVersion', 'APIVersions', 'HelmVersion'],
  'Capabilities.KubeVersion': ['Version', 'Major', 'Minor', 'GitVersion'],
  'Capabilities.APIVersions': ['Has'],
  'Capabilities.HelmVersion': ['Version', 'GitCommit', 'GitTreeState', 'GoVersion'],
  Files: ['Get', 'GetBytes', 'Glob', 'Lines', 'AsConfig', 'AsSecrets'],
  Template: ['Name', 'BasePath'],
};

/** Completion inside of `{{ … }}`. */
export function templateCompletions({ file, offset }: PlaceRequest, charts: Charts): CompletionItem[] {
  const path = slashPathOf(file.uri);
  const model = path === undefined ? undefined : charts.modelOf(path);
  const template = model?.files.find((each) => each.path === path);
  const open = file.text.lastIndexOf('{{', offset - 1);
  if (!model || !template || open < 0) return [];
  const before = file.text.slice(open + 2, offset);
  if (before.includes('}}') || before.startsWith('/*')) return [];
  const items = (start: number, found: readonly Omit<CompletionItem, 'textEdit'>[]): CompletionItem[] => {
    const end = start + (/^[\w.-]*/.exec(file.text.slice(start))?.[0].length ?? 0);
    const range = rangeIn(file, { start, end: Math.max(end, offset) });
    return found.map((item) => ({ ...item, textEdit: TextEdit.replace(range, item.insertText ?? item.label) }));
  };
  const name = /\b(?:include|template)\s+"([^"]*)$/.exec(before);
  if (name) return items(offset - name[1]!.length, templateItems(model));
  if (isInString(before)) return [];
  const field = /(?:^|[^\w.$)])(\$\w*)?\.((?:\w+\.)*)(\w*)$/.exec(before);
  if (field)
    return items(
      offset - field[3]!.length,
      fieldItems(template, model, offset, field[1], field[2]!.split('.').filter(Boolean)),
    );
  const word = /(\$?\w*)$/.exec(before)?.[1] ?? '';
  if (/[.)]$/.test(before.slice(0, before.length - word.length))) return [];
  return items(offset - word.length, wordItems(template, offset, word));
}

function isInString(before: string): boolean {
  const plain = before.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '');
  return /["`]/.test(plain);
}

function templateItems({ templates }: ChartModel): Omit<CompletionItem, 'textEdit'>[] {
  return [...templates].map(([label, [first]]) => ({
    label,
    kind: CompletionItemKind.Function,
    detail: first?.file.chart.name ?? '',
  }));
}

function fieldItems(
  template: TemplateFile,
  model: ChartModel,
  offset: number,
  variable: string | undefined,
  steps: readonly string[],
): Omit<CompletionItem, 'textEdit'>[] {
  const { dot, variables } = scopeAt(template.parsed, offset);
  const base: Dot = variable === undefined ? dot : (variables.get(variable) ?? { kind: 'unknown' });
  const root = steps[0] === 'Values' ? steps.slice(1) : undefined;
  const path = root ?? (base.kind === 'value' ? [...base.path, ...steps] : undefined);
  if (path) return valueItems(model, template, path);
  if (base.kind === 'unknown' && variable !== undefined) return [];
  const fields = objects[steps.join('.')] ?? [];
  return fields.map((label) => ({ label, kind: CompletionItemKind.Field }));
}

function valueItems(
  model: ChartModel,
  { chart }: TemplateFile,
  path: readonly string[],
): Omit<CompletionItem, 'textEdit'>[] {
  const found = new Map<string, unknown>();
  for (const values of effectiveValues(model, chart)) {
    const at = valueAt(values, path);
    if (typeof at !== 'object' || at === null || Array.isArray(at)) continue;
    for (const [key, value] of Object.entries(at)) if (/^\w+$/.test(key) && !found.has(key)) found.set(key, value);
  }
  return [...found].map(([label, value]) => ({
    label,
    kind: CompletionItemKind.Property,
    detail:
      typeof value === 'object' || value === null ? typeName(value) : `${typeName(value)}: ${JSON.stringify(value)}`,
  }));
}

function wordItems({ parsed }: TemplateFile, offset: number, word: string): Omit<CompletionItem, 'textEdit'>[] {
  if (word.startsWith('$')) {
    const { variables } = scopeAt(parsed, offset);
    return [...variables.keys()].map((label) => ({ label, kind: CompletionItemKind.Variable }));
  }
  return [
    ...keywords.map((label) => ({ label, kind: CompletionItemKind.Keyword })),
    ...[...functionNames].sort().map((label) => ({ label, kind: CompletionItemKind.Function })),
  ];
}
