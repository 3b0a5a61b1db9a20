import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine';
import { archive, type ArchiveFile } from './image-archive';
import { buildImage, hasImage, ImageBuildError, removeOldImages } from './image-store';
import { debootstrapAvailable, importDebianBase } from './debian-base';

/** Debian packages that the node agent calls: routes and veths, the service proxy, nsenter, dialling into pods. */
const packages = ['ca-certificates', 'conntrack', 'iproute2', 'nftables', 'procps', 'socat', 'util-linux'];
const repository = 'podium/node';
/** For how long an image of another version is kept: its clusters may be down, and come back. */
const keptSeconds = 7 * 24 * 3600;
const nodeVersion = '20';
/** An agent idles most of the time: what a busy moment left shall be collected early, before the heap has grown for it. */
const agentFlags = ['--max-semi-space-size=1', '--initial-old-space-size=8', '--optimize-for-size'];
const distribution = 'bookworm';
/** What Podium's base image stands in for where no registry answers. */
export const upstreamBase = `node:${nodeVersion}-${distribution}-slim`;

type Progress = (step: string) => void;

/** The node image with this agent in it, made if it is missing; returns its reference. Throws ImageBuildError. */
export async function ensureNodeImage(engine: Engine, agentFolder: string, progress: Progress): Promise<string> {
  const base = await ensureBaseImage(engine, progress);
  const command = JSON.stringify(['node', ...agentFlags, '/opt/podium/agent.js']);
  const dockerfile = { path: 'Dockerfile', content: `FROM ${base}\nCOPY agent/ /opt/podium/\nENTRYPOINT ${command}\n` };
  const files = agentFiles(agentFolder);
  const reference = `${repository}:${contentHash([dockerfile, ...files])}`;
  if (await hasImage(engine, reference)) return reference;
  progress('adding the node agent to the node image');
  const context = files.map((file) => ({ ...file, path: `agent/${file.path}` }));
  await buildImage(engine, reference, archive([dockerfile, ...context]));
  await removeOldImages(engine, repository, Date.now() / 1000 - keptSeconds);
  return reference;
}

/** Node.js and the packages on Debian: pulled where a registry answers, else made from Debian's packages. */
export async function ensureBaseImage(engine: Engine, progress: Progress): Promise<string> {
  const recipe = [nodeVersion, distribution, engine.architecture, ...packages].join(' ');
  const reference = `podium/base:${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`;
  if (await hasImage(engine, reference)) return reference;
  const pulled = await tryPull(engine, upstreamBase, progress);
  if (pulled === true) {
    progress('building the node image (once)');
    const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`;
    await buildImage(engine, reference, archive([{ path: 'Dockerfile', content: `FROM ${upstreamBase}\nRUN ${install}\n` }]), progress);
    return reference;
  }
  const missing = debootstrapAvailable(engine);
  if (missing) {
    throw new ImageBuildError(`the node image can't be made: ${upstreamBase} can't be pulled (${pulled}), and ${missing}`);
  }
  progress('making the node image from Debian packages (once, about a minute)');
  await importDebianBase(engine, reference, { distribution, packages });
  return reference;
}

/** True, or why not. */
async function tryPull(engine: Engine, image: string, progress: Progress): Promise<true | string> {
  if (await hasImage(engine, image)) return true;
  progress(`pulling ${image}`);
  try {
    const stream: NodeJS.ReadableStream = await engine.docker.pull(image);
    await new Promise<void>((resolve, reject) =>
      engine.docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())));
    return true;
  } catch (error) {
    return (error as Error).message.replaceAll('\n', ' ');
  }
}

function agentFiles(folder: string): ArchiveFile[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: file.slice(folder.length + 1).replaceAll('\\', '/'), content: readFileSync(file) }));
}

function contentHash(files: readonly ArchiveFile[]): string {
  const hash = createHash('sha256');
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 12);
}
