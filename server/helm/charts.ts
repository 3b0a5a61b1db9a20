import { posix } from 'node:path';
import { parseTemplate } from '../../runtime/api/go-template';
import type { Definition, ParsedTemplate } from '../../runtime/api/go-template';
import { ChartError, functionNames, loadChart, renderChart } from '../../runtime/api/helm';
import type { Chart, RenderedFile } from '../../runtime/api/helm';
import { parseManifests } from '../../runtime/api/yaml';
import type { ParsedDocument } from '../../runtime/api/yaml';
import type { FindingContext } from '../context';
import { EditorFiles } from '../workspace/local-files';
import type { HelmOutput, HelmRuns } from './helm-runs';
import { valueUses } from './value-uses';
import type { ValueUse } from './value-uses';

/** A template file of a chart, looked into. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
  readonly chart: Chart;
  readonly parsed: ParsedTemplate;
  readonly uses: readonly ValueUse[];
}

export interface NamedTemplate {
  readonly file: TemplateFile;
  readonly definition: Definition;
}

/** A chart with all that is below it. */
export interface ChartModel {
  readonly root: Chart;
  readonly files: readonly TemplateFile[];
  /** By name; what is defined later counts, and all are told. */
  readonly templates: ReadonlyMap<string, readonly NamedTemplate[]>;
  /** What templates of subcharts that aren't there would have defined can't be told. */
  readonly complete: boolean;
}

type Outcome = { readonly model: ChartModel } | { readonly error: ChartError };

interface Known {
  readonly outcome: Outcome;
  readonly stamps: ReadonlyMap<string, string>;
  rendered?: readonly RenderedFile[];
}

const instances = new WeakMap<FindingContext, Charts>();

/** The one of a context. */
export function chartsOf(context: FindingContext): Charts {
  const known = instances.get(context);
  if (known) return known;
  const made = new Charts(context);
  instances.set(context, made);
  return made;
}

const isFunction = (name: string): boolean => functionNames.has(name);

/** The charts of the workspace, read when they are asked for and again when a file of theirs has changed. */
export class Charts {
  readonly files: EditorFiles;
  /** Helm itself, where it may be run. */
  helm: HelmRuns | undefined;
  private readonly known = new Map<string, Known>();

  constructor(context: FindingContext) {
    this.files = new EditorFiles(context.documents);
  }

  /** The folder of the chart that a file is in: the nearest, and the outermost that has it as a subchart. */
  foldersOf(path: string): { own: string; root: string } | undefined {
    let own: string | undefined;
    let root: string | undefined;
    for (let at = posix.dirname(path), below = ''; at !== below; below = at, at = posix.dirname(at)) {
      const isChart = this.files.kind(posix.join(at, 'Chart.yaml')) === 'file';
      if (!isChart) continue;
      own ??= at;
      if (root !== undefined && posix.dirname(root) !== posix.join(at, 'charts')) break;
      root = at;
    }
    return own === undefined || root === undefined ? undefined : { own, root };
  }

  /** The chart around a file; undefined if there is none that can be read. */
  modelOf(path: string): ChartModel | undefined {
    const folders = this.foldersOf(path);
    const outcome = folders && this.current(folders.root).outcome;
    return outcome && 'model' in outcome ? outcome.model : undefined;
  }

  errorOf(path: string): ChartError | undefined {
    const folders = this.foldersOf(path);
    const outcome = folders && this.current(folders.root).outcome;
    return outcome && 'error' in outcome ? outcome.error : undefined;
  }

  /** What the chart around a file renders with its own values. */
  renderedOf(path: string): readonly RenderedFile[] {
    const folders = this.foldersOf(path);
    if (!folders) return [];
    const known = this.current(folders.root);
    if (!('model' in known.outcome)) return [];
    const { root, complete } = known.outcome.model;
    // Without its subcharts a chart says little.
    if (!complete || root.isLibrary) return [];
    known.rendered ??= renderChart(root, {
      files: this.files,
      release: { name: 'release-name', namespace: 'default' },
      now: () => new Date(),
      random: Math.random,
    });
    return known.rendered;
  }

  /** What helm makes of the chart around a file; undefined while that isn't known, or isn't of what is in the editor. */
  helmOf(path: string): HelmOutput | undefined {
    const folders = this.foldersOf(path);
    if (!this.helm || !folders) return undefined;
    const known = this.current(folders.root);
    if (!('model' in known.outcome) || known.outcome.model.root.isLibrary) return undefined;
    const isSaved = [...known.stamps.keys()].every((each) => this.files.isSaved(each));
    return isSaved ? this.helm.of(known, folders.root) : undefined;
  }

  private current(folder: string): Known {
    const known = this.known.get(folder);
    if (known && [...known.stamps].every(([path, stamp]) => this.files.stamp(path) === stamp)) return known;
    const used = new Set<string>([posix.join(folder, 'Chart.yaml'), posix.join(folder, 'charts')]);
    const outcome = this.load(folder, used);
    const made: Known = { outcome, stamps: new Map([...used].map((path) => [path, this.files.stamp(path)])) };
    this.known.set(folder, made);
    return made;
  }

  private load(folder: string, used: Set<string>): Outcome {
    try {
      return { model: modelOf(loadChart(this.files, folder, used)) };
    } catch (error) {
      if (error instanceof ChartError) return { error };
      throw error;
    }
  }

  /** A values file or any other YAML, with the places of its keys. */
  document(path: string): ParsedDocument | undefined {
    const text = this.files.text(path);
    return text === undefined ? undefined : parseManifests(text)[0];
  }
}

function modelOf(root: Chart): ChartModel {
  const charts = allCharts(root);
  const files = charts.flatMap((chart) =>
    chart.templates.map(({ path, text }): TemplateFile => {
      const parsed = parseTemplate(text, { isFunction });
      return { path, text, chart, parsed, uses: valueUses(parsed) };
    }),
  );
  const templates = new Map<string, NamedTemplate[]>();
  for (const file of files) {
    for (const definition of file.parsed.definitions) {
      templates.set(definition.name, [...(templates.get(definition.name) ?? []), { file, definition }]);
    }
  }
  return { root, files, templates, complete: charts.every(isComplete) };
}

const allCharts = (chart: Chart): Chart[] => [chart, ...chart.charts.flatMap(allCharts)];

function isComplete({ packed, dependencies, charts }: Chart): boolean {
  return packed.length === 0 && dependencies.every(({ name }) => charts.some((sub) => sub.name === name));
}
