import { describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue';
import type { ResourceInfo } from '../resource';
import { OpenApi } from '.';
import type { JsonObject } from './documents';

const cronTab: ResourceInfo = {
  group: 'stable.example.com',
  version: 'v1',
  kind: 'CronTab',
  resource: 'crontabs',
  listKind: 'CronTabList',
  singular: 'crontab',
  namespaced: true,
  shortNames: ['ct'],
  categories: [],
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [
    {
      name: 'status',
      kind: { group: 'stable.example.com', version: 'v1', kind: 'CronTab' },
      verbs: ['get', 'patch', 'update'],
    },
  ],
  schema: {
    type: 'object',
    description: 'A cron tab.',
    properties: {
      spec: {
        type: 'object',
        properties: {
          image: { type: 'string', enum: ['a'] },
          at: { type: 'string', format: 'date-time', nullable: true },
        },
      },
    },
  },
};
const openApi = new OpenApi([...catalogue.resources(), cronTab]);
const parse = (text: string | undefined) => JSON.parse(text ?? 'null') as JsonObject;

function dig(value: unknown, ...path: string[]): unknown {
  return path.reduce((at: unknown, step) => (at as Record<string, unknown> | undefined)?.[step], value);
}

/** Fields of a protobuf message: number to values, bytes as they stand. */
function fieldsOf(bytes: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = () => {
    let [value, shift, byte] = [0, 1, 0];
    do {
      byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      shift *= 128;
    } while (byte > 127);
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    const length = wire === 2 ? varint() : wire === 1 ? 8 : 0;
    const from = at;
    if (wire === 0) varint();
    else at += length;
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), bytes.subarray(from, at)]);
  }
  return fields;
}
const named = (entries: Buffer[] | undefined, name: string) =>
  entries
    ?.map(fieldsOf)
    .find((entry) => entry.get(1)?.[0]?.toString() === name)
    ?.get(2)?.[0] ?? Buffer.alloc(0);

describe('OpenAPI v3', () => {
  const core = parse(openApi.v3('api/v1'));
  const schemas = dig(core, 'components', 'schemas') as JsonObject;

  it('has an index whose hashes stay while the resources do', () => {
    const index = parse(openApi.v3Index());
    expect(dig(index, 'paths', 'apis/apps/v1', 'serverRelativeURL')).toMatch(
      /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/,
    );
    expect(new OpenApi(catalogue.resources()).v3Hash('api/v1')).toBe(openApi.v3Hash('api/v1'));
    const changed = new OpenApi([{ ...cronTab, schema: { type: 'object' } }]);
    expect(changed.v3Hash('apis/stable.example.com/v1')).not.toBe(openApi.v3Hash('apis/stable.example.com/v1'));
    expect(openApi.v3('apis/none/v1')).toBeUndefined();
  });

  it('writes references, defaults and list keys', () => {
    expect(dig(schemas, 'io.k8s.api.core.v1.Pod', 'properties', 'spec')).toMatchObject({
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' }],
      default: {},
      description: expect.stringContaining('desired behavior') as string,
    });
    expect(dig(schemas, 'io.k8s.api.core.v1.ContainerPort', 'properties', 'protocol')).toEqual({
      type: 'string',
      default: 'TCP',
      description: 'Protocol for port. Must be UDP, TCP, or SCTP. Defaults to "TCP".',
    });
    expect(dig(schemas, 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers')).toMatchObject({
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    });
    expect(dig(schemas, 'io.k8s.apimachinery.pkg.api.resource.Quantity', 'oneOf')).toEqual([
      { type: 'string' },
      { type: 'number' },
    ]);
  });

  it('names the options that a patch takes', () => {
    const patch = dig(core, 'paths', '/api/v1/namespaces/{namespace}/pods/{name}', 'patch') as JsonObject;
    expect(patch).toMatchObject({
      operationId: 'patchCoreV1NamespacedPod',
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: '', version: 'v1', kind: 'Pod' },
    });
    expect((patch['parameters'] as JsonObject[]).map((p) => p['name'])).toEqual([
      'dryRun',
      'fieldManager',
      'fieldValidation',
      'force',
      'pretty',
    ]);
  });

  it('refers to nothing that the document lacks', () => {
    for (const path of ['api/v1', 'apis/apps/v1', 'apis/apiextensions.k8s.io/v1', 'apis/stable.example.com/v1']) {
      const document = openApi.v3(path) ?? '';
      const known = Object.keys(dig(JSON.parse(document), 'components', 'schemas') as object);
      const referred = new Set([...document.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]));
      expect([...referred].filter((name) => !known.includes(name ?? ''))).toEqual([]);
    }
  });

  it('has custom kinds as their authors wrote them', () => {
    const document = parse(openApi.v3('apis/stable.example.com/v1'));
    const schema = dig(document, 'components', 'schemas', 'com.example.stable.v1.CronTab');
    expect(schema).toMatchObject({
      description: 'A cron tab.',
      properties: {
        spec: {
          properties: {
            image: { type: 'string', enum: ['a'] },
            at: { type: 'string', format: 'date-time', nullable: true },
          },
        },
        metadata: { $ref: expect.stringContaining('ObjectMeta') as string },
      },
      'x-kubernetes-group-version-kind': [{ group: 'stable.example.com', version: 'v1', kind: 'CronTab' }],
    });
    expect(dig(document, 'paths', '/apis/stable.example.com/v1/crontabs', 'get', 'operationId')).toBe(
      'listStableExampleComV1CronTabForAllNamespaces',
    );
  });
});

describe('OpenAPI v2', () => {
  it('has no word of v3', () => {
    const document = parse(openApi.v2());
    const found = new Set<string>();
    // A field may be called `default`; its schema is an object, as the keyword's value here never is.
    const visit = (schema: JsonObject): void => {
      for (const key of ['anyOf', 'oneOf', 'nullable', 'default', 'x-go']) if (key in schema) found.add(key);
      for (const property of Object.values((schema['properties'] ?? {}) as JsonObject)) visit(property as JsonObject);
    };
    for (const schema of Object.values(document['definitions'] as JsonObject)) visit(schema as JsonObject);
    expect([...found]).toEqual([]);
    expect(openApi.v2().includes('#/components')).toBe(false);
    expect(dig(document, 'definitions', 'io.k8s.api.core.v1.Pod', 'properties', 'spec', '$ref')).toBe(
      '#/definitions/io.k8s.api.core.v1.PodSpec',
    );
  });

  it('is a gnostic message too', () => {
    const document = fieldsOf(openApi.v2Protobuf());
    expect(document.get(1)?.[0]?.toString()).toBe('2.0');
    const definitions = fieldsOf(document.get(9)?.[0] ?? Buffer.alloc(0)).get(1);
    expect(definitions?.length).toBe(Object.keys(parse(openApi.v2())['definitions'] as object).length);
    const port = fieldsOf(named(definitions, 'io.k8s.api.core.v1.ContainerPort'));
    expect(port.get(19)?.map(String)).toEqual(['containerPort']);
    const properties = fieldsOf(port.get(25)?.[0] ?? Buffer.alloc(0)).get(1);
    const containerPort = fieldsOf(named(properties, 'containerPort'));
    expect([
      containerPort.get(2)?.[0]?.toString(),
      fieldsOf(containerPort.get(22)?.[0] ?? Buffer.alloc(0))
        .get(1)?.[0]
        ?.toString(),
    ]).toEqual(['int32', 'integer']);
    const pod = fieldsOf(named(definitions, 'io.k8s.api.core.v1.Pod'));
    const extension = fieldsOf(pod.get(31)?.[0] ?? Buffer.alloc(0));
    expect(extension.get(1)?.[0]?.toString()).toBe('x-kubernetes-group-version-kind');
    expect(
      fieldsOf(extension.get(2)?.[0] ?? Buffer.alloc(0))
        .get(2)?.[0]
        ?.toString(),
    ).toBe('[{"group":"","version":"v1","kind":"Pod"}]');
  });
});
