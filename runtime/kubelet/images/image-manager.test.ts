import { beforeEach, describe, expect, it } from 'vitest';
import type { Secret } from '../../api/kinds';
import { FakeClock } from '../../clock';
import { type ContainerRuntime, ImageError, type ImageInfo } from '../container-runtime';
import { testPod } from '../pods/testing';
import { ImageManager } from './image-manager';
import { credentialsFor } from './pull-credentials';

let clock: FakeClock;
let events: string[];
let present: ImageInfo | undefined;
let pullError: string | undefined;
let images: ImageManager;
let pulls: number;

const built: ImageInfo = { id: 'sha256:1', tags: ['busybox:1'], digests: [], sizeBytes: 100 };
const fromRegistry: ImageInfo = { ...built, digests: ['busybox@sha256:2'] };

beforeEach(() => {
  clock = new FakeClock();
  events = [];
  present = undefined;
  pullError = undefined;
  pulls = 0;
  const runtime = {
    imageStatus: async () => present,
    pullImage: async () => {
      pulls++;
      if (pullError) throw new ImageError('ErrImagePull', pullError);
      return fromRegistry;
    },
  } as unknown as ContainerRuntime;
  const record = {
    eventAbout: (_about: object, type: string, reason: string, message: string) =>
      events.push(`${type} ${reason}: ${message}`),
  };
  images = new ImageManager({
    runtime,
    clock,
    events: record,
    backoff: { initial: 10, max: 300 },
    secret: async () => undefined,
  });
});

const ensure = (imagePullPolicy: string, image = 'busybox:1'): Promise<ImageInfo> =>
  images.ensure(testPod(), { name: 'main', image, imagePullPolicy });

describe('an image', () => {
  it('that is present is used', async () => {
    present = fromRegistry;
    expect(await ensure('IfNotPresent')).toBe(fromRegistry);
    expect(events).toEqual([
      'Normal Pulled: Container image "busybox:1" already present on machine and can be accessed by the pod',
    ]);
  });

  it('that is missing is pulled', async () => {
    await ensure('IfNotPresent');
    expect(events).toEqual([
      'Normal Pulling: Pulling image "busybox:1"',
      'Normal Pulled: Successfully pulled image "busybox:1" in 0s (0s including waiting). Image size: 100 bytes.',
    ]);
  });

  it('that may not be pulled must be there', async () => {
    await expect(ensure('Never')).rejects.toMatchObject({
      reason: 'ErrImageNeverPull',
      message: 'Container image "busybox:1" is not present with pull policy of Never',
    });
  });

  it('that was built here is current, with an event that says so', async () => {
    present = built;
    expect(await ensure('Always')).toBe(built);
    expect(pulls).toBe(0);
    expect(events).toEqual(['Normal Pulled: Container image "busybox:1" was built on this machine and is current']);
  });

  it('of a registry that does not answer is used as it is, with an event that says so', async () => {
    present = fromRegistry;
    pullError = 'no route to host';
    expect(await ensure('Always')).toBe(fromRegistry);
    expect(events.at(-1)).toBe(
      'Normal Pulled: Image "busybox:1" can\'t be pulled (no route to host); using the one that is present on the machine',
    );
  });

  it('that can’t be pulled is tried again with growing pauses', async () => {
    pullError = 'not found';
    await expect(ensure('IfNotPresent')).rejects.toMatchObject({
      reason: 'ErrImagePull',
      message: 'not found',
      retryAt: clock.now() + 10_000,
    });
    await clock.advance(4000);
    await expect(ensure('IfNotPresent')).rejects.toMatchObject({
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "busybox:1": ErrImagePull: not found',
      retryAt: clock.now() + 6000,
    });
    await clock.advance(6000);
    await expect(ensure('IfNotPresent')).rejects.toMatchObject({
      reason: 'ErrImagePull',
      retryAt: clock.now() + 20_000,
    });
    expect(pulls).toBe(2);
    expect(events).toContain('Warning Failed: Failed to pull image "busybox:1": not found');
  });

  it.each(['a/UPPER', 'a b', ':x', 'a:b:c'])('can’t be named %s', async (image) => {
    await expect(ensure('Always', image)).rejects.toMatchObject({ reason: 'InvalidImageName' });
  });

  it.each([
    'a',
    'localhost:5000/a/b:v1',
    'registry.k8s.io/pause:3.10',
    `a@sha256:${'0'.repeat(64)}`,
    `sha256:${'0'.repeat(64)}`,
  ])('can be named %s', async (image) => {
    present = built;
    expect(await ensure('IfNotPresent', image)).toBe(built);
  });
});

describe('pull secrets', () => {
  const secret = (auths: object): Secret => ({
    metadata: {},
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  });
  const auth = (user: string): object => ({ auth: Buffer.from(`${user}:pw:x`).toString('base64') });

  it.each<[string, string | undefined]>([
    ['nginx', 'hub'],
    ['my.io/a/b:1', 'deep'],
    ['my.io/c', 'mine'],
    ['other.io/a', undefined],
  ])('for %s are of %s', (image, user) => {
    const found = credentialsFor(image, [
      secret({ 'https://index.docker.io/v1/': auth('hub'), 'my.io': auth('mine'), 'my.io/a': auth('deep') }),
    ]);
    expect(found).toEqual(user && { username: user, password: 'pw:x' });
  });

  it('that can’t be read are as good as none', () => {
    expect(
      credentialsFor('nginx', [{ metadata: {}, type: 'kubernetes.io/dockercfg', data: { '.dockercfg': '!' } }]),
    ).toBeUndefined();
  });
});
