import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { flatMapHeaders, responseHeaders } from './headers';
import { isHtml, type Rewriter } from './rewrite';

export interface Exchange {
  outgoing: ClientRequest;
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * Sends the client's body on and resolves with the backend's answer. Rejects with what went wrong before it; undefined
 * when the client has gone.
 */
export function answerOf({ outgoing, request, response }: Exchange): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    // Later errors come to the answer as well, whose reader sees to them.
    outgoing.on('error', reject);
    response.once('close', () => {
      outgoing.destroy();
      resolve(undefined);
    });
    if (response.destroyed) outgoing.destroy();
    request.pipe(outgoing);
  });
}

/** Passes an answer back: HTML with its links rewritten when there is a `rewriter`, all else as it comes. */
export async function passAnswer(
  incoming: IncomingMessage, { request, response }: Omit<Exchange, 'outgoing'>, rewriter?: Rewriter,
): Promise<void> {
  const code = incoming.statusCode ?? 502;
  const headers = flatMapHeaders(responseHeaders(incoming), (name, value) =>
    rewriter && name.toLowerCase() === 'location' ? [name, rewriter.location(value)] : [name, value]);
  response.sendDate = false;
  if (rewriter && request.method !== 'HEAD' && !incoming.headers.location && isHtml(incoming)) {
    const html = await rewriter.html(incoming);
    const others = flatMapHeaders(headers, (name, value) => (name.toLowerCase() === 'content-length' ? [] : [name, value]));
    response.writeHead(code, incoming.statusMessage, [...others, 'Content-Length', String(html.length)]);
    response.end(html);
    return;
  }
  response.writeHead(code, incoming.statusMessage, headers);
  await stream(incoming, response);
}

export function stream(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  // Who follows must not wait for the first line.
  response.flushHeaders();
  return new Promise((resolve) => {
    incoming.on('data', (chunk: Buffer) => {
      if (!response.write(chunk)) incoming.pause();
    });
    response.on('drain', () => incoming.resume());
    response.once('close', () => {
      incoming.destroy();
      resolve();
    });
    incoming.once('end', () => response.end());
    // An answer cut off must not look complete.
    incoming.once('error', () => response.destroy());
  });
}

/** The beginning of a body, as text. */
export async function readText(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}
