import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { DocumentFinding, Severity } from '../findings/finding';
import { makePlan } from '../lint/plan';
import { type LintSettings, lintSettings } from '../lint/settings';
import { applyEdits, type TextEdit } from '../manifests/edits';
import { displayName, InputError, readFiles } from './files';
import { Inspector } from './inspector';
import { type Format, formats, printFindings, type ToldFinding } from './output';

const severities: readonly Severity[] = ['hint', 'information', 'warning', 'error'];

interface Options {
  output: Format;
  strict?: boolean;
  fix?: boolean;
  minSeverity: Severity;
  enable?: string[];
  rule?: Record<string, string>;
  crds?: string[];
  kubernetesVersion?: string;
}

export interface Streams {
  input: AsyncIterable<Buffer | string>;
  out: { write(text: string): unknown; isTTY?: boolean };
  err: { write(text: string): unknown };
}

/** Runs `podium lint`; resolves with the exit code: 1 for findings, 2 for what can't be read or understood. */
export async function lintCommand(args: readonly string[], streams: Streams): Promise<number> {
  let code = 0;
  const command = new Command('podium lint')
    .description(
      'Tells what the API server would say of manifests, what their references miss, and what lint rules find.',
    )
    .argument('<paths...>', 'files, folders, or - for the standard input')
    .addOption(new Option('-o, --output <format>', 'how it is told').choices(formats).default('text'))
    .option('--strict', 'warnings too are a reason for exit code 1')
    .option('--fix', 'make the quick fixes that are plain, in the files')
    .addOption(
      new Option('--min-severity <severity>', 'what is less than that is not told')
        .choices(severities)
        .default('warning'),
    )
    .option('--enable <presets>', 'presets of lint rules, separated by commas, instead of podium.yaml', listed)
    .option('--rule <id=value>', 'a lint rule on, off or of a severity, instead of podium.yaml; again for more', ruled)
    .option('--crds <paths>', 'files, folders or globs of custom resource definitions, separated by commas', listed)
    .option('--kubernetes-version <version>', 'the version that the manifests are meant for: 1.31')
    .configureOutput({ writeOut: (text) => streams.out.write(text), writeErr: (text) => streams.err.write(text) })
    .exitOverride()
    .action(async (paths: string[], options: Options) => {
      code = await inspect(paths, options, streams);
    });
  try {
    await command.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof InputError)) throw error;
    streams.err.write(`error: ${error.message}\n`);
    return 2;
  }
}

const listed = (text: string): string[] => text.split(',').map((name) => name.trim());

function ruled(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [id = '', value = 'on'] = text.split('=', 2);
  if (id === '') throw new InvalidArgumentError('a rule is written as id=on, id=off or id=SEVERITY');
  return { ...before, [id]: value };
}

/** What the flags say of lint rules; undefined if they say nothing, so that `podium.yaml` holds. */
function settingsOf({ enable, rule }: Options): LintSettings | undefined {
  if (!enable && !rule) return undefined;
  const { data, error } = lintSettings.safeParse({ ...(enable && { enable }), ...(rule && { rules: rule }) });
  const problems = error ? error.issues.map(({ path }) => `${path.slice(1).join('.')}: no such value`) : [];
  if (data) problems.push(...makePlan(data).problems.map(({ message }) => message));
  if (problems.length > 0) throw new InputError(problems.join('\nerror: '));
  return data;
}

async function inspect(paths: readonly string[], options: Options, { input, out, err }: Streams): Promise<number> {
  const { kubernetesVersion } = options;
  const customResourceDefinitions = options.crds?.map((path) => resolve(path));
  const lint = settingsOf(options);
  const settings = {
    ...(lint && { lint }),
    ...(kubernetesVersion && { kubernetesVersion }),
    ...(customResourceDefinitions && { customResourceDefinitions }),
  };
  const inspector = await Inspector.of(await readFiles(paths, input), settings);
  const files = inspector.files();
  if (options.fix) await fixFiles(inspector, err);
  const least = severities.indexOf(options.minSeverity);
  const told = files.flatMap((uri) =>
    toldIn(inspector, uri).filter(({ finding }) => severities.indexOf(finding.severity) >= least),
  );
  const color = out.isTTY === true && !process.env.NO_COLOR;
  out.write(printFindings(options.output, told, files.length, color));
  const wrong: readonly Severity[] = options.strict ? ['error', 'warning'] : ['error'];
  return told.some(({ finding }) => wrong.includes(finding.severity)) ? 1 : 0;
}

function toldIn(inspector: Inspector, uri: string): ToldFinding[] {
  const document = TextDocument.create(uri, '', 1, inspector.text(uri));
  const file = displayName(uri);
  return inspector.findingsIn(uri).map((finding) => {
    const [start, end] = [document.positionAt(finding.start), document.positionAt(finding.end)];
    return {
      file,
      line: start.line + 1,
      column: start.character + 1,
      endLine: end.line + 1,
      endColumn: end.character + 1,
      finding,
    };
  });
}

/** A fix can bring up another finding; none of ours goes on for ever, but nobody's may. */
const maxRounds = 20;

async function fixFiles(inspector: Inspector, err: Streams['err']): Promise<void> {
  for (const uri of inspector.files()) {
    const before = inspector.text(uri);
    for (let round = 0; round < maxRounds; round++) {
      const edits = plainFixes(inspector.findingsIn(uri));
      if (edits.length === 0) break;
      inspector.replace(uri, applyEdits(inspector.text(uri), edits));
    }
    const after = inspector.text(uri);
    if (after === before) continue;
    if (displayName(uri) === '<stdin>') throw new InputError('the standard input can not be fixed');
    await writeFile(fileURLToPath(uri), after);
    err.write(`fixed ${displayName(uri)}\n`);
  }
}

/** Edits of preferred fixes that touch each other nowhere: two that make the same mapping would make it twice. */
function plainFixes(findings: readonly DocumentFinding[]): TextEdit[] {
  const taken: TextEdit[] = [];
  for (const { fixes = [] } of findings) {
    const edits = fixes.find(({ preferred }) => preferred)?.edits ?? [];
    const free = edits.every((edit) => taken.every(({ start, end }) => edit.end < start || end < edit.start));
    if (free) taken.push(...edits);
  }
  return taken;
}
