import { describe, expect, it } from 'vitest';
import type { ResourceInfo } from '../resource';
import type { Schema } from '../schema';
import { customDefinitions, withoutV3 } from './custom-definitions';

const kind = (schema: Schema): ResourceInfo => ({
  group: 'example.com', version: 'v1', kind: 'Foo', resource: 'foos', listKind: 'FooList', singular: 'foo', namespaced: true,
  shortNames: [], categories: [], verbs: [], subresources: [], schema,
});
const definition = (schema: Schema, flavour: 'v2' | 'v3') => customDefinitions(kind(schema), flavour)[0]![1];
const open = { 'x-kubernetes-preserve-unknown-fields': true } as const;

describe('definitions of custom kinds', () => {
  it('say what the fields of every object are', () => {
    const { properties } = definition({ type: 'object', description: 'A foo.' }, 'v2');
    expect(properties?.['apiVersion']?.description).toMatch(/^APIVersion defines the versioned schema/);
    expect(properties?.['metadata']).toEqual({
      $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', description: expect.stringMatching(/^Standard object's metadata/) as string,
    });
  });

  it('name no fields in v2 where the kind takes any, since kubectl would refuse all others', () => {
    const schema: Schema = { type: 'object', description: 'x', properties: { a: { type: 'string' } }, ...open };
    expect(definition(schema, 'v2')).toEqual({
      type: 'object', 'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Foo' }],
    });
    expect(definition(schema, 'v3').properties?.['a']).toEqual({ type: 'string' });
  });

  it('give embedded objects the fields of every object', () => {
    const template: Schema = { type: 'object', 'x-kubernetes-embedded-resource': true, required: ['spec'] };
    const shown = definition({ properties: { template, any: { ...template, ...open } } }, 'v2').properties;
    expect(Object.keys(shown?.['template']?.properties ?? {})).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(shown?.['template']?.required).toEqual(['spec', 'kind', 'apiVersion']);
    expect(shown?.['any']?.properties).toBeUndefined();
    expect(definition({ properties: { any: { ...template, ...open } } }, 'v3').properties?.['any']?.properties).toBeDefined();
  });
});

describe('a schema in v2', () => {
  it.each<[string, Schema, Schema]>([
    ['has no type or fields where null is a value', { type: 'object', nullable: true, properties: { a: {} }, description: 'x' }, { description: 'x' }],
    ['has no type or fields where any field is', { type: 'object', properties: { a: {} }, ...open }, open],
    ['keeps the type of a scalar', { type: 'string', ...open }, { type: 'string', ...open }],
    ['has no type for an array of anything', { type: 'array' }, {}],
    ['has no alternatives', { type: 'string', anyOf: [{}], allOf: [{}], oneOf: [{}], not: {} }, { type: 'string' }],
    [
      'requires nothing that may be null',
      { type: 'object', required: ['a', 'b'], properties: { a: { type: 'string', nullable: true }, b: { type: 'string' } } },
      { type: 'object', required: ['b'], properties: { a: {}, b: { type: 'string' } } },
    ],
    [
      'is so all the way down',
      { type: 'array', items: { type: 'object', additionalProperties: { type: 'string', nullable: true }, required: ['a'] } },
      { type: 'array', items: { type: 'object', additionalProperties: {} } },
    ],
  ])('%s', (_name, schema, expected) => {
    expect(withoutV3(schema)).toEqual(expected);
  });
});
