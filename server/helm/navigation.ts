import { posix } from 'node:path';
import type { Location, Range, TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import type { Place } from '../../runtime/api/go-template';
import { toYaml } from '../../runtime/api/yaml';
import type { ServerContext } from '../context';
import { locationIn, rangeIn } from '../documents/positions';
import type { SourceFile } from '../documents/source-file';
import { cursorAt } from '../manifests/cursor';
import type { HoverPart, PlaceRequest } from '../providers';
import { slashPathOf, uriOf } from '../workspace/local-files';
import { chartsOf } from './charts';
import type { ChartModel, Charts, TemplateFile } from './charts';
import { templateCalls } from './findings';
import { effectiveValues, lineageOf, typeName, valueAt, valuePlaces } from './values';

/** What is named under a cursor: a value by its path, or a named template. */
type Target =
  | { kind: 'value'; file: TemplateFile; path: readonly string[]; range: Place }
  | { kind: 'template'; name: string; range: Place };

interface Spot {
  model: ChartModel;
  target: Target;
}

interface Found {
  path: string;
  range: Place;
}

type InFile = Pick<PlaceRequest, 'file' | 'offset'>;

const contains = ({ start, end }: Place, offset: number): boolean => start <= offset && offset <= end;

export const helmNavigation = (context: ServerContext): HelmNavigation =>
  new HelmNavigation(context, chartsOf(context));

export class HelmNavigation {
  constructor(
    private readonly context: ServerContext,
    private readonly charts: Charts,
  ) {}

  /** What is under the cursor in a template or a values file of a chart. */
  private spotAt({ file, offset }: InFile): Spot | undefined {
    const path = slashPathOf(file.uri);
    const model = path !== undefined && file.kind.startsWith('helm-') ? this.charts.modelOf(path) : undefined;
    if (!model || path === undefined) return undefined;
    const template = model.files.find((each) => each.path === path);
    const target = template ? inTemplate(template, offset) : this.inValues(file, path, model, offset);
    return target && { model, target };
  }

  private inValues(file: SourceFile, path: string, model: ChartModel, offset: number): Target | undefined {
    if (file.kind !== 'helm-values') return undefined;
    const cursor = cursorAt(file.documents, offset);
    const owner = model.files.find(({ chart }) => chart.folder === posix.dirname(path));
    if (!cursor || cursor.role !== 'key' || !owner) return undefined;
    const steps = cursor.path.map((step) => (typeof step === 'number' ? '*' : step));
    return { kind: 'value', file: owner, path: steps, range: cursor.range };
  }

  definition(at: PlaceRequest): Location[] {
    const spot = this.spotAt(at);
    return spot && at.file.kind === 'helm-template' ? this.locations(this.declarations(spot)) : [];
  }

  references(at: PlaceRequest & { includeDeclaration: boolean }): Location[] {
    const spot = this.spotAt(at);
    if (!spot) return [];
    return this.locations([...(at.includeDeclaration ? this.declarations(spot) : []), ...uses(spot)]);
  }

  /** Renames a value in values.yaml and the templates, or a named template where it is defined and called. */
  rename(at: InFile, newName: string): WorkspaceEdit | null {
    const spot = this.spotAt(at);
    if (!spot) return null;
    const changes: Record<string, TextEdit[]> = {};
    const newText = spot.target.kind === 'template' ? JSON.stringify(newName) : newName;
    for (const { uri, range } of this.locations([...this.declarations(spot), ...uses(spot)]))
      (changes[uri] ??= []).push({ range, newText });
    return { changes };
  }

  prepareRename(at: InFile): { range: Range; placeholder: string } | null {
    const target = this.spotAt(at)?.target;
    if (!target) return null;
    const placeholder = target.kind === 'template' ? target.name : (target.path.at(-1) ?? '');
    return { range: rangeIn(at.file, target.range), placeholder };
  }

  hover(at: PlaceRequest): HoverPart[] {
    const spot = at.file.kind === 'helm-template' ? this.spotAt(at) : undefined;
    if (!spot) return [];
    const { model, target } = spot;
    const { range } = target;
    if (target.kind === 'template') {
      const found = model.templates.get(target.name)?.at(-1);
      const text = found?.file.text.slice(found.definition.start, found.definition.end).slice(0, 1500);
      return text ? [{ range, markdown: `**${target.name}**\n\n\`\`\`gotemplate\n${text}\n\`\`\`` }] : [];
    }
    const value = effectiveValues(model, target.file.chart)
      .map((each) => valueAt(each, target.path))
      .find((each) => each !== undefined);
    const title = `**.Values.${target.path.join('.')}**`;
    if (value === undefined) return [{ range, markdown: `${title} is not in values.yaml` }];
    const comment = this.commentOf(spot);
    const text = toYaml(value).slice(0, 1500);
    return [
      {
        range,
        markdown: `${title} \`${typeName(value)}\`\n\n${comment ? `${comment}\n\n` : ''}\`\`\`yaml\n${text}\`\`\``,
      },
    ];
  }

  /** The comment above a value's key. */
  private commentOf({ model, target }: Spot): string {
    if (target.kind !== 'value') return '';
    const place = valuePlaces(model, target.file.chart, target.path, this.charts).at(-1);
    const start = place?.range.key?.start;
    const text = place && this.charts.files.text(place.path);
    if (start === undefined || text === undefined) return '';
    const lines = text.slice(0, start).split('\n').slice(0, -1);
    const comment: string[] = [];
    while (/^\s*#/.test(lines.at(-1) ?? '')) comment.unshift(lines.pop()!.replace(/^\s*#+ ?(-- )?/, ''));
    return comment.join('\n');
  }

  private declarations({ model, target }: Spot): Found[] {
    if (target.kind === 'template')
      return (model.templates.get(target.name) ?? []).map(({ file, definition }) => ({
        path: file.path,
        range: definition.nameRange,
      }));
    return valuePlaces(model, target.file.chart, target.path, this.charts).map(({ path, range }) => ({
      path,
      range: range.key ?? range,
    }));
  }

  private locations(found: readonly Found[]): Location[] {
    const seen = new Set<string>();
    return found.flatMap(({ path, range }) => {
      const uri = uriOf(path);
      const id = `${uri} ${range.start}`;
      const file = seen.has(id) ? undefined : this.fileAt(uri, path);
      seen.add(id);
      return file ? [locationIn(file, range)] : [];
    });
  }

  private fileAt(uri: string, path: string): SourceFile | undefined {
    const known = this.context.documents.file(uri);
    if (known) return known;
    const text = this.charts.files.text(path);
    return text === undefined ? undefined : { uri, text, version: undefined, kind: 'none', documents: [] };
  }
}

function inTemplate(file: TemplateFile, offset: number): Target | undefined {
  const call = templateCalls(file).find(({ range }) => contains(range, offset));
  if (call) return { kind: 'template', name: call.name, range: call.range };
  const definition = file.parsed.definitions.find(({ nameRange }) => contains(nameRange, offset));
  if (definition) return { kind: 'template', name: definition.name, range: definition.nameRange };
  for (const { path, parts } of file.uses) {
    const index = parts.findIndex((part) => contains(part, offset));
    if (index < 0) continue;
    return { kind: 'value', file, path: path.slice(0, path.length - parts.length + index + 1), range: parts[index]! };
  }
  return undefined;
}

/** Where a value, as the last name of its path, or a template is named in templates. */
function uses({ model, target }: Spot): Found[] {
  if (target.kind === 'template') {
    return model.files.flatMap((file) =>
      templateCalls(file)
        .filter(({ name }) => name === target.name)
        .map(({ range }) => ({ path: file.path, range })),
    );
  }
  const { path, file: own } = target;
  const isShared = path[0] === 'global';
  const reaches = (chart: TemplateFile['chart']) =>
    isShared || chart.folder === own.chart.folder || (chart.isLibrary && lineageOf(own.chart, chart) !== undefined);
  return model.files
    .filter(({ chart }) => reaches(chart))
    .flatMap((file) =>
      file.uses.flatMap((use) => {
        const part = use.parts[path.length - 1 - (use.path.length - use.parts.length)];
        return part && path.every((step, i) => use.path[i] === step || use.path[i] === '*' || step === '*')
          ? [{ path: file.path, range: part }]
          : [];
      }),
    );
}
