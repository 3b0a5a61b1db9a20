import { afterEach, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { speak, t } from './words';

afterEach(() => speak(undefined));

it('says what is written where the editor speaks English', () => {
  expect(t`Stop cluster "${'dev'}"?`).toBe('Stop cluster "dev"?');
});

it('says it in the language of the editor, with values where that language has them', () => {
  speak({ '{0} of {1} pods are ready': '{1} Pods, {0} bereit' });
  expect(t`${2} of ${3} pods are ready`).toBe('3 Pods, 2 bereit');
  expect(t`no pods`).toBe('no pods');
});

it('leaves values alone that look like places for values', () => {
  expect(t`Deleted ${'{1}'}, not ${'b'}`).toBe('Deleted {1}, not b');
});

it('has a German bundle', () => {
  speak(JSON.parse(readFileSync('l10n/bundle.l10n.de.json', 'utf8')) as Record<string, string>);
  expect(t`Cluster "${'dev'}" does not run.`).toBe('Cluster „dev“ läuft nicht.');
});
