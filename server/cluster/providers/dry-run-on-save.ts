import type { ServerContext } from '../../context';
import type { DocumentFinding } from '../../findings/finding';
import type { SourceFile } from '../../documents/source-file';
import { type Verdict, verdictOn } from '../dry-run/verdict';
import type { Refusal } from '../dry-run/refusal';
import { type LiveFileObject, objectsOf, rangeOf } from './live-file';

/** A finding in offsets of its document's own text: it moves with the document. */
interface Kept {
  readonly start: number;
  readonly findings: readonly DocumentFinding[];
}

/** Beyond so many objects a save would keep the server busy for long. */
const mostObjects = 200;

/** The cluster's word on a file's objects, asked for when it is saved, until what it was said of is edited. */
export function registerDryRunOnSave(context: ServerContext): void {
  const { documents, findings, logger } = context;
  /** By the identity of the document that was asked about. */
  const kept = new WeakMap<object, Kept>();
  const running = new Map<string, AbortController>();
  const forget = (uri: string): void => {
    running.get(uri)?.abort();
    running.delete(uri);
  };
  context.addFindings('dry-run', (file) =>
    file.documents.flatMap(({ identity, range }) => movedTo(kept.get(identity), range[0])),
  );
  documents.onDidSave(({ uri }) => {
    if (!context.settings().validation.dryRunOnSave || context.cluster.state !== 'connected') return;
    forget(uri);
    const attempt = new AbortController();
    running.set(uri, attempt);
    ask(uri, context, kept, attempt.signal)
      .then(() => findings.changed())
      .catch((error: unknown) => logger.warn({ uri, error: String(error) }, 'dry run on save failed'));
  });
  documents.onDidClose(({ uri }) => forget(uri));
  context.onStop(() => {
    for (const uri of running.keys()) forget(uri);
  });
}

async function ask(
  uri: string,
  context: ServerContext,
  kept: WeakMap<object, Kept>,
  signal: AbortSignal,
): Promise<void> {
  const file = context.documents.file(uri);
  const objects = objectsOf(uri, context).slice(0, mostObjects);
  const found = new Map<object, Kept>();
  for (const object of objects) {
    const { dryRunner } = context.cluster;
    if (signal.aborted || !dryRunner || !file) return;
    const beside = objects.filter((other) => other !== object).map(({ written }) => written);
    const verdict = await verdictOn(object.written, beside, dryRunner);
    const { identity, range } = object.document;
    const known = found.get(identity)?.findings ?? [];
    found.set(identity, { start: range[0], findings: [...known, ...verdictFindings(object, verdict, file, context)] });
  }
  for (const [identity, one] of found) kept.set(identity, one);
}

function verdictFindings(
  object: LiveFileObject,
  verdict: Verdict,
  file: SourceFile,
  context: ServerContext,
): DocumentFinding[] {
  const { podRefusals, warnings, refusals } = verdict;
  // What the rules found without the cluster is underlined already.
  const known = new Set(context.findings.of(file).map(({ start, message }) => `${start} ${message}`));
  const findings = [
    ...refusals.map((refusal) => finding(object, refusal, 'error')),
    ...podRefusals.map((refusal) =>
      finding(object, { ...refusal, message: `pods are refused: ${refusal.message}` }, 'warning'),
    ),
    ...warnings.map((message) => finding(object, { code: 'Warning', message, path: warningPath(message) }, 'warning')),
  ];
  return findings.filter(({ start, message }) => !known.has(`${start} ${message}`));
}

function finding(
  object: LiveFileObject,
  { path, code, message }: Pick<Refusal, 'path' | 'code' | 'message'>,
  severity: 'error' | 'warning',
): DocumentFinding {
  return { ...rangeOf(object, path), severity, source: 'cluster', code, message };
}

/** A warning begins with the path of its field, if it is about one. */
function warningPath(message: string): string[] {
  const path = /^([a-z]\w*(?:[.[][\w.[\]-]*)?): /.exec(message)?.[1];
  return path ? (path.match(/[^.[\]]+/g) ?? []) : ['kind'];
}

function movedTo(kept: Kept | undefined, start: number): DocumentFinding[] {
  const delta = start - (kept?.start ?? 0);
  return (kept?.findings ?? []).map((one) => ({ ...one, start: one.start + delta, end: one.end + delta }));
}
