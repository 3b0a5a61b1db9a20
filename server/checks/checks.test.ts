import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../runtime/api/yaml';
import { nothingLive } from '../references/live-objects';
import { indexOf, setFile, uriOf } from '../references/test-workspace';
import type { CheckSettings } from './check';
import { notKustomized } from '../references/kustomized';
import { findingsIn } from './register';

const settings: CheckSettings = { missing: 'likely', undeclaredPorts: 'hint' };

function findingsOf(files: Readonly<Record<string, string>>, name: string, changed: Partial<CheckSettings> = {}) {
  const index = indexOf(files);
  const text = files[name] ?? '';
  const file = { uri: uriOf(name), text, version: 1, kind: 'manifest' as const, documents: parseManifests(text) };
  return findingsIn(file, { index, live: nothingLive, kustomized: notKustomized, settings: { ...settings, ...changed } });
}

const pod = (config: string) => `apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: a, image: a, envFrom: [{configMapRef: {name: ${config}}}]}]}
`;
const config = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

describe('a reference that leads nowhere', () => {
  const messages = (files: Readonly<Record<string, string>>, changed: Partial<CheckSettings> = {}) =>
    findingsOf(files, 'pod.yaml', changed).map(({ message }) => message);

  it('is left alone in a file by itself: who applies it knows', () => {
    expect(messages({ 'pod.yaml': pod('settings') })).toEqual([]);
  });

  it('is told beside an object of a similar name', () => {
    expect(messages({ 'pod.yaml': pod('settings'), 'config.yaml': config('setings') })).toEqual([
      'ConfigMap "settings" does not exist in the workspace; nearest is ConfigMap "setings" (config.yaml)',
    ]);
  });

  it('is told in a folder whose only ConfigMap is nobody else’s', () => {
    expect(messages({ 'pod.yaml': pod('settings'), 'config.yaml': config('other') })).toHaveLength(1);
  });

  it('is left alone in a folder of examples that lack most of what they need', () => {
    const examples = Object.fromEntries([1, 2, 3, 4].map((n) => [`pod${n}.yaml`, pod(`absent-${n}`)]));
    expect(messages({ ...examples, 'pod.yaml': pod('settings'), 'a.yaml': config('first'), 'b.yaml': config('second') })).toEqual([]);
  });

  it('is left alone where a generator makes it', () => {
    const kustomization =
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nconfigMapGenerator: [{name: settings}]\n';
    expect(messages({ 'pod.yaml': `${pod('settings')}---\n${config('other')}`, 'kustomization.yaml': kustomization })).toEqual([]);
  });

  it('is told always, or never, where the settings say so', () => {
    expect(messages({ 'pod.yaml': pod('settings') }, { missing: 'always' })).toHaveLength(1);
    expect(messages({ 'pod.yaml': pod('settings'), 'config.yaml': config('setings') }, { missing: 'never' })).toEqual([]);
  });
});

describe('any text', () => {
  const folder = join(import.meta.dirname, '../../test/language/checks');
  const inputs = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

  it.each(inputs)('every beginning of %s is looked into without an exception, and ranges lie in it', (name) => {
    const whole = readFileSync(join(folder, name), 'utf8');
    const index = indexOf({});
    for (let length = 0; length <= whole.length; length += 41) {
      const text = whole.slice(0, length);
      setFile(index, name, text);
      const file = { uri: uriOf(name), text, version: length, kind: 'manifest' as const, documents: parseManifests(text) };
      for (const { start, end, related = [] } of findingsIn(file, { index, live: nothingLive, kustomized: notKustomized, settings })) {
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(length);
        for (const { range } of related) expect(range.end).toBeLessThanOrEqual(length);
      }
    }
  });
});
