import type { IncomingMessage } from 'node:http';
import { errors } from '../../api/status';

export const maxBodyBytes = 3 * 1024 * 1024;

const tooLarge = () => errors.requestEntityTooLarge(`Request entity too large: limit is ${maxBodyBytes}`);

/** The request's body. Throws 413 beyond the limit; rejects when the client goes away first. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
    request.resume();
    return Promise.reject(tooLarge());
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBodyBytes) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(errors.badRequest('the request was cut off'));
    });
  });
}
