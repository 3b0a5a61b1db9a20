import { setTimeout as sleep } from 'node:timers/promises';
import { parseManifests } from '../../../runtime/api/yaml';
import type { ParsedDocument } from '../../../runtime/api/yaml';
import type { ServerContext } from '../../context';
import type { SourceFile } from '../../documents/source-file';
import type { FindingFix } from '../../findings/finding';
import { manifestsIn } from '../../manifests/manifest-objects';
import { objectsOf } from '../providers/live-file';
import { writtenObject, type WrittenObject } from '../written-object';
import type { DryRunner } from './dry-runner';
import { verdictOn } from './verdict';

/** What the cluster says of a fix; unknown if it can't be asked, takes long, or refuses what else is wrong already. */
export type Proof = 'accepted' | 'refused' | 'unknown';

/** Who waits for code actions waits no longer than this for the cluster. */
const patienceMs = 1000;
/** The editor asks for actions wherever the cursor goes; so long the cluster's last word counts. */
const freshMs = 15_000;
const mostKept = 100;

interface Word {
  readonly at: number;
  /** Why the object would be refused, and its pods; undefined if nothing can be told. */
  readonly reasons: Promise<ReadonlySet<string> | undefined>;
}

/** Asks the cluster by dry-run what it would make of fixes. */
export class FixProofs {
  private readonly words = new WeakMap<DryRunner, Map<string, Word>>();

  constructor(private readonly context: ServerContext) {}

  /** Never throws. */
  async of(edits: FindingFix['edits'], file: SourceFile): Promise<Proof> {
    const { dryRunner } = this.context.cluster;
    if (!dryRunner) return 'unknown';
    const late = new AbortController();
    const given = sleep(patienceMs, 'unknown' as const, { signal: late.signal }).catch(() => 'unknown' as const);
    try {
      return await Promise.race([this.ask(edits, file, dryRunner), given]);
    } catch (error) {
      this.context.logger.debug({ uri: file.uri, error: String(error) }, 'a fix could not be checked by the cluster');
      return 'unknown';
    } finally {
      late.abort();
    }
  }

  private async ask(edits: FindingFix['edits'], file: SourceFile, runner: DryRunner): Promise<Proof> {
    const change = this.changeBy(edits, file);
    if (!change || change.after.length === 0) return 'unknown';
    const beside = objectsOf(file.uri, this.context).map(({ written }) => written);
    let isAccepted = true;
    for (const object of change.after) {
      const now = await this.word(object, beside, runner);
      if (now?.size === 0) continue;
      isAccepted = false;
      const before = change.before.find(({ kind, name }) => kind === object.kind && name === object.name);
      const known = before && (await this.word(before, beside, runner));
      if (now && [...now].some((reason) => !known?.has(reason))) return 'refused';
    }
    return isAccepted ? 'accepted' : 'unknown';
  }

  /** The objects that a fix changes, as they are and as they would be; undefined for one that isn't within a document. */
  private changeBy(
    edits: FindingFix['edits'],
    { documents, text }: SourceFile,
  ): { before: WrittenObject[]; after: WrittenObject[] } | undefined {
    const document = documents.find(({ range: [from, to] }) => edits.every(({ start, end }) => from <= start && end <= to));
    if (!document || document.errors.length > 0) return undefined;
    const [fixed, another] = parseManifests(edited(text, document.range, edits));
    if (!fixed || another || fixed.errors.length > 0) return undefined;
    const before = this.written(document);
    const same = new Set(before.map(({ value }) => JSON.stringify(value, plain)));
    return { before, after: this.written(fixed).filter(({ value }) => !same.has(JSON.stringify(value, plain))) };
  }

  private written({ value }: ParsedDocument): WrittenObject[] {
    const { types, cluster } = this.context;
    return manifestsIn(value, types).flatMap((each) => writtenObject(each.value, each.type, cluster.namespace) ?? []);
  }

  private word(object: WrittenObject, all: readonly WrittenObject[], runner: DryRunner): Word['reasons'] {
    const words = this.words.get(runner) ?? new Map<string, Word>();
    this.words.set(runner, words);
    const key = JSON.stringify([object.namespace, object.value], plain);
    const known = words.get(key);
    const now = Date.now();
    if (known && now - known.at < freshMs) return known.reasons;
    if (words.size >= mostKept) words.clear();
    const beside = all.filter(({ kind, name }) => kind !== object.kind || name !== object.name);
    const reasons = verdictOn(object, beside, runner).then(({ isTooEarly, refusals, podRefusals }) =>
      isTooEarly ? undefined : new Set([...refusals, ...podRefusals].map(({ path, message }) => `${path.join('.')} ${message}`)),
    );
    // One that fails is asked about again.
    reasons.catch(() => words.delete(key));
    words.set(key, { at: now, reasons });
    return reasons;
  }
}

/** JSON of values whose large integers are bigint. */
const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

/** A part of a text with edits of it made. */
function edited(text: string, [from, to]: readonly [number, number], edits: FindingFix['edits']): string {
  let result = text.slice(from, to);
  for (const { start, end, text: inserted } of edits.toSorted((a, b) => b.start - a.start)) {
    result = result.slice(0, start - from) + inserted + result.slice(end - from);
  }
  return result;
}
