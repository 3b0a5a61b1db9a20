import { pack } from 'tar-stream';
import type { Readable } from 'node:stream';

export interface ArchiveFile {
  /** Path in the image or build context, without a leading slash. */
  path: string;
  content: Buffer | string;
  mode?: number;
}

/** A tar stream of files: an image to import, a build context, or files to copy into a container. */
export function archive(files: readonly ArchiveFile[]): Readable {
  const tar = pack();
  for (const { path, content, mode = 0o644 } of files) tar.entry({ name: path, mode }, content as string);
  tar.finalize();
  return tar as unknown as Readable;
}
