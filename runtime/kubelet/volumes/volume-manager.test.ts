import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Secret, Volume } from '../../api/kinds';
import { errors } from '../../api/status';
import type { ResourceClient } from '../../client/client';
import { FakeClock } from '../../clock';
import { ConfigError } from '../env/environment';
import { testPod } from '../pods/testing';
import { containerMounts } from './container-mounts';
import { referencedNames } from './references';
import type { ReferencedObjects } from './referenced-objects';
import type { TokenManager } from './token-manager';
import { VolumeManager } from './volume-manager';

let local: string;
let manager: VolumeManager;

const facts = {
  podIPs: ['10.244.0.5'],
  hostIP: '1',
  hostIPs: ['1'],
  nodeName: 'node-1',
  allocatable: { cpu: '2', memory: '4Gi' },
};
const objects = <T>(all: Record<string, T>) => ({
  get: async (_namespace: string, name: string) => all[name],
  retain() {},
  release() {},
});
const client = <T>(all: Record<string, unknown>, kind: string) =>
  ({
    get: async (name: string) => all[name] ?? Promise.reject(errors.notFound({ kind, name })),
  }) as unknown as ResourceClient<T & { metadata: object }>;

beforeEach(() => {
  local = mkdtempSync(join(tmpdir(), 'podium-volumes-'));
  manager = new VolumeManager({
    host: { localPath: local, enginePath: '/engine' },
    configMaps: objects({
      cm: { data: { a: '1', b: '2' }, binaryData: { bin: 'AAE=' } },
    }) as unknown as ReferencedObjects<ConfigMap>,
    secrets: objects({ s: { data: { p: 'c2VjcmV0' } } }) as unknown as ReferencedObjects<Secret>,
    tokens: { token: async () => 'the-token', forget() {} } as unknown as TokenManager,
    claims: client<PersistentVolumeClaim>(
      { bound: { spec: { volumeName: 'pv' }, status: { phase: 'Bound' } }, pending: { status: { phase: 'Pending' } } },
      'persistentvolumeclaims',
    ),
    volumes: client<PersistentVolume>({ pv: { spec: { hostPath: { path: '/data/pv' } } } }, 'persistentvolumes'),
    clock: new FakeClock(),
  });
});
afterEach(() => rmSync(local, { recursive: true }));

const setUp = (...volumes: Volume[]) => manager.setUp(testPod({ volumes }, { labels: { app: 'web' } }), facts);
async function folderOf(volume: Omit<Volume, 'name'>): Promise<string> {
  const found = (await setUp({ name: 'v', ...volume })).get('v');
  if (found?.kind !== 'path' || !found.local) throw new Error('no local folder');
  expect(found.engine).toBe(found.local.replace(local, '/engine'));
  return found.local;
}
const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'latin1');
const mode = (...path: string[]): number => statSync(join(...path)).mode & 0o7777;

describe('volumes', () => {
  it('of a config map have a file a key', async () => {
    const folder = await folderOf({ configMap: { name: 'cm' } });
    expect([read(folder, 'a'), read(folder, 'b'), read(folder, 'bin')]).toEqual(['1', '2', '\x00\x01']);
    expect(mode(folder, 'a')).toBe(0o644);
  });

  it('have the items that were chosen, with their modes', async () => {
    const folder = await folderOf({
      secret: {
        secretName: 's',
        defaultMode: 0o400,
        items: [
          { key: 'p', path: 'x/y' },
          { key: 'p', path: 'z', mode: 0o440 },
        ],
      },
    });
    expect([read(folder, 'x/y'), mode(folder, 'x/y'), mode(folder, 'z')]).toEqual(['secret', 0o400, 0o440]);
  });

  it('of the pod itself', async () => {
    const folder = await folderOf({
      downwardAPI: {
        items: [
          { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
          { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
        ],
      },
    });
    expect([read(folder, 'labels'), read(folder, 'cpu')]).toEqual(['app="web"', '2']);
  });

  it('of several sources are one', async () => {
    const sources = [
      { serviceAccountToken: { path: 'token' } },
      { configMap: { name: 'cm', items: [{ key: 'a', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ];
    const folder = await folderOf({ projected: { sources } });
    expect([read(folder, 'token'), read(folder, 'ca.crt'), read(folder, 'namespace')]).toEqual([
      'the-token',
      '1',
      'default',
    ]);
  });

  it('that are empty are open to all', async () => {
    expect(mode(await folderOf({ emptyDir: {} }))).toBe(0o777);
    expect((await setUp({ name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } })).get('v')).toEqual({
      kind: 'tmpfs',
      name: 'u1-v',
      sizeBytes: 1 << 20,
    });
  });

  it('of the node lie below its own folder, but for those of the machine', async () => {
    expect(await folderOf({ hostPath: { path: '/data', type: 'DirectoryOrCreate' } })).toBe(join(local, 'host/data'));
    expect((await setUp({ name: 'v', hostPath: { path: '/dev/shm' } })).get('v')).toEqual({
      kind: 'path',
      engine: '/dev/shm',
    });
    expect((await setUp({ name: 'v', hostPath: { path: '/a/../../proc/../x' } })).get('v')).toMatchObject({
      local: join(local, 'host/x'),
    });
  });

  it('that are claimed are where the bound volume is', async () => {
    expect(await folderOf({ persistentVolumeClaim: { claimName: 'bound' } })).toBe(join(local, 'host/data/pv'));
  });

  it.each<[string, Omit<Volume, 'name'>]>([
    ['configmap "none" not found', { configMap: { name: 'none' } }],
    ['secret "none" not found', { secret: { secretName: 'none' } }],
    [
      'configmap references non-existent config key: none',
      { configMap: { name: 'cm', items: [{ key: 'none', path: 'x' }] } },
    ],
    ['references non-existent secret key: none', { secret: { secretName: 's', items: [{ key: 'none', path: 'x' }] } }],
    ['persistentvolumeclaims "none" not found', { persistentVolumeClaim: { claimName: 'none' } }],
    ['error processing PVC default/pending: PVC is not bound', { persistentVolumeClaim: { claimName: 'pending' } }],
    ['hostPath type check failed: /none is not a directory', { hostPath: { path: '/none', type: 'Directory' } }],
    ['no volume plugin matched: nfs', { nfs: { server: 'a', path: '/b' } }],
  ])('can’t be set up: %s', async (message, volume) => {
    await expect(setUp({ name: 'v', ...volume })).rejects.toMatchObject({
      name: 'VolumeSetupError',
      volume: 'v',
      message,
    });
  });

  it('may do without what is optional', async () => {
    const folder = await folderOf({ configMap: { name: 'none', optional: true } });
    expect(existsSync(join(folder, '..data'))).toBe(true);
  });

  it('are gone after the pod', async () => {
    const folder = await folderOf({ emptyDir: {} });
    await manager.tearDown('u1');
    expect(existsSync(folder)).toBe(false);
    expect(await manager.leftovers()).toEqual([]);
  });
});

describe('mounts', () => {
  const mounts = async (mount: object) => {
    const volumes = await setUp({ name: 'v', emptyDir: {} });
    return containerMounts(
      { name: 'main', volumeMounts: [{ name: 'v', mountPath: '/m', ...mount }] },
      volumes,
      new Map([['POD', 'web']]),
      (path) => manager.toEngine(path),
    );
  };

  it.each([
    [{}, ''],
    [{ subPath: 'a/b' }, '/a/b'],
    [{ subPathExpr: 'x-$(POD)' }, '/x-web'],
  ])('%j', async (mount, below) => {
    const [found] = await mounts(mount);
    expect(found).toEqual({
      source: { kind: 'path', path: `/engine/pods/u1/volumes/kubernetes.io~empty-dir/v${below}` },
      containerPath: '/m',
      readOnly: false,
      propagation: 'private',
    });
  });

  it('by a path that leads out of the volume are refused', async () => {
    const folder = await folderOf({ emptyDir: {} });
    mkdirSync(join(local, 'outside'));
    symlinkSync(join(local, 'outside'), join(folder, 'link'));
    await expect(mounts({ subPath: 'link' })).rejects.toThrow(ConfigError);
    await expect(mounts({ subPath: '../x' })).rejects.toThrow(ConfigError);
    await expect(mounts({ subPathExpr: '$(NONE)' })).rejects.toThrow('missing value for "NONE"');
  });
});

it('names of a pod are all that its spec refers to', () => {
  const pod = testPod({
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 'v', projected: { sources: [{ configMap: { name: 'c1' } }, { secret: { name: 's1' } }] } },
      { name: 'w', secret: { secretName: 's2' } },
    ],
    containers: [
      {
        name: 'main',
        envFrom: [{ configMapRef: { name: 'c2' } }],
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's3', key: 'k' } } }],
      },
    ],
  });
  const { configMaps, secrets } = referencedNames(pod);
  expect([[...configMaps].sort(), [...secrets].sort()]).toEqual([
    ['c1', 'c2'],
    ['pull', 's1', 's2', 's3'],
  ]);
});
