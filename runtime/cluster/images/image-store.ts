import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Engine } from '../engine';

/** Label value of what every cluster shares: images. */
export const sharedLabel = 'shared';

export class ImageBuildError extends Error {
  override readonly name = 'ImageBuildError';
}

export async function hasImage({ docker }: Engine, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

/** Imports a root file system as a one-layer image. `changes` are Dockerfile instructions. */
export async function importImage({ docker }: Engine, reference: string, files: Readable, changes: string[]): Promise<void> {
  const [repo, tag] = splitReference(reference);
  const options = { repo, tag, changes: [...changes, `LABEL podium=${sharedLabel}`] };
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    docker.importImage(files as unknown as string, options, (error?: Error, stream?: NodeJS.ReadableStream) =>
      error ? reject(error) : resolve(stream as NodeJS.ReadableStream)),
  );
  await followProgress(docker, response);
}

/** Builds from a context whose Dockerfile needs no registry or one that is reachable. */
export async function buildImage(
  { docker }: Engine,
  reference: string,
  context: Readable,
  onLine: (line: string) => void = () => {},
  { buildargs = {}, labels = {} }: { buildargs?: Record<string, string>; labels?: Record<string, string> } = {},
): Promise<void> {
  const options = { t: reference, labels: { podium: sharedLabel, ...labels }, buildargs, rm: true, forcerm: true };
  await followProgress(docker, await docker.buildImage(context, options), onLine);
}

/** Removes what was built into the repository before that time (seconds since 1970) and no container uses. */
export async function removeOldImages({ docker }: Engine, repository: string, before: number): Promise<void> {
  const images = await docker.listImages({ filters: { reference: [repository] } });
  const old = images.filter(({ Created }) => Created < before).flatMap(({ RepoTags }) => RepoTags ?? []);
  // One that is in use is refused with 409; one that somebody else removed is as good.
  await Promise.allSettled(old.map((tag) => docker.getImage(tag).remove()));
}

interface ProgressLine {
  stream?: string;
  status?: string;
  error?: string;
}

function followProgress(docker: Docker, response: NodeJS.ReadableStream, onLine: (line: string) => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: string | undefined;
    docker.modem.followProgress(
      response,
      (error) => {
        if (error || failure) reject(new ImageBuildError(failure ?? (error as Error).message));
        else resolve();
      },
      (event: ProgressLine) => {
        failure ??= event.error;
        const line = (event.stream ?? event.status ?? '').trim();
        if (line) onLine(line);
      },
    );
  });
}

export function splitReference(reference: string): [repository: string, tag: string] {
  const colon = reference.lastIndexOf(':');
  return colon > reference.lastIndexOf('/') ? [reference.slice(0, colon), reference.slice(colon + 1)] : [reference, 'latest'];
}
