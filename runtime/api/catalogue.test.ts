import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue';
import type { Schema } from './schema';

describe('catalogue', () => {
  it('serves stable versions only', () => {
    expect(catalogue.resources().every((info) => /^v\d+$/.test(info.version))).toBe(true);
    expect(catalogue.allResources().length).toBeGreaterThan(catalogue.resources().length);
    expect(
      catalogue.byResource({ group: 'storage.k8s.io', version: 'v1beta1', resource: 'volumeattributesclasses' }),
    ).toBeUndefined();
  });

  it.each([
    ['po', 'pods'],
    ['Pod', 'pods'],
    ['deploy', 'deployments'],
    ['deployments.apps', 'deployments'],
    ['crd', 'customresourcedefinitions'],
    ['netpol', 'networkpolicies'],
  ])('finds %s', (name, resource) => {
    expect(catalogue.byName(name)[0]?.resource).toBe(resource);
  });

  it('finds a resource by kind and by name', () => {
    const info = catalogue.byKind({ group: 'apps', version: 'v1', kind: 'Deployment' });
    expect(info).toBe(catalogue.byResource({ group: 'apps', version: 'v1', resource: 'deployments' }));
    expect(info).toMatchObject({
      shortNames: ['deploy'],
      categories: ['all'],
      namespaced: true,
      schema: { $ref: 'io.k8s.api.apps.v1.Deployment' },
    });
  });

  it('has the keys of lists, patches and maps', () => {
    expect(catalogue.definition('io.k8s.api.core.v1.PodSpec')?.properties?.['containers']).toMatchObject({
      type: 'array',
      items: { $ref: 'io.k8s.api.core.v1.Container' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
    expect(
      catalogue.resolve({ $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector' })['x-kubernetes-map-type'],
    ).toBe('atomic');
  });

  it('resolves once, and lets siblings of a reference win', () => {
    const schema: Schema = { $ref: 'io.k8s.api.core.v1.Container', default: { name: 'x' } };
    expect(catalogue.resolve(schema)).toBe(catalogue.resolve(schema));
    expect(catalogue.resolve(schema)).toMatchObject({ type: 'object', default: { name: 'x' } });
    expect(catalogue.resolve({ $ref: 'io.k8s.api.core.v1.Container' })).toBe(
      catalogue.definition('io.k8s.api.core.v1.Container'),
    );
  });

  it.each(['toString', 'io.k8s.api.core.v1.constructor', '__proto__', ''])('knows no definition %j', (name) => {
    expect(catalogue.definition(name)).toBeUndefined();
    expect(catalogue.resolve({ $ref: name })).toEqual({ 'x-kubernetes-preserve-unknown-fields': true });
  });

  it('refers to nothing that it lacks', () => {
    const missing = new Set<string>();
    const visit = (schema: Schema): void => {
      if (schema.$ref !== undefined && !catalogue.definition(schema.$ref)) missing.add(schema.$ref);
      const below = [
        ...Object.values(schema.properties ?? {}),
        schema.items,
        ...(schema.anyOf ?? []),
        schema.additionalProperties,
      ];
      for (const child of below) if (typeof child === 'object') visit(child);
    };
    for (const name of catalogue.definitionNames()) visit(catalogue.definition(name) ?? {});
    for (const info of catalogue.allResources()) visit(info.schema);
    expect([...missing]).toEqual([]);
  });
});
