import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { unlessGone } from './errors';

const maxBytes = 4096;

/** The end of a file in a container, running or not; undefined when there is none. */
export async function readContainerFile(container: Docker.Container, path: string): Promise<string | undefined> {
  const archive = await unlessGone(container.getArchive({ path }));
  if (!archive) return undefined;
  return new Promise((resolve, reject) => {
    const entries = extract();
    let content: Buffer | undefined;
    entries.on('entry', (_header, stream, next) => {
      let tail: Buffer = Buffer.alloc(0);
      stream.on('data', (data: unknown) => {
        const joined = Buffer.concat([tail, data as Buffer]);
        tail = joined.subarray(Math.max(0, joined.length - maxBytes));
      });
      stream.on('end', () => {
        content ??= tail;
        next();
      });
    });
    entries.on('finish', () => resolve(content?.toString())).on('error', reject);
    archive.on('error', reject).pipe(entries as unknown as NodeJS.WritableStream);
  });
}
