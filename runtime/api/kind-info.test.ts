import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue';
import { describeKind, fieldAt, fieldsAt, kindInfos } from './kind-info';

const pod = { $ref: 'io.k8s.api.core.v1.Pod' };

describe('kind info', () => {
  it('lists what can be created', () => {
    const kinds = kindInfos().map((k) => `${k.apiVersion} ${k.kind}`);
    expect(kinds).toContain('apps/v1 Deployment');
    expect(kinds).not.toContain('v1 ComponentStatus');
    const deployment = catalogue.byName('deploy')[0];
    expect(deployment && describeKind(deployment)).toBe(
      'Deployment enables declarative updates for Pods and ReplicaSets.',
    );
  });

  it.each([
    [
      ['spec', 'containers', 0, 'ports', 0, 'protocol'],
      { type: 'string', enum: ['SCTP', 'TCP', 'UDP'], default: 'TCP', required: false },
    ],
    [['spec', 'containers', 'ports', 'containerPort'], { type: 'integer', required: true }],
    [['spec', 'containers'], { type: '[]Container', required: true }],
    [['spec', 'containers', 0, 'resources', 'limits'], { type: 'map[string]Quantity' }],
    [['metadata', 'labels'], { type: 'map[string]string' }],
  ])('describes %j', (path, expected) => {
    const field = fieldAt(pod, path);
    expect(field).toMatchObject(expected);
    expect(field?.description).not.toBe('');
  });

  it('knows no field off the path', () => {
    expect(fieldAt(pod, ['spec', 'nope'])).toBeUndefined();
    expect(fieldsAt(pod, ['spec', 'nope', 'x'])).toBeUndefined();
    expect(
      fieldsAt(pod, [])
        ?.map((f) => f.name)
        .sort(),
    ).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
  });

  it('describes custom kinds by the same path', () => {
    const schema = {
      type: 'object' as const,
      properties: {
        spec: { type: 'object' as const, properties: { at: { type: 'string' as const, description: 'When.' } } },
      },
    };
    expect(fieldAt(schema, ['spec', 'at'])).toMatchObject({ description: 'When.', type: 'string' });
  });
});
