import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine';
import { archive, type ArchiveFile } from './image-archive';
import { buildImage, hasImage } from './image-store';
import { ensureBaseImage, upstreamBase } from './node-image';

/** Label with the hash of what an image was built from, so that an unchanged folder isn't built again. */
const sourceLabel = 'podium.source';

/**
 * Builds an image from a folder with a Dockerfile, for the engine that the cluster's pods run on: no registry, no load
 * step. Where the upstream base can't be had, the build argument BASE is Podium's own base image.
 */
export async function buildFolder(engine: Engine, folder: string, tag: string, onLine: (line: string) => void): Promise<'built' | 'current'> {
  const files = contextFiles(folder);
  const base = (await hasImage(engine, upstreamBase)) ? upstreamBase : await ensureBaseImage(engine, onLine);
  const source = sourceHash([...files, { path: '', content: base }]);
  if ((await labelOf(engine, tag)) === source) return 'current';
  await buildImage(engine, tag, archive(files), onLine, { buildargs: { BASE: base }, labels: { [sourceLabel]: source } });
  return 'built';
}

async function labelOf(engine: Engine, tag: string): Promise<string | undefined> {
  if (!(await hasImage(engine, tag))) return undefined;
  return (await engine.docker.getImage(tag).inspect()).Config.Labels?.[sourceLabel];
}

function contextFiles(folder: string): ArchiveFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: file.slice(join(folder, '/').length).replaceAll('\\', '/'), content: readFileSync(file), mode: statSync(file).mode & 0o777 }));
}

function sourceHash(files: readonly ArchiveFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 16);
}
