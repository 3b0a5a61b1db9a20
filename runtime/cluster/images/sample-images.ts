import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dockerignore } from '../../client/dev/dockerignore';
import type { Engine } from '../engine';
import { archive, type ArchiveFile } from './image-archive';
import { buildImage, hasImage } from './image-store';
import { ensureBaseImage, upstreamBase } from './node-image';

/** Label with the hash of what an image was built from, so that an unchanged folder isn't built again. */
const sourceLabel = 'podium.source';

/**
 * Builds an image from a folder with a Dockerfile, for the engine that the cluster's pods run on: no registry, no load
 * step. `current` when what it holds is as before. Where the upstream base can't be had, the build argument BASE is
 * Podium's own base image.
 */
export async function buildFolder(engine: Engine, folder: string, tag: string, onLine: (line: string) => void): Promise<'built' | 'current'> {
  const files = contextFiles(folder);
  const base = await sampleBase(engine, onLine);
  const source = sourceHash([...files, { path: '', content: base }]);
  if ((await labelOf(engine, tag)) === source) return 'current';
  const before = await contentOf(engine, tag);
  await buildImage(engine, tag, archive(files), onLine, { buildargs: { BASE: base }, labels: { [sourceLabel]: source } });
  return (await contentOf(engine, tag)) === before ? 'current' : 'built';
}

/** What a container would see of an image; undefined when there is none. */
async function contentOf(engine: Engine, tag: string): Promise<string | undefined> {
  if (!(await hasImage(engine, tag))) return undefined;
  const { RootFS, Config } = await engine.docker.getImage(tag).inspect();
  return JSON.stringify([RootFS, { ...Config, Labels: undefined, Image: undefined }]);
}

/** What a Dockerfile's build argument BASE is given. */
export async function sampleBase(engine: Engine, onLine: (line: string) => void): Promise<string> {
  return (await hasImage(engine, upstreamBase)) ? upstreamBase : ensureBaseImage(engine, onLine);
}

async function labelOf(engine: Engine, tag: string): Promise<string | undefined> {
  if (!(await hasImage(engine, tag))) return undefined;
  return (await engine.docker.getImage(tag).inspect()).Config.Labels?.[sourceLabel];
}

/** Without what `.dockerignore` leaves out; the Dockerfile itself is needed whatever that says. */
function contextFiles(folder: string): ArchiveFile[] {
  const ignoreFile = join(folder, '.dockerignore');
  const ignored = dockerignore(existsSync(ignoreFile) ? readFileSync(ignoreFile, 'utf8') : '');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ file, path: file.slice(join(folder, '/').length).replaceAll('\\', '/') }))
    .filter(({ path }) => path === 'Dockerfile' || !ignored(path))
    .map(({ file, path }) => ({ path, content: readFileSync(file), mode: statSync(file).mode & 0o777 }));
}

function sourceHash(files: readonly ArchiveFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 16);
}
