import { describe, expect, it } from 'vitest';
import { decodeProtobuf, ProtobufError } from './decode';

/** What kubectl 1.32 sent for `kubectl create namespace demo`. */
const namespace = Buffer.from(
  '6b3873000a0f0a02763112094e616d657370616365121c0a140a0464656d6f12001a0022002a00320038004200' + '12001a020a001a002200',
  'hex',
);

const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)]);
const field = (number: number, ...bytes: number[]) => [number << 3 | 2, ...varint(bytes.length), ...bytes];
const text = (number: number, value: string) => field(number, ...Buffer.from(value));
const number = (fieldNumber: number, value: number) => [fieldNumber << 3, ...varint(value)];
const envelope = (apiVersion: string, kind: string, raw: number[]) =>
  Buffer.from([...Buffer.from('k8s\0'), ...field(1, ...text(1, apiVersion), ...text(2, kind)), ...field(2, ...raw)]);

describe('protobuf bodies', () => {
  it('reads what kubectl sends', () => {
    expect(decodeProtobuf(namespace)).toMatchObject({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo', creationTimestamp: null }, spec: {} });
  });

  it('writes maps, times, quantities, raw JSON and embedded structs as their JSON is', () => {
    const metadata = [...text(1, 'web'), ...field(8, ...number(1, 1_700_000_000)), ...field(11, ...text(1, 'app'), ...text(2, 'x'))];
    const limit = [...text(1, 'cpu'), ...field(2, ...text(1, '100m'))];
    const probe = [...field(1, ...field(2, ...text(1, '/'), ...field(2, ...number(1, 1), ...number(2, 0), ...text(3, 'http')))), ...number(2, 3)];
    const container = [...text(1, 'c'), ...field(8, ...field(1, ...limit)), ...field(10, ...probe)];
    const pod = [...field(1, ...metadata), ...field(2, ...field(2, ...container))];
    expect(decodeProtobuf(envelope('v1', 'Pod', pod))).toEqual({
      apiVersion: 'v1', kind: 'Pod',
      metadata: { name: 'web', creationTimestamp: '2023-11-14T22:13:20Z', labels: { app: 'x' } },
      spec: {
        containers: [{
          name: 'c', resources: { limits: { cpu: '100m' } },
          livenessProbe: { httpGet: { path: '/', port: 'http' }, initialDelaySeconds: 3 },
        }],
      },
    });
  });

  it('reads delete options of any group version', () => {
    expect(decodeProtobuf(envelope('apps/v1', 'DeleteOptions', [...number(1, 5), ...text(4, 'Foreground')]))).toEqual({
      apiVersion: 'apps/v1', kind: 'DeleteOptions', gracePeriodSeconds: 5, propagationPolicy: 'Foreground',
    });
  });

  it('passes over fields of other versions, such as the cluster name that clients before 1.24 send', () => {
    const metadata = [...text(1, 'demo'), ...text(15, ''), ...varint(99 << 3 | 5), 1, 2, 3, 4, ...varint(98 << 3 | 1), ...Buffer.alloc(8)];
    expect(decodeProtobuf(envelope('v1', 'Namespace', [...field(1, ...metadata), ...varint(97 << 3), 1]))).toEqual({
      apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' },
    });
  });

  it.each([
    ['without the prefix', Buffer.from('{}')],
    ['of an unknown kind', envelope('v1', 'Nonsense', [])],
    ['with a group', envelope('v1', 'Namespace', [...varint(99 << 3 | 3)])],
    ['with a wrong wire type', envelope('v1', 'Namespace', number(1, 1))],
    ['cut off', namespace.subarray(0, 20)],
  ])('refuses a body %s', (_name, body) => {
    expect(() => decodeProtobuf(body)).toThrow(ProtobufError);
  });

  it('throws nothing else, whatever the bytes', () => {
    let seed = 3;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(namespace);
      for (let j = 0; j <= random(4); j++) bytes[4 + random(bytes.length - 4)] = random(256);
      try {
        decodeProtobuf(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError);
      }
    }
  });
});
