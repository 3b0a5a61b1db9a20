import type Docker from 'dockerode';
import { ImageError, type ImageInfo } from '../container-runtime';
import { imageError, unlessGone } from './errors';

export async function listImages(docker: Docker): Promise<ImageInfo[]> {
  const images = await docker.listImages();
  return images.map(({ Id, RepoTags, RepoDigests, Size }) => ({
    id: Id,
    tags: (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
    digests: (RepoDigests ?? []).filter((digest) => !digest.startsWith('<none>')),
    sizeBytes: Size,
  }));
}

export async function imageStatus(docker: Docker, image: string): Promise<ImageInfo | undefined> {
  try {
    const found = await unlessGone(docker.getImage(image).inspect());
    if (!found) return undefined;
    const { Id, RepoTags, RepoDigests, Size, Config } = found;
    return {
      id: Id,
      tags: RepoTags ?? [],
      digests: RepoDigests ?? [],
      sizeBytes: Size,
      ...(Config?.User && { user: Config.User }),
    };
  } catch (error) {
    const failure = imageError(error, image);
    if (failure.reason === 'InvalidImageName') throw failure;
    throw error;
  }
}

export async function pullImage(
  docker: Docker,
  image: string,
  auth?: { username: string; password: string },
): Promise<ImageInfo> {
  try {
    const progress: NodeJS.ReadableStream = await docker.pull(withTag(image), auth ? { authconfig: auth } : {});
    await new Promise<void>((resolve, reject) =>
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())),
    );
  } catch (error) {
    throw imageError(error, image);
  }
  const pulled = await imageStatus(docker, image);
  if (!pulled) throw new ImageError('ErrImagePull', `image ${JSON.stringify(image)} is not there after it was pulled`);
  return pulled;
}

/** Without a tag the engine would pull all tags of a repository. */
function withTag(image: string): string {
  const lastPart = image.slice(image.lastIndexOf('/') + 1);
  return lastPart.includes(':') || image.includes('@') ? image : `${image}:latest`;
}
