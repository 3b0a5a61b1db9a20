import { posix } from 'node:path';
import { execute, ExecutionError, GoStruct, parseTemplate, print, ValueError, withDepth } from '../go-template';
import type { Chunk, DepthFunction, Executable, GoFunction, ParsedTemplate, Place } from '../go-template';
import { isMap } from '../go-template/values';
import type { GoMap } from '../go-template/values';
import { catalogue } from '../catalogue';
import { apiVersionOf } from '../object';
import type { Chart, ChartFile, ChartFiles } from './chart';
import { withArchives } from './archives';
import { filesObject, helmFunctions } from './functions';
import type { Surroundings } from './functions';
import { chartValues, subchartsOf } from './values';

export interface Release {
  readonly name: string;
  readonly namespace: string;
}

export interface RenderOptions extends Surroundings {
  readonly files: ChartFiles;
  /** What is given beside the chart's own values. */
  readonly values?: GoMap;
  readonly release: Release;
}

/** A template file and what came of it. */
export interface RenderedFile {
  /** `web/templates/deployment.yaml`, as helm's `# Source:` has it. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly chunks: readonly Chunk[];
  readonly error?: ExecutionError;
  /** The error is that something needs helm itself. */
  readonly needsHelm?: boolean;
}

/** Where an offset of a rendered text comes from in the template: the place itself, or the action that wrote it. */
export function placeOf({ chunks }: RenderedFile, offset: number): Place | undefined {
  let at = 0;
  for (const { text, place } of chunks) {
    if (offset < at + text.length) {
      const exact = text.length === place.end - place.start;
      const start = place.start + (offset - at);
      return exact ? { start, end: start } : place;
    }
    at += text.length;
  }
  return chunks.at(-1)?.place;
}

/** Seconds of work are enough for any chart; what takes longer doesn't end. */
const maxSteps = 5_000_000;

/**
 * Renders a chart with its subcharts as `helm template` does, without helm: what one file's error is costs the others
 * nothing. `lookup` finds nothing, the cluster is a Kubernetes 1.36.
 */
export function renderChart(chart: Chart, options: RenderOptions): RenderedFile[] {
  return new Renderer(options).render(chart);
}

interface Prepared {
  file: ChartFile;
  name: string;
  data: GoMap;
  parsed: ParsedTemplate;
}

/** Names of all functions that a chart's templates may call. */
export const functionNames: ReadonlySet<string> = new Set([
  ...Object.keys(helmFunctions({ now: () => new Date(0), random: () => 0 })),
  ...[
    'include',
    'tpl',
    'and',
    'or',
    'not',
    'len',
    'index',
    'slice',
    'eq',
    'ne',
    'lt',
    'le',
    'gt',
    'ge',
    'print',
    'println',
    'printf',
    'html',
    'js',
    'urlquery',
    'call',
  ],
]);

const isFunction = (name: string): boolean => functionNames.has(name);
const parsedTexts = new Map<string, ParsedTemplate>();

function parsed(text: string): ParsedTemplate {
  let known = parsedTexts.get(text);
  if (!known) {
    if (parsedTexts.size > 500) parsedTexts.clear();
    parsedTexts.set(text, (known = parseTemplate(text, { isFunction })));
  }
  return known;
}

class Renderer {
  private readonly templates = new Map<string, Executable>();
  private readonly functions: Record<string, GoFunction>;
  private readonly including = new Map<string, number>();
  private steps = 0;

  constructor(private readonly options: RenderOptions) {
    this.functions = { ...helmFunctions(options), include: this.include(), tpl: this.tpl() };
  }

  render(chart: Chart): RenderedFile[] {
    const values = chartValues(chart, this.options.values ?? {});
    const prepared = this.prepare(chart, chart.name, values, true);
    // Those of parents come last, so that theirs is what a name means.
    const byDepth = prepared.toSorted(
      (a, b) => b.name.split('/').length - a.name.split('/').length || (a.name < b.name ? 1 : -1),
    );
    for (const each of byDepth) this.define(each);
    return prepared.filter(({ name }) => this.isRendered(name)).map((each) => this.renderFile(each));
  }

  private isRendered(name: string): boolean {
    return !posix.basename(name).startsWith('_') && !name.endsWith('NOTES.txt');
  }

  private prepare(chart: Chart, name: string, values: GoMap, isRoot: boolean): Prepared[] {
    const subcharts = subchartsOf(chart, values);
    const data: GoMap = {
      ...this.common(),
      Chart: metadataStruct(chart, isRoot),
      Values: values,
      Files: this.filesOf(chart),
    };
    const below = subcharts.map(({ chart: sub, key }) => {
      const own = values[key];
      // An alias is the chart's name, to its templates too.
      const called = { ...sub, metadata: { ...sub.metadata, name: key } };
      return { key, prepared: this.prepare(called, `${name}/charts/${key}`, isMap(own) ? own : {}, false) };
    });
    data['Subcharts'] = Object.fromEntries(below.map(({ key, prepared }) => [key, prepared[0]?.data ?? {}]));
    const files = chart.templates.filter((file) => !chart.isLibrary || posix.basename(file.name).startsWith('_'));
    const own = files.map((file): Prepared => {
      const full = `${name}/${file.name}`;
      const template = { Name: full, BasePath: `${name}/templates` };
      return { file, name: full, data: { ...data, Template: template }, parsed: parsed(file.text) };
    });
    return [...own, ...below.flatMap(({ prepared }) => prepared)];
  }

  private common(): GoMap {
    const { name, namespace } = this.options.release;
    return {
      Release: { Name: name, Namespace: namespace, IsInstall: true, IsUpgrade: false, Revision: 1n, Service: 'Helm' },
      Capabilities: capabilities,
    };
  }

  private filesOf({ folder }: Chart): GoStruct {
    const files = withArchives(this.options.files);
    const below = (at: string, depth: number): string[] =>
      depth > 10
        ? []
        : files.list(posix.join(folder, at)).flatMap((entry) => {
            const name = posix.join(at, entry);
            if (at === '' && ['templates', 'charts', 'crds', 'Chart.yaml', 'values.yaml', '.git'].includes(entry))
              return [];
            return files.kind(posix.join(folder, name)) === 'folder' ? below(name, depth + 1) : [name];
          });
    return filesObject(
      () => below('', 0),
      (name) => {
        if (name.startsWith('..') || name.startsWith('templates/')) return undefined;
        const bytes = files.read(posix.join(folder, name));
        return bytes && new TextDecoder().decode(bytes);
      },
    );
  }

  private define({ file, name, parsed: { body, definitions } }: Prepared): void {
    const place = { file: file.path, text: file.text };
    this.templates.set(name, { ...place, name, body });
    for (const definition of definitions)
      this.templates.set(definition.name, { ...place, name: definition.name, body: definition.body });
  }

  private renderFile({ file, name, data, parsed: { errors } }: Prepared): RenderedFile {
    const { path, text } = file;
    const [error] = errors;
    if (error)
      return {
        name,
        path,
        text,
        chunks: [],
        error: new ExecutionError(error.message, path, error, `${path}: ${error.message}`),
      };
    this.steps = 0;
    this.including.clear();
    try {
      return { name, path, text, chunks: this.run(this.templates.get(name)!, data, 0) };
    } catch (thrown) {
      const failed =
        thrown instanceof RangeError
          ? new ExecutionError(
              'the templates nest too deep',
              path,
              { start: 0, end: 1 },
              `${path}: the templates nest too deep`,
            )
          : thrown;
      if (!(failed instanceof ExecutionError)) throw failed;
      return {
        name,
        path,
        text,
        chunks: [],
        error: failed,
        ...(/ needs helm\b/.test(failed.problem) && { needsHelm: true }),
      };
    }
  }

  private run(template: Executable, data: unknown, depth: number, more?: ReadonlyMap<string, Executable>): Chunk[] {
    const { functions } = this;
    const lookUp = (name: string) => more?.get(name) ?? this.templates.get(name);
    const tick = () => {
      if (++this.steps > maxSteps) throw new ValueError('the template does not come to an end');
    };
    return execute(template, data, { functions, lookUp, tick }, depth);
  }

  private include(): GoFunction {
    return deep((depth, name, data) => {
      const called = print(name);
      const template = this.templates.get(called);
      if (!template)
        throw new ValueError(`template: no template ${JSON.stringify(called)} associated with template "gotpl"`);
      const nested = (this.including.get(called) ?? 0) + 1;
      if (nested > 200)
        throw new ValueError(`rendering template has a nested reference name: ${called}: unable to execute template`);
      this.including.set(called, nested);
      try {
        return this.run(template, data, depth)
          .map(({ text }) => text)
          .join('');
      } finally {
        this.including.set(called, nested - 1);
      }
    });
  }

  private tpl(): GoFunction {
    return deep((depth, text, data) => {
      const source = print(text);
      const { body, definitions, errors } = parsed(source);
      if (errors[0]) throw new ValueError(`cannot parse template ${JSON.stringify(source)}: ${errors[0].message}`);
      const place = { file: 'tpl', text: source };
      const more = new Map(
        definitions.map((definition) => [definition.name, { ...place, name: definition.name, body: definition.body }]),
      );
      return this.run({ ...place, name: 'tpl', body }, data, depth, more)
        .map((chunk) => chunk.text)
        .join('');
    });
  }
}

function deep(call: (depth: number, ...args: unknown[]) => unknown): GoFunction {
  const direct: DepthFunction = (...args) => call(0, ...args);
  direct[withDepth] = (depth, args) => call(depth, ...args);
  return direct;
}

const kubeVersion = new GoStruct(
  'chartutil.KubeVersion',
  { Version: 'v1.36.0', Major: '1', Minor: '36', GitVersion: 'v1.36.0' },
  { String: () => 'v1.36.0' },
  'v1.36.0',
);

function versionSet(): GoStruct {
  const resources = catalogue.allResources();
  const served = new Set(resources.flatMap((info) => [apiVersionOf(info), `${apiVersionOf(info)}/${info.kind}`]));
  return new GoStruct(
    'chartutil.VersionSet',
    {},
    { Has: (name) => served.has(print(name)) },
    `[${[...served].join(' ')}]`,
  );
}

const capabilities = new GoStruct('*chartutil.Capabilities', {
  KubeVersion: kubeVersion,
  get APIVersions() {
    return versionSet();
  },
  HelmVersion: { Version: 'v3.19.0', GitCommit: '', GitTreeState: 'clean', GoVersion: 'go1.24' },
});

const metadataFields = [
  'name',
  'home',
  'sources',
  'version',
  'description',
  'keywords',
  'maintainers',
  'icon',
  'apiVersion',
  'condition',
  'tags',
  'appVersion',
  'deprecated',
  'annotations',
  'kubeVersion',
  'dependencies',
  'type',
];
const empty: Record<string, unknown> = {
  sources: [],
  keywords: [],
  maintainers: [],
  annotations: {},
  dependencies: [],
  deprecated: false,
};

/** `.Chart`: what Chart.yaml has, by Go's names. */
function metadataStruct({ metadata }: Chart, isRoot: boolean): GoStruct {
  const fields = Object.fromEntries(
    metadataFields.map((field) => {
      const value = metadata[field] ?? empty[field] ?? '';
      const name = field === 'apiVersion' ? 'APIVersion' : field[0]!.toUpperCase() + field.slice(1);
      return [name, typeof value === 'number' ? print(value) : value];
    }),
  );
  return new GoStruct('chart.Metadata', { ...fields, IsRoot: isRoot }, {}, print(fields));
}
