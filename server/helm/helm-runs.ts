import { execFile } from 'node:child_process';
import { devNull, tmpdir } from 'node:os';
import { promisify } from 'node:util';
import type { Logger } from '../../runtime/log';

/** What helm renders of a chart, or why it doesn't. */
export type HelmOutput =
  | { readonly texts: ReadonlyMap<string, string> }
  /** Undefined in both if helm says nothing of the chart: it isn't there, or took too long. */
  | { readonly texts?: undefined; readonly problem: HelmProblem | undefined };

/** Where helm stops: a template by its `# Source:` name, the line and column from 1. */
export interface HelmProblem {
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const timeoutMs = 10_000;
const maxOutput = 64 * 1024 * 1024;
/** A helm that isn't there is looked for again after so long. */
const absentMs = 60_000;

/**
 * Runs `helm template` on charts as they are on disk, in the background and one at a time. Nothing is fetched:
 * only the chart's own folder is named, and no cluster is.
 */
export class HelmRuns {
  private readonly outputs = new WeakMap<object, { command: string; output?: HelmOutput }>();
  private readonly stopping = new AbortController();
  private last: Promise<void> = Promise.resolve();
  private absent = { command: '', until: 0 };

  constructor(
    private readonly options: { command(): string; done(): void; logger: Logger },
  ) {}

  /** What helm made of a chart's state; undefined while that isn't known. */
  of(state: object, folder: string): HelmOutput | undefined {
    const command = this.options.command();
    const known = this.outputs.get(state);
    if (known?.command === command) return known.output;
    const isAbsent = this.absent.command === command && Date.now() < this.absent.until;
    if (command === '' || isAbsent || this.stopping.signal.aborted) return undefined;
    const made: { command: string; output?: HelmOutput } = { command };
    this.outputs.set(state, made);
    this.last = this.last.then(async () => {
      const output = await this.run(command, folder);
      if (this.absent.command === command) this.outputs.delete(state);
      made.output = output;
      if (output.texts || output.problem) this.options.done();
    });
    return undefined;
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Never rejects. */
  private async run(command: string, folder: string): Promise<HelmOutput> {
    const { logger } = this.options;
    const { signal } = this.stopping;
    this.absent = { command: '', until: 0 };
    try {
      const { stdout } = await promisify(execFile)(command, ['template', 'release-name', folder, '--namespace', 'default'], {
        // Not a folder of the workspace: some systems look for the program there.
        cwd: tmpdir(),
        env: { ...process.env, KUBECONFIG: devNull, HELM_KUBEAPISERVER: '' },
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: maxOutput,
        windowsHide: true,
        signal,
      });
      return { texts: textsBySource(stdout) };
    } catch (error) {
      const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
      if (code === 'ENOENT' || code === 'EACCES') this.absent = { command, until: Date.now() + absentMs };
      if (!signal.aborted) logger.debug({ folder, error: String(error).slice(0, 2000) }, 'helm template failed');
      return { problem: typeof code === 'number' ? problemIn(stderr) : undefined };
    }
  }
}

/** The manifests of each template, under the name that helm's comment has. */
function textsBySource(output: string): Map<string, string> {
  const texts = new Map<string, string>();
  for (const part of output.split(/^---\r?\n(?=# Source: )/m)) {
    const source = /^# Source: (.+?)\r?\n/.exec(part);
    if (!source?.[1]) continue;
    const text = part.slice(source[0].length);
    const before = texts.get(source[1]);
    texts.set(source[1], before === undefined ? text : `${before}---\n${text}`);
  }
  return texts;
}

/** The first place that an error of helm's names, and what it says last. */
function problemIn(stderr: string): HelmProblem | undefined {
  const text = stderr.trim();
  const place = /\(([^\s():]+):(\d+):(\d+)\)/.exec(text) ?? /template: ([^\s:]+):(\d+)(?::(\d+))?/.exec(text);
  if (!place?.[1]) return undefined;
  const message = /\(\S+:\d+:\d+\): ([^]*)$/.exec(text)?.[1] ?? /.*(?:>|\d+): ([^]*)$/.exec(text)?.[1] ?? text;
  return { source: place[1], line: Number(place[2]), column: Number(place[3] ?? 1), message };
}
