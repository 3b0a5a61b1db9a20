import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue';
import type { Schema } from './schema';
import { decodeObject, duplicateFields } from './structure';

const ref = (name: string): Schema => ({ $ref: `io.k8s.api.${name}` });
const decode = (type: string, value: unknown) => decodeObject<Record<string, unknown>>(value, ref(type), catalogue);
const pod = (spec: unknown) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec });
const container = (fields: object) => pod({ containers: [{ name: 'a', image: 'b', ...fields }] });

describe('decodeObject', () => {
  it.each([
    [
      'core.v1.Pod',
      container({ ports: [{ containerPort: 'x' }] }),
      'spec.containers[0].ports[0].containerPort',
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      'apps.v1.Deployment',
      { spec: { replicas: 'two' } },
      'spec.replicas',
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'core.v1.Pod',
      container({ env: [{ name: 'A', value: 1 }] }),
      'spec.containers[0].env[0].value',
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      'core.v1.Pod',
      { metadata: { labels: { a: true } } },
      'metadata.labels[a]',
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'core.v1.Pod',
      pod({ containers: {} }),
      'spec.containers',
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    ['core.v1.Pod', pod([]), 'spec', 'json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec'],
    [
      'core.v1.Pod',
      container({ ports: [{ containerPort: 3000000000 }] }),
      'spec.containers[0].ports[0].containerPort',
      'json: cannot unmarshal number 3000000000 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      'core.v1.Pod',
      container({ ports: [{ protocol: 6 }] }),
      'spec.containers[0].ports[0].protocol',
      'json: cannot unmarshal number into Go struct field ContainerPort.spec.containers.ports.protocol of type v1.Protocol',
    ],
    [
      'core.v1.Pod',
      container({ resources: { limits: { cpu: 'lots' } } }),
      'spec.containers[0].resources.limits[cpu]',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'core.v1.Pod',
      { metadata: { creationTimestamp: 'today' } },
      'metadata.creationTimestamp',
      'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"',
    ],
    [
      'core.v1.Pod',
      { metadata: { creationTimestamp: 5 } },
      'metadata.creationTimestamp',
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    ],
    ['core.v1.Secret', { data: { a: 'YQ=' } }, 'data[a]', 'illegal base64 data at input byte 3'],
    ['core.v1.Secret', { data: { a: 'hello!' } }, 'data[a]', 'illegal base64 data at input byte 5'],
    [
      'core.v1.Service',
      { spec: { ports: [{ targetPort: true }] } },
      'spec.ports[0].targetPort',
      'json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32',
    ],
    ['core.v1.Pod', [], '', 'json: cannot unmarshal array into Go value of type v1.Pod'],
  ])('refuses in %s what Go refuses, in its words: %#', (type, value, path, message) => {
    expect(decode(type, value).errors[0]).toEqual({ path, message, reason: 'FieldValueTypeInvalid' });
  });

  it('reports first what ends decoding, then what came before it', () => {
    const { errors } = decode('core.v1.Pod', container({ tty: 'yes', resources: { limits: { cpu: 'x' } } }));
    expect(errors.map((e) => e.path)).toEqual(['spec.containers[0].resources.limits[cpu]', 'spec.containers[0].tty']);
  });

  it('lists and drops fields that the type has not, case included', () => {
    const { object, unknown } = decode('core.v1.Pod', container({ Image: 'x', foo: 1 }));
    expect(unknown).toEqual([
      { path: 'spec.containers[0].Image', message: 'unknown field "spec.containers[0].Image"' },
      { path: 'spec.containers[0].foo', message: 'unknown field "spec.containers[0].foo"' },
    ]);
    expect(object['spec']).toEqual({ containers: [{ name: 'a', image: 'b', resources: {} }] });
  });

  it('drops nulls and what omitempty drops, keeps pointers and writes structs', () => {
    const { object, errors } = decode('apps.v1.Deployment', {
      metadata: { name: 'a', labels: {}, annotations: null, namespace: '' },
      spec: {
        replicas: 0,
        paused: false,
        minReadySeconds: 0,
        selector: {},
        template: { spec: { containers: [], hostNetwork: false, securityContext: {} } },
      },
    });
    expect(errors).toEqual([]);
    expect(object).toEqual({
      metadata: { name: 'a' },
      spec: {
        replicas: 0,
        selector: {},
        strategy: {},
        template: { metadata: {}, spec: { containers: [], securityContext: {} } },
      },
      status: {},
    });
  });

  it('writes the numbers that Go always writes', () => {
    expect(decode('apps.v1.ReplicaSet', {}).object['status']).toEqual({ replicas: 0 });
    expect(decode('core.v1.Service', {}).object).toEqual({ metadata: {}, spec: {}, status: { loadBalancer: {} } });
  });

  it.each([
    [1, '1'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1e3', '1e3'],
    [0.1, '100m'],
    ['100M', '100M'],
  ])('writes the quantity %j as %s', (given, canonical) => {
    const { object, errors } = decode('core.v1.Pod', container({ resources: { limits: { cpu: given } } }));
    expect(errors).toEqual([]);
    expect(object).toMatchObject({ spec: { containers: [{ resources: { limits: { cpu: canonical } } }] } });
  });

  it.each([
    ['2024-01-02T03:04:05+02:00', '2024-01-02T01:04:05Z'],
    ['2024-01-02T03:04:05.999Z', '2024-01-02T03:04:05Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ])('writes the time %s as %s', (given, canonical) => {
    expect(decode('core.v1.Pod', { metadata: { creationTimestamp: given } }).object).toMatchObject({
      metadata: { creationTimestamp: canonical },
    });
  });

  it.each([
    ['2023-02-29T00:00:00Z', 'parsing time "2023-02-29T00:00:00Z": day out of range'],
    ['2023-13-01T00:00:00Z', 'parsing time "2023-13-01T00:00:00Z": month out of range'],
    ['2023-01-01', 'parsing time "2023-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    ['2023-01-01T00:00:00Zx', 'parsing time "2023-01-01T00:00:00Zx": extra text: "x"'],
  ])('refuses the time %s', (given, message) => {
    expect(decode('core.v1.Pod', { metadata: { creationTimestamp: given } }).errors[0]?.message).toBe(message);
  });

  it('wants six digits of a micro time', () => {
    const lease = (renewTime: string) => decodeObject({ spec: { renewTime } }, ref('coordination.v1.Lease'), catalogue);
    expect(lease('2024-01-01T00:00:00.123456Z').object).toMatchObject({
      spec: { renewTime: '2024-01-01T00:00:00.123456Z' },
    });
    expect(lease('2024-01-01T00:00:00Z').errors[0]?.message).toContain('cannot parse "Z" as ".000000"');
  });

  it('keeps __proto__ as a key of a map', () => {
    const { object } = decode('core.v1.ConfigMap', JSON.parse('{"data":{"__proto__":"x"}}'));
    expect(JSON.stringify(object['data'])).toBe('{"__proto__":"x"}');
  });

  it('decodes the recursive schema of a CRD', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'integer', minimum: 0 } } },
      additionalProperties: false,
    };
    const crd = { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] } };
    const type = { $ref: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition' };
    const { object, errors, unknown } = decodeObject(crd, type, catalogue);
    expect([errors, unknown]).toEqual([[], []]);
    expect(object).toMatchObject(crd);
  });
});

describe('decodeObject by a CRD schema', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          replicas: { type: 'integer' },
          port: { 'x-kubernetes-int-or-string': true },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { n: { type: 'number' } } },
          note: { type: 'string', nullable: true },
          template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: {} },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
    },
  };
  const decodeCr = (spec: unknown) =>
    decodeObject({ apiVersion: 'a/v1', kind: 'A', metadata: { name: 'x' }, spec }, schema, catalogue);

  it('prunes what the schema does not name and keeps what it preserves', () => {
    const { object, unknown, errors } = decodeCr({
      replicas: 1,
      foo: 1,
      free: { any: [1] },
      note: null,
      port: '80',
      template: { kind: 'B', x: 1 },
    });
    expect(errors).toEqual([]);
    expect(unknown.map((u) => u.path)).toEqual(['spec.foo', 'spec.template.x']);
    expect(object['spec']).toEqual({
      replicas: 1,
      free: { any: [1] },
      note: null,
      port: '80',
      template: { kind: 'B' },
    });
  });

  it('drops a null that the schema has no place for', () => {
    const { object, errors } = decodeCr({ replicas: null, labels: { a: null, b: 'c' } });
    expect([object['spec'], errors]).toEqual([{ labels: { b: 'c' } }, []]);
  });

  it.each([
    [
      { replicas: 'x' },
      'spec.replicas',
      'Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    ],
    [
      { replicas: 1.5 },
      'spec.replicas',
      'Invalid value: "number": spec.replicas in body must be of type integer: "number"',
    ],
    [
      { port: true },
      'spec.port',
      'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
    ],
    [
      { labels: { a: 1 } },
      'spec.labels.a',
      'Invalid value: "integer": spec.labels.a in body must be of type string: "integer"',
    ],
  ])('finds the wrong type in %j', (spec, path, message) => {
    expect(decodeCr(spec).errors).toEqual([{ path, message, reason: 'FieldValueTypeInvalid' }]);
  });
});

describe('duplicateFields', () => {
  it.each([
    ['{"a":1,"b":{"a":1}}', []],
    ['{"a":1,"a":2,"a":3}', ['duplicate field "a"']],
    ['{"spec":{"l":[{"x":1},{"x":1,"y":"{\\"x\\":[","x":2}]}}', ['duplicate field "spec.l[1].x"']],
    ['[{"a":{},"a":[]}]', ['duplicate field "[0].a"']],
  ])('reads %s', (json, messages) => {
    expect(duplicateFields(json).map((d) => d.message)).toEqual(messages);
  });
});

describe('any JSON at all', () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const words = [
    'spec',
    'metadata',
    'containers',
    'ports',
    'labels',
    'template',
    'status',
    'items',
    'data',
    '__proto__',
    'constructor',
    'name',
  ];
  function value(depth: number): unknown {
    const kind = random(depth > 4 ? 6 : 8);
    if (kind === 6) return Array.from({ length: random(4) }, () => value(depth + 1));
    if (kind === 7)
      return JSON.parse(
        `{${Array.from({ length: random(5) }, () => `${JSON.stringify(words[random(words.length)])}:${JSON.stringify(value(depth + 1))}`).join()}}`,
      );
    return [null, true, random(1e9) - 5e8, 1.5, '', '12Mi'][kind];
  }

  it('never makes a decoder throw', () => {
    const schemas = [
      ...catalogue.allResources().map((info) => info.schema),
      { type: 'object', properties: { spec: { type: 'string' } } } as Schema,
    ];
    for (let i = 0; i < 20_000; i++) {
      const given = value(0);
      expect(() => decodeObject(given, schemas[i % schemas.length] ?? {}, catalogue)).not.toThrow();
    }
  });

  it('refuses bottomless nesting', () => {
    const deep: unknown = JSON.parse(`${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)}`);
    const type = { $ref: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps' };
    expect(decodeObject(deep, type, catalogue).errors[0]?.message).toBe('exceeded max depth');
  });

  it('decodes twice to the same', () => {
    for (const info of catalogue.allResources()) {
      const once = decodeObject({ metadata: { name: 'a' }, spec: {}, status: {} }, info.schema, catalogue).object;
      expect(decodeObject(once, info.schema, catalogue).object).toEqual(once);
    }
  });
});
