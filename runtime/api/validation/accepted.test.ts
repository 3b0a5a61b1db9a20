import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue';
import { applyDefaults } from '../defaults';
import { parseApiVersion } from '../object';
import { decodeObject } from '../structure';
import { validateCreate, validateStatusUpdate, validateUpdate } from '.';

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

const text = readFileSync(new URL('fixtures/accepted.yaml', import.meta.url), 'utf8');
const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);

describe('a manifest that is in order', () => {
  it.each(manifests.map((manifest) => [manifest.kind, manifest.metadata.name, manifest] as const))('%s %s is accepted', (_kind, _name, manifest) => {
    const info = catalogue.byKind({ ...parseApiVersion(manifest.apiVersion), kind: manifest.kind });
    if (!info) throw new Error(`no such kind: ${manifest.apiVersion} ${manifest.kind}`);
    const { object, errors, unknown } = decodeObject(manifest, info.schema, catalogue);
    applyDefaults(object, info);
    if (info.namespaced) object.metadata.namespace = 'default';
    object.metadata.resourceVersion = '1';
    expect([...errors, ...unknown, ...validateCreate(object, info)]).toEqual([]);
    expect(validateUpdate(structuredClone(object), object, info)).toEqual([]);
    expect(validateStatusUpdate(structuredClone(object), object, info)).toEqual([]);
  });
});
