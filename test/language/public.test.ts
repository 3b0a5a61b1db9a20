import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { typesInText } from '../../server/manifests/definitions';
import { KnownTypes } from '../../server/manifests/known-types';
import { findingsOf } from '../../server/findings/api';

const folder = join(import.meta.dirname, 'public');
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

function found(text: string): string[] {
  const types = new KnownTypes();
  types.set('workspace', typesInText(text));
  return findingsOf(text, { types }).map(({ severity, message, start }) => `${severity} at ${start}: ${message}`);
}

describe('of manifests as they are published nothing is found', () => {
  it.each(files)('$name', ({ text }) => expect(found(text)).toEqual([]));
  it.each(files)('$name with the line ends of Windows', ({ text }) => expect(found(text.replaceAll('\n', '\r\n'))).toEqual([]));
  it.each(files)('$name with a byte order mark', ({ text }) => expect(found(`\uFEFF${text}`)).toEqual([]));
});

const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';

describe('of odd but valid text nothing is found', () => {
  it.each([
    ['empty documents', `---\n---\n${map}---\n\n---\n# only a comment\n---\n`],
    ['a document that ends', `%YAML 1.2\n---\n${map}...\n`],
    ['anchors, aliases and merges', `apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: a, labels: &l {a: b}}\ndata: {<<: *l, c: d}\n`],
    ['quoted numbers and booleans', `${map}data: {port: "80", on: 'true', octal: "0644", exponent: "1e3", date: "2024-01-01"}\n`],
    ['block scalars with tabs', `${map}data:\n  a: |-\n    if x:\n    \tindented\n  b: >+\n    folded\n    text\n\n  c: |2\n      deep\n`],
    ['octal modes', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: b}]\n  volumes:\n  - {name: v, configMap: {name: c, defaultMode: 0644}}\n'],
    ['quoted keys', '"apiVersion": "v1"\n"kind": "ConfigMap"\n"metadata": {"name": "a"}\n'],
    ['JSON', '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}}\n'],
    ['a list', 'apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ""}\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n'],
    ['nulls', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, creationTimestamp: null, labels: null}\ndata:\n'],
    ['a status that was exported', 'apiVersion: v1\nkind: Service\nmetadata: {name: a, creationTimestamp: null}\nspec: {ports: [{port: 80}], selector: {a: b}}\nstatus: {loadBalancer: {}}\n'],
    ['keys that need care', `${map}data: {"a.b_c-d": "x", UPPER: text, "1": one}\n`],
  ])('%s', (_, text) => expect(found(text)).toEqual([]));
});
