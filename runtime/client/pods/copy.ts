import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, posix, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Pack } from 'tar-stream';
import type { RemoteCommandSession } from '../../streaming';
import type { Client } from '../resource-client';
import { execInPod, type PodRef } from './streams';

/** Copying failed; `message` is what tar in the container said, or what is wrong with a path. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
}

export interface ContainerPath {
  pod: PodRef;
  container: string;
  /** Absolute, with slashes. */
  path: string;
}

/** Copies a file or a folder into a container, as `kubectl cp` does: with the tar of the image. Throws CopyError. */
export async function copyToContainer(
  client: Client,
  source: string,
  { pod, container, path }: ContainerPath,
  signal?: AbortSignal,
): Promise<void> {
  const { dir, base } = posix.parse(posix.normalize(path));
  const command = ['tar', '-xmf', '-', '-C', dir || '/'];
  const session = await execInPod(client, pod, { container, command, stdin: true, ...(signal && { signal }) });
  const archive = pack();
  const said = errorText(session);
  await Promise.all([
    pipeline(archive, session.stdin).catch(() => {}),
    addTo(archive, source, base || basename(source)).then(() => archive.finalize()),
  ]);
  await succeeded(session, said);
}

/** Copies a file or a folder out of a container, into `target` itself. Throws CopyError. */
export async function copyFromContainer(
  client: Client,
  { pod, container, path }: ContainerPath,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const { dir, base } = posix.parse(posix.normalize(path));
  const command = ['tar', '-cf', '-', '-C', dir || '/', base || '.'];
  const session = await execInPod(client, pod, { container, command, ...(signal && { signal }) });
  const said = errorText(session);
  const archive = extract();
  const writing = write(archive, base || '.', resolve(target));
  await Promise.all([pipeline(session.stdout, archive), writing]);
  await succeeded(session, said);
}

/** A file of a container: as `source` is now, or gone where there is no source or no such file any more. */
export interface FileChange {
  /** Absolute, with slashes. */
  path: string;
  source?: string;
}

/**
 * Writes and removes files in a container, all by one command. Files are written in place: what watches them there (as
 * `node --watch` does) would lose a file that is replaced by another of its name. Throws CopyError.
 */
export async function changeFiles(
  client: Client,
  pod: PodRef,
  container: string,
  changes: readonly FileChange[],
  signal?: AbortSignal,
): Promise<void> {
  const files = await Promise.all(changes.map(readChange));
  const change = (flags: readonly string[]): Promise<void> => changeOnce(client, pod, container, files, flags, signal);
  try {
    await change(['--overwrite']);
  } catch (error) {
    // A program that runs can only be replaced, and some tars have no such flag.
    if (!(error instanceof CopyError) || signal?.aborted) throw error;
    await change([]);
  }
}

type ReadFile = { path: string } | { path: string; content: Buffer; mode: number };

async function changeOnce(
  client: Client,
  pod: PodRef,
  container: string,
  files: readonly ReadFile[],
  flags: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const gone = files.flatMap((file) => ('content' in file ? [] : [file.path]));
  const written = files.flatMap((file) => ('content' in file ? [file] : []));
  const untar = ['tar', ...flags, '-xmf', '-', '-C', '/'];
  const both = ['sh', '-c', `rm -rf -- "$@" && ${untar.join(' ')}`, 'podium', ...gone];
  const command = written.length === 0 ? ['rm', '-rf', '--', ...gone] : gone.length === 0 ? untar : both;
  const session = await execInPod(client, pod, {
    container,
    command,
    stdin: written.length > 0,
    ...(signal && { signal }),
  });
  const said = errorText(session);
  if (written.length > 0) {
    const archive = pack();
    for (const { path, content, mode } of written) archive.entry({ name: path.replace(/^\/+/, ''), mode }, content);
    archive.finalize();
    await pipeline(archive, session.stdin).catch(() => {});
  }
  await succeeded(session, said);
}

/** Read as a whole, so that a file that changes meanwhile makes no broken archive. */
async function readChange({ path, source }: FileChange): Promise<ReadFile> {
  if (source === undefined) return { path };
  try {
    const { mode } = await lstat(source);
    return { path, content: await readFile(source), mode: mode & 0o777 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path };
    throw new CopyError((error as Error).message);
  }
}

/** Symbolic links stay what they are; what is neither file nor folder is left out. */
async function addTo(archive: Pack, source: string, name: string): Promise<void> {
  const stat = await lstat(source);
  const header = { name, mode: stat.mode & 0o777, mtime: stat.mtime };
  if (stat.isDirectory()) {
    archive.entry({ ...header, type: 'directory' });
    for (const child of await readdir(source)) await addTo(archive, join(source, child), posix.join(name, child));
  } else if (stat.isFile()) {
    const entry = archive.entry({ ...header, type: 'file', size: stat.size });
    await pipeline(createReadStream(source, { end: Math.max(0, stat.size - 1) }), entry);
  }
}

/** What would land outside of the target, and links, are refused: an image may hold anything. */
async function write(archive: ReturnType<typeof extract>, base: string, target: string): Promise<void> {
  for await (const entry of archive) {
    const { name, type, mode = 0o644 } = entry.header;
    const inside = posix.relative(base, posix.normalize(name));
    const file = resolve(target, inside);
    const escapes = file !== target && relative(target, file).split(sep)[0] === '..';
    if (escapes) throw new CopyError(`${name} would be written outside of ${target}`);
    if (type === 'directory') await mkdir(file, { recursive: true });
    if (type !== 'file') {
      entry.resume();
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await pipeline(entry, createWriteStream(file, { mode: mode & 0o777 }));
  }
}

function errorText(session: RemoteCommandSession): { text: string } {
  const said = { text: '' };
  session.stderr.on('data', (chunk: Buffer) => (said.text = (said.text + chunk.toString()).slice(-2000)));
  session.stdout.on('error', () => {});
  if (session.stdout.readableFlowing === null) session.stdin.on('error', () => {});
  return said;
}

async function succeeded(session: RemoteCommandSession, said: { text: string }): Promise<void> {
  const result = await session.result;
  if ('exitCode' in result && result.exitCode === 0) return;
  const reason = said.text.trim() || ('error' in result ? result.error : `tar ended with exit code ${result.exitCode}`);
  throw new CopyError(
    /executable file not found|no such file or directory.*tar/i.test(reason)
      ? `the image has no tar: ${reason}`
      : reason,
  );
}
