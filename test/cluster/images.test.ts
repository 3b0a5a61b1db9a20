import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runtime/cluster/engine';
import { removeOldImages } from '../../runtime/cluster/images/image-store';
import { busybox, ensureBusybox } from '../support/images';

const repository = 'podium-test/aged';
const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' });
const tags = () => docker('images', '--format', '{{.Tag}}', repository).trim().split('\n').filter(Boolean).sort();
const now = () => Date.now() / 1000;

describe('images of earlier versions', () => {
  let container = '';
  beforeAll(() => {
    ensureBusybox();
    for (const tag of ['idle', 'used']) {
      execFileSync('docker', ['build', '-q', '-t', `${repository}:${tag}`, '-'], { input: `FROM ${busybox}\nLABEL tag=${tag}\n` });
    }
    container = docker('create', `${repository}:used`).trim();
  });
  afterAll(() => {
    docker('rm', container);
    docker('rmi', `${repository}:used`);
  });

  it('go when they are old, unless a container uses them, running or not', async () => {
    const engine = await connectEngine();
    await removeOldImages(engine, repository, now() - 3600);
    expect(tags()).toEqual(['idle', 'used']);
    await removeOldImages(engine, repository, now() + 60);
    expect(tags()).toEqual(['used']);
  });
});
