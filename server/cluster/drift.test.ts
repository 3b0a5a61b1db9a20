import { describe, expect, it } from 'vitest';
import type { UntypedObject } from '../../runtime/api/kinds';
import { builtInTypes } from '../manifests/types';
import { driftOf } from './drift';
import type { LiveObject } from './watches/watches';
import { writtenObject } from './written-object';

const meta = { uid: '1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

/** `path: file → live` of each field that differs. */
function drift(file: UntypedObject, live: Record<string, unknown>): string[] {
  const object = writtenObject(file, builtInTypes.typeOf(file.apiVersion, file.kind), 'shop');
  if (!object) throw new Error('no name');
  const whole = {
    ...live,
    metadata: { ...file.metadata, ...meta, ...(live['metadata'] as object) },
  } as unknown as LiveObject;
  return driftOf(object, whole).map(
    ({ path, file: own, live: other }) => `${path.join('.')}: ${JSON.stringify(own)} → ${JSON.stringify(other)}`,
  );
}

const pod = (spec: object): UntypedObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec });
const config = (data: object): UntypedObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data,
});

describe('drift', () => {
  it('is what the file writes and the cluster has otherwise', () => {
    expect(drift(config({ a: '1', b: '2' }), { data: { a: '1', b: '3' } })).toEqual(['data.b: "2" → "3"']);
    expect(drift(config({ a: '1' }), {})).toEqual(['data.a: "1" → undefined']);
  });

  it('is nothing that the server filled in, or that others added', () => {
    const file = pod({ containers: [{ name: 'main', image: 'a:1' }] });
    const live = {
      metadata: { labels: { injected: 'yes' } },
      spec: {
        restartPolicy: 'Always',
        containers: [
          { name: 'proxy', image: 'proxy:1' },
          { name: 'main', image: 'a:1', imagePullPolicy: 'IfNotPresent', resources: {} },
        ],
      },
    };
    expect(drift(file, live)).toEqual([]);
  });

  it('compares items of lists with keys by their keys, in the order of the file', () => {
    const file = pod({
      containers: [
        { name: 'a', image: 'a:1', ports: [{ containerPort: 80 }] },
        { name: 'b', image: 'b:1' },
      ],
    });
    const live = {
      spec: {
        containers: [
          { name: 'b', image: 'b:2' },
          { name: 'a', image: 'a:1', ports: [{ containerPort: 80, protocol: 'TCP' }] },
        ],
      },
    };
    expect(drift(file, live)).toEqual(['spec.containers.1.image: "b:1" → "b:2"']);
  });

  it('knows equal quantities, however they are written', () => {
    const resources = { requests: { cpu: 0.5, memory: '1024Mi' } };
    const file = pod({ containers: [{ name: 'a', image: 'a:1', resources }] });
    const live = {
      spec: { containers: [{ name: 'a', image: 'a:1', resources: { requests: { cpu: '500m', memory: '1Gi' } } }] },
    };
    expect(drift(file, live)).toEqual([]);
  });

  it('is of a whole list where items have no keys', () => {
    const file = pod({ containers: [{ name: 'a', image: 'a:1', command: ['a', 'b'] }] });
    const live = (command: string[]) => ({ spec: { containers: [{ name: 'a', image: 'a:1', command }] } });
    expect(drift(file, live(['a', 'c']))).toEqual(['spec.containers.0.command.1: "b" → "c"']);
    expect(drift(file, live(['a']))).toEqual(['spec.containers.0.command: ["a","b"] → ["a"]']);
  });

  it('of a Secret is where its text is written', () => {
    const file = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { user: 'me' } };
    expect(drift(file, { data: { user: Buffer.from('me').toString('base64') } })).toEqual([]);
    expect(drift(file, { data: { user: 'b3RoZXI=' } })).toEqual(['stringData.user: "bWU=" → "b3RoZXI="']);
  });

  it('is none of a field that asks for its default, or that is empty', () => {
    expect(
      drift(pod({ nodeName: null, containers: [{ name: 'a', image: 'a:1', command: [] }] }), {
        spec: { nodeName: 'n1', containers: [{ name: 'a', image: 'a:1' }] },
      }),
    ).toEqual([]);
  });

  it('compares custom resources as they are', () => {
    const file = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'a' },
      spec: { size: 3, parts: ['a'] },
    };
    expect(drift(file, { spec: { size: 4, parts: ['a'], more: true } })).toEqual(['spec.size: 3 → 4']);
  });
});
