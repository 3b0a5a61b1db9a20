import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deployment, paths } from './objects';
import { TestServer } from './test-server';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const foos = '/apis/stable.example.com/v1/namespaces/default/foos';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.create(paths.configMaps, configMap);
  await server.create(paths.deployments, deployment('web'));
  await server.create(definitions, definition);
  await vi.waitFor(async () => expect((await server.call({ path: foos })).code).toBe(200));
});
afterAll(() => server.close());

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'target' }, data: { a: 'b' } };
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'foos.stable.example.com' },
  spec: {
    group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' },
    versions: [{
      name: 'v1', served: true, storage: true,
      schema: {
        openAPIV3Schema: {
          type: 'object', 'x-kubernetes-preserve-unknown-fields': true,
          properties: {
            spec: {
              type: 'object', 'x-kubernetes-validations': [{ rule: '!has(self.size) || self.size < 3', message: 'small ones only' }],
              properties: {
                size: { type: 'integer' }, required: { type: 'object', required: ['x'], properties: { x: { type: 'string' } } },
                template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
        },
      },
    }],
  },
};
const foo = (name: string, spec: object, more: object = {}) => ({ apiVersion: 'stable.example.com/v1', kind: 'Foo', metadata: { name, ...more }, spec });
const yaml = { 'content-type': 'application/yaml' };
const repeatedKeys = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twice\nextra: 1\ndata:\n  a: b\n  a: c\n';

describe('a repeated key in YAML', () => {
  const post = (query: string) => server.call({ method: 'POST', path: `${paths.configMaps}?dryRun=All&${query}`, body: repeatedKeys, headers: yaml });

  it('is told with its line', async () => {
    expect((await post('fieldValidation=Strict')).failure).toBe(
      '400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ' +
        'yaml: unmarshal errors:\n  line 8: key "a" already set in map, unknown field "extra"',
    );
    const warned = await post('fieldValidation=Warn');
    expect([warned.code, warned.headers['warning']]).toEqual([201, '299 - "line 8: key \\"a\\" already set in map", 299 - "unknown field \\"extra\\""']);
    expect((await post('fieldValidation=Ignore')).headers['warning']).toBeUndefined();
  });

  it('is told of an apply configuration too', async () => {
    const apply = (validation: string) => server.patch(`${paths.configMaps}/target?fieldManager=m&force=true&fieldValidation=${validation}`, 'apply', 'apiVersion: v1\nkind: ConfigMap\ndata:\n  z: b\n  z: c\n');
    expect((await apply('Strict')).failure).toBe(
      '400 BadRequest: error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 5: key "z" already set in map',
    );
    const warned = await apply('Warn');
    expect([warned.code, warned.headers['warning']]).toEqual([200, '299 - "line 5: key \\"z\\" already set in map"']);
  });
});

describe('a patch whose result is no object of the kind', () => {
  it.each<[string, 'json' | 'merge' | 'strategic', unknown, RegExp]>([
    ['by an unknown field', 'merge', { foo: 1 }, /^422 Invalid:  "" is invalid: patch: Invalid value: "\{.*\\"foo\\":1.*\}": strict decoding error: unknown field "foo"$/],
    ['by an unknown field, merged by its keys', 'strategic', { foo: { b: ['x', 1], a: true } }, /^422 Invalid:  "" is invalid: patch: Invalid value: "map\[foo:map\[a:true b:\[x 1\]\]\]": strict decoding error: unknown field "foo"$/],
    ['by a wrong type', 'merge', { data: { a: 1 } }, /^422 Invalid:  "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal number into Go struct field ConfigMap\.data of type string$/],
    ['by a wrong type, step by step', 'json', [{ op: 'replace', path: '/data', value: 'x' }], /^422 Invalid:  "" is invalid: patch: .*json: cannot unmarshal string into Go struct field ConfigMap\.data of type map\[string\]string$/],
  ])('%s', async (_name, type, patch, failure) => {
    const reply = await server.patch(`${paths.configMaps}/target?fieldValidation=Strict`, type, patch);
    expect(reply.failure).toMatch(failure);
    expect(reply.as<{ details: object }>().details).not.toHaveProperty('kind');
  });

  it('is let through with warnings unless strict', async () => {
    const reply = await server.patch(`${paths.configMaps}/target`, 'merge', { foo: 1 });
    expect([reply.code, reply.headers['warning']]).toEqual([200, '299 - "unknown field \\"foo\\""']);
  });
});

describe('a custom object', () => {
  const post = (body: unknown, query = '?fieldValidation=Strict') => server.call({ method: 'POST', path: foos + query, body });

  it('may have unknown fields where its schema keeps them, but not in metadata', async () => {
    const body = { ...foo('kept', { template: { apiVersion: 'v1', kind: 'X', metadata: { name: 'x', unknownSub: 1 } } }, { unknownMeta: 1 }), other: 'field' };
    expect((await post(body)).failure).toMatch(/strict decoding error: unknown field "metadata\.unknownMeta", unknown field "spec\.template\.metadata\.unknownSub"$/);
    expect((await post({ ...foo('kept', { size: 1 }), other: 'field' })).as()).toMatchObject({ other: 'field', spec: { size: 1 } });
  });

  it('is told everything that is wrong with it at once', async () => {
    const { failure } = await post(foo('wrong', { size: 'a', required: {} }));
    expect(failure).toBe(
      '422 Invalid: Foo.stable.example.com "wrong" is invalid: [spec.size: Invalid value: "string": spec.size in body must be of type integer: "string", ' +
        'spec.required.x: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; ' +
        'correct the existing errors to complete validation]',
    );
  });

  it('obeys the rules of its definition, through every verb', async () => {
    const expected = '422 Invalid: Foo.stable.example.com "ruled" is invalid: spec: Invalid value: small ones only';
    expect((await post(foo('ruled', { size: 3 }))).failure).toBe(expected);
    const created = await server.create(foos, foo('ruled', { size: 2 }));
    expect((await server.call({ method: 'PUT', path: `${foos}/ruled`, body: { ...created, spec: { size: 4 } } })).failure).toBe(expected);
    expect((await server.patch(`${foos}/ruled`, 'merge', { spec: { size: 4 } })).failure).toBe(expected);
    expect((await server.patch(`${foos}/ruled?fieldManager=m&force=true`, 'apply', foo('ruled', { size: 4 }))).failure).toBe(expected);
  });

  it('may keep what a later rule forbids, as long as it stays as it is', async () => {
    await server.create(foos, foo('old', { size: 2 }));
    const tighter = structuredClone(definition.spec.versions);
    tighter[0]!.schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'] = [{ rule: '!has(self.size) || self.size < 2', message: 'smaller' }];
    await server.patch(`${definitions}/foos.stable.example.com`, 'merge', { spec: { versions: tighter } });
    await vi.waitFor(async () => expect((await post(foo('new', { size: 2 }), '?dryRun=All')).failure).toContain('smaller'));
    expect((await server.patch(`${foos}/old`, 'merge', { metadata: { labels: { a: 'b' } } })).code).toBe(200);
    expect((await server.patch(`${foos}/old`, 'merge', { spec: { size: 2, required: { x: 'y' } } })).failure).toContain('smaller');
  });
});

it('a definition with a rule that does not compile is refused', async () => {
  const broken = structuredClone(definition);
  broken.metadata.name = 'bars.stable.example.com';
  Object.assign(broken.spec.names, { plural: 'bars', kind: 'Bar' });
  broken.spec.versions[0]!.schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'] = [{ rule: 'self.nope == 1', message: 'm' }];
  const reply = await server.call({ method: 'POST', path: definitions, body: broken });
  expect(reply.failure).toContain("compilation failed: ERROR: <input>:1:5: undefined field 'nope'");
});

it('a time limit that cannot be read is refused', async () => {
  expect((await server.call({ path: `${paths.configMaps}?timeout=soon` })).failure).toContain('400 BadRequest: invalid timeout specified in the request URL');
  expect((await server.call({ path: `${paths.configMaps}?timeout=32s` })).code).toBe(200);
});

describe('an applied scale', () => {
  it('owns the replicas, and conflicts with who else does', async () => {
    const scale = (replicas: number) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web', namespace: 'default' }, spec: { replicas } });
    const apply = (replicas: number, query: string) => server.patch(`${paths.deployments}/web/scale?fieldManager=scaler${query}`, 'apply', scale(replicas));
    expect((await apply(5, '')).failure).toMatch(/^409 Conflict: Apply failed with 1 conflict: conflict with .*\.spec\.replicas$/);
    expect((await apply(5, '&force=true')).as()).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    const { metadata, spec } = (await server.call({ path: `${paths.deployments}/web` })).as();
    expect((spec as { replicas: number }).replicas).toBe(5);
    expect(metadata.managedFields!.find(({ manager }) => manager === 'scaler')).toMatchObject({
      apiVersion: 'apps/v1', operation: 'Apply', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
  });
});
