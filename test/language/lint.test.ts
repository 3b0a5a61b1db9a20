import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../runtime/api/yaml';
import { findingsOf } from '../../server/findings/api';
import { Neighbours } from '../../server/lint/neighbours';
import { makePlan } from '../../server/lint/plan';
import { rules } from '../../server/lint/rules';
import type { LintSettings } from '../../server/lint/settings';
import { subjectOf } from '../../server/lint/subject';
import { manifestsIn } from '../../server/manifests/manifest-objects';
import { fixAll, lintText, printFindings } from './lint-harness';

const folder = join(import.meta.dirname, 'lint');

/** The rule alone, with the options that the file's first line names: `# options: {min: 3}`. */
function settingsFor(id: string, text: string): LintSettings {
  const written = /^# options: (.*)$/m.exec(text)?.[1];
  const options = written === undefined ? {} : (parseManifests(written)[0]?.value as Record<string, unknown>);
  return { enable: [], rules: { [id]: options } };
}

it('every rule has its files, and every file its rule', () => {
  expect(readdirSync(folder).sort()).toEqual(rules.map(({ id }) => id).sort());
});

describe.each(rules.map(({ id }) => id))('%s', (id) => {
  const read = (name: string): string => readFileSync(join(folder, id, name), 'utf8');
  const failing = read('failing.yaml');

  it('finds what is wrong, where it is', async () => {
    const settings = settingsFor(id, failing);
    const findings = lintText(failing, settings);
    expect(findings.length).toBeGreaterThan(0);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set([id]));
    await expect(printFindings(failing, findings)).toMatchFileSnapshot(join(folder, id, 'failing.txt'));
  });

  it('finds nothing in what is right', () => {
    const passing = read('passing.yaml');
    expect(printFindings(passing, lintText(passing, settingsFor(id, passing)))).toBe('');
  });

  it('repairs what can be repaired, and the API server takes it', async () => {
    const settings = settingsFor(id, failing);
    const fixed = fixAll(failing, settings);
    if (fixed === failing) return;
    await expect(fixed).toMatchFileSnapshot(join(folder, id, 'fixed.yaml'));
    const rest = lintText(fixed, settings);
    expect(rest.filter(({ fixes }) => fixes?.length)).toEqual([]);
    const errors = (text: string) =>
      findingsOf(text)
        .filter(({ severity }) => severity === 'error')
        .map(({ message }) => message);
    expect(errors(fixed)).toEqual(errors(failing));
  });
});

/** Objects that a file names; a repair changes what is in them. */
const named = (text: string): string[] =>
  parseManifests(text)
    .flatMap(({ value }) => manifestsIn(value))
    .map(({ value: { kind, metadata } }) => `${kind} ${metadata?.name}`);

describe('what a person repairs', () => {
  const byHand = rules.map(({ id }) => id).filter((id) => !fixesItself(id));

  it.each(byHand)('%s finds nothing any more, and the API server takes it', (id) => {
    const read = (name: string): string => readFileSync(join(folder, id, name), 'utf8');
    const [failing, fixed] = [read('failing.yaml'), read('fixed.yaml')];
    expect(printFindings(fixed, lintText(fixed, settingsFor(id, failing)))).toBe('');
    expect(named(fixed)).toEqual(named(failing));
    expect(findingsOf(fixed).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

function fixesItself(id: string): boolean {
  const failing = readFileSync(join(folder, id, 'failing.yaml'), 'utf8');
  return fixAll(failing, settingsFor(id, failing)) !== failing;
}

/** The documents of a file as one JSON list, which has no comments. */
function asJson(text: string, indent: number | undefined): string {
  const items = parseManifests(text).map(({ value }) => value);
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, indent);
}

const values = (text: string): unknown => parseManifests(text).map(({ value }) => value);
const fixable = rules.map(({ id }) => id).filter((id) => existsSync(join(folder, id, 'fixed.yaml')));

describe('repairs of other ways to write the same', () => {
  it.each(fixable)('%s', (id) => {
    const failing = readFileSync(join(folder, id, 'failing.yaml'), 'utf8');
    const settings = settingsFor(id, failing);
    const fixed = values(fixAll(failing, settings));
    const items = [{ apiVersion: 'v1', kind: 'List', items: fixed }];
    for (const indent of [undefined, 2, 4]) expect(values(fixAll(asJson(failing, indent), settings))).toEqual(items);
    const windows = fixAll(failing.replaceAll('\n', '\r\n'), settings);
    expect(windows.replaceAll('\r\n', '\n')).toBe(fixAll(failing, settings));
    const unended = failing.trimEnd();
    expect(values(fixAll(unended, settings))).toEqual(fixed);
  });

  it('JSON that stands on lines of its own stays so', () => {
    const failing = readFileSync(join(folder, 'seccomp-profile-missing', 'failing.yaml'), 'utf8');
    const fixed = fixAll(asJson(failing, 2), settingsFor('seccomp-profile-missing', failing));
    expect(fixed).toBe(JSON.stringify(JSON.parse(fixed), null, 2));
  });
});

describe('the files themselves', () => {
  it.each(rules.map(({ id }) => id))('the API server takes those of %s', (id) => {
    for (const name of ['failing.yaml', 'passing.yaml']) {
      const text = readFileSync(join(folder, id, name), 'utf8');
      const errors = findingsOf(text).filter(({ severity }) => severity === 'error');
      expect(printFindings(text, errors)).toBe('');
    }
  });
});

describe('no rule throws', () => {
  /** The value with each of its fields left out once, and once empty. */
  function* mutilated(value: unknown): Generator<unknown> {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) for (const less of mutilated(item)) yield value.with(i, less);
      yield [];
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        const { [key]: _, ...rest } = value as Record<string, unknown>;
        yield rest;
        for (const less of mutilated(inner)) yield { ...rest, [key]: less };
        yield { ...rest, [key]: typeof inner === 'string' ? '' : {} };
      }
    }
  }

  it('whatever is missing', () => {
    const plan = makePlan({ enable: ['all'] });
    let looked = 0;
    for (const { id } of rules) {
      const items = parseManifests(readFileSync(join(folder, id, 'failing.yaml'), 'utf8')).map(({ value }) => value);
      for (const less of mutilated(items)) {
        const objects = manifestsIn({ apiVersion: 'v1', kind: 'List', items: less });
        const ofKind = (group: string, kind: string) =>
          objects.filter(({ type }) => type?.group === group && type.kind === kind);
        for (const { value, type } of objects) {
          const subject = subjectOf(value, type);
          if (!subject) continue;
          for (const { rule, options } of plan.active.values()) {
            const looks = rule.kinds === 'all' || rule.kinds === 'pods' || rule.kinds.includes(subject.kind);
            if (looks) rule.run(subject, options, new Neighbours({ ofKind }));
          }
          looked++;
        }
      }
    }
    expect(looked).toBeGreaterThan(3000);
  });
});
